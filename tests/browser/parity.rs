//! The comparison of the native parity test, for wasm32: `build.sh` compiles it as the site is compiled, and the browser
//! tests run it inside Chromium.

#[cfg(target_arch = "wasm32")]
#[path = "../support/mod.rs"]
mod support;

#[cfg(target_arch = "wasm32")]
mod browser {
    use super::support::parity::{Arithmetic, measure_with_input};
    use super::support::reference::Reference;
    use super::support::untrained::{Untrained, untrained_network};
    use gradcam::cpu::CpuEngine;
    use gradcam::engine::Engine;
    use gradcam::families;
    use gradcam::gpu::{Gpu, GpuEngine};
    use gradcam::kernel::gpu::Tuning;
    use gradcam::network::Network;
    use gradcam::weights::Weights;
    use wasm_bindgen::prelude::*;

    /// Every measurement of one photo's reference, as JSON.
    #[wasm_bindgen]
    pub async fn parity(model: &[u8], reference: &[u8]) -> Result<String, JsError> {
        compare(&mut CpuEngine::new(network(model)?)?, reference, reference).await
    }

    /// The same for an untrained ResNet-34 with a photo of another reference. Its files, one of each format, are made here.
    #[wasm_bindgen]
    pub async fn parity_resnet34(photo: &[u8], reference: &[u8]) -> Result<String, JsError> {
        compare_untrained(Untrained::ResNet34, photo, reference).await
    }

    /// The same for a ResNet-50.
    #[wasm_bindgen]
    pub async fn parity_resnet50(photo: &[u8], reference: &[u8]) -> Result<String, JsError> {
        compare_untrained(Untrained::ResNet50, photo, reference).await
    }

    /// The same for the GPU's engine, its work cut up as is usual for the adapter.
    #[wasm_bindgen]
    pub async fn parity_webgpu(model: &[u8], reference: &[u8]) -> Result<String, JsError> {
        compare_on_gpu(model, reference, None).await
    }

    /// The same as on a real GPU, whatever the adapter.
    #[wasm_bindgen]
    pub async fn parity_webgpu_hardware(model: &[u8], reference: &[u8]) -> Result<String, JsError> {
        compare_on_gpu(model, reference, Some(Tuning::HARDWARE)).await
    }

    async fn compare_on_gpu(model: &[u8], reference: &[u8], tuning: Option<Tuning>) -> Result<String, JsError> {
        let gpu = Gpu::request_tuned(tuning).await?;
        compare(&mut GpuEngine::new(gpu, network(model)?).await?, reference, reference).await
    }

    fn network(model: &[u8]) -> Result<Network, JsError> {
        Ok(families::build(&Weights::read(model)?)?)
    }

    async fn compare_untrained(untrained: Untrained, photo: &[u8], reference: &[u8]) -> Result<String, JsError> {
        let network = untrained_network(untrained, &Reference::new(reference));
        compare(&mut CpuEngine::new(network)?, photo, reference).await
    }

    /// `photo` is the reference that has the input.
    async fn compare<E: Engine>(engine: &mut E, photo: &[u8], reference: &[u8]) -> Result<String, JsError> {
        let input = Reference::new(photo).input();
        let reference = Reference::new(reference);
        let measurements = measure_with_input(engine, &reference, &input, Arithmetic::Fast).await?;
        Ok(serde_json::to_string(&measurements)?)
    }
}
