//! What an engine keeps of a forward.

use gradcam::engine::{Engine, EngineError};
use gradcam::network::NodeId;

/// The output of every node, by node; empty where the engine keeps none.
pub async fn kept<E: Engine>(engine: &mut E) -> Result<Vec<Vec<f32>>, EngineError> {
    let ids: Vec<NodeId> = engine.network().node_ids().collect();
    let mut outputs = Vec::new();
    for id in ids {
        outputs.push(match engine.activation(id).await {
            Ok(maps) => maps.values,
            Err(EngineError::NotKept { .. }) => Vec::new(),
            Err(error) => return Err(error),
        });
    }
    Ok(outputs)
}
