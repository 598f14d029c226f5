//! Functions that are applied value by value, which the store of either engine can end with.

/// Which function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `max(0, x)`. Its derivative at 0 is 0, as PyTorch's.
    Relu,
}

/// What an engine does at a ReLU to a gradient on its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReluRule {
    /// Passes it on where the ReLU's output is above zero.
    Gradient,
    /// Of that, passes on what is above zero itself: guided backpropagation (Springenberg et al. 2015).
    Guided,
}
