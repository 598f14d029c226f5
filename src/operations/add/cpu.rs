//! On the CPU: an epilogue with a residual.

use super::Add;
use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch, simd};
use candle_core::Result;

impl CpuKernel for Add {
    fn forward(&self, inputs: &[&[f32]], epilogue: Epilogue, _: &mut Scratch) -> Result<Vec<f32>> {
        let [first, second] = [inputs[0], inputs[1]];
        debug_assert!(epilogue.residual.is_none(), "a sum takes no further one");
        let epilogue = Epilogue { residual: Some(second), ..epilogue };
        // Safety: four floats of the map at a time.
        Ok(epilogue.map(first.len(), simd::LANES, |offset, _| unsafe { simd::load(first.as_ptr().add(offset)) }))
    }

    fn input_gradient(&self, _: usize, backward: Backward, _: &mut Scratch) -> Result<Vec<f32>> {
        let Backward { gradient, sum, .. } = backward;
        let epilogue = Epilogue { residual: sum, ..Epilogue::default() };
        // Safety: as above.
        Ok(epilogue
            .map(gradient.len(), simd::LANES, |offset, _| unsafe { simd::load(gradient.as_ptr().add(offset)) }))
    }
}
