//! Both engines for the benchmark: `build.sh` compiles it as the site is compiled, and the benchmark times them on a ready
//! input, with nothing of the photo or the page in between.

#[cfg(target_arch = "wasm32")]
mod browser {
    use gradcam::choice::{ChosenEngine, FallbackEngine};
    use gradcam::cpu::CpuEngine;
    use gradcam::engine::{Engine, class_cotangent};
    use gradcam::explain::{Explainer, Question};
    use gradcam::families;
    use gradcam::gpu::{Gpu, GpuEngine};
    use gradcam::network::NodeId;
    use gradcam::weights::Weights;
    use wasm_bindgen::prelude::*;

    /// One network, asked the way the site asks it.
    #[wasm_bindgen]
    pub struct Benchmark {
        explainer: Explainer<ChosenEngine>,
    }

    #[wasm_bindgen]
    impl Benchmark {
        /// Prepares the network of a model file's bytes.
        #[wasm_bindgen(constructor)]
        pub fn new(model: &[u8]) -> Result<Benchmark, JsError> {
            let network = families::build(&Weights::from_safetensors(model)?)?;
            Ok(Self { explainer: Explainer::new(FallbackEngine::new(CpuEngine::new(network)?)) })
        }

        /// The same on the GPU: any adapter, software too.
        pub async fn webgpu(model: &[u8]) -> Result<Benchmark, JsError> {
            let mut benchmark = Self::new(model)?;
            let network = benchmark.explainer.network().clone();
            let gpu = GpuEngine::new(Gpu::request().await?, network).await?;
            benchmark.explainer.engine_mut().use_gpu(gpu);
            Ok(benchmark)
        }

        /// Name of the GPU, if one is used.
        pub fn adapter(&self) -> Option<String> {
            self.explainer.engine().description().adapter
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

        /// Input → logits → one Grad-CAM map of `class` for each layer; all their values, from the first layer to the last.
        pub async fn layer_maps(&mut self, input: &[f32], class: usize) -> Result<Vec<f32>, JsError> {
            self.explainer.forward(input).await?;
            let strip = self.explainer.layer_maps(Question::default().method, Some(class)).await?;
            Ok(strip.maps.into_iter().flat_map(|of| of.map.values).collect())
        }

        /// Input → logits → gradient of the logit of `class` with respect to the input.
        pub async fn input_gradient(&mut self, input: &[f32], class: usize) -> Result<Vec<f32>, JsError> {
            let cotangent = class_cotangent(self.explainer.forward(input).await?.len(), class);
            Ok(self.explainer.engine_mut().gradient(&cotangent, NodeId::INPUT).await?.values)
        }
    }
}
