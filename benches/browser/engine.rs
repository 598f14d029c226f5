//! The CPU engine for the benchmark: `build.sh` compiles it as the site is compiled, and the benchmark times it on a ready
//! input, with nothing of the photo or the page in between.

#[cfg(target_arch = "wasm32")]
mod browser {
    use gradcam::cpu::CpuEngine;
    use gradcam::engine::{Engine, class_seed};
    use gradcam::explain::{Explainer, Question};
    use gradcam::network::{Network, NodeId};
    use gradcam::weights::Weights;
    use wasm_bindgen::prelude::*;

    /// One network, asked the way the site asks it.
    #[wasm_bindgen]
    pub struct Benchmark {
        explainer: Explainer<CpuEngine>,
    }

    #[wasm_bindgen]
    impl Benchmark {
        /// Prepares the network of a model file's bytes.
        #[wasm_bindgen(constructor)]
        pub fn new(model: &[u8]) -> Result<Benchmark, JsError> {
            let network = Network::from_weights(&Weights::from_safetensors(model)?, None)?;
            Ok(Self { explainer: Explainer::new(CpuEngine::new(network)?) })
        }

        /// Input → logits.
        pub async fn forward(&mut self, input: &[f32]) -> Result<Vec<f32>, JsError> {
            Ok(self.explainer.forward(input).await?.to_vec())
        }

        /// Input → logits → Grad-CAM map of `class` at `layer`.
        pub async fn explain(&mut self, input: &[f32], layer: String, class: usize) -> Result<Vec<f32>, JsError> {
            self.explainer.forward(input).await?;
            let question = Question { layer: Some(layer), target: Some(class), ..Question::default() };
            Ok(self.explainer.explain(&question).await?.map.values)
        }

        /// Input → logits → gradient of the logit of `class` with respect to the input.
        pub async fn input_gradient(&mut self, input: &[f32], class: usize) -> Result<Vec<f32>, JsError> {
            let seed = class_seed(self.explainer.forward(input).await?.len(), class);
            Ok(self.explainer.engine_mut().gradient(&seed, NodeId::INPUT).await?.values)
        }
    }
}
