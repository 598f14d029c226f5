//! A kernel's uniform, declared once: the list of fields makes both the Rust struct that a dispatch is given and the WGSL
//! struct that the kernel reads, so that their orders cannot differ.

/// Numbers that a kernel is told: what `parameters!` declares.
pub trait Parameters {
    /// Names of the fields, in their order.
    const FIELDS: &'static [&'static str];

    /// Their values, in the same order.
    fn words(&self) -> Vec<u32>;
}

/// Declares the parameters of a kernel: a struct of `usize` fields in Rust, and the fields' names for the WGSL struct of
/// `u32`.
macro_rules! parameters {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub(super) struct $name {
            $($(#[$field_doc])* pub(super) $field: usize,)+
        }

        impl $crate::kernel::gpu::Parameters for $name {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn words(&self) -> Vec<u32> {
                vec![$(self.$field as u32),+]
            }
        }
    };
}

pub(crate) use parameters;
