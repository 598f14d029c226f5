//! The kernels of convolutions, one record each.

use super::Tile;
use crate::kernel::gpu::{Cut, Kernel, Parameters, Tuning, parameters};

parameters! {
    /// Of a direct convolution and its gradient.
    DirectParameters {
        input_height, input_width, input_vectors,
        output_height, output_width, output_vectors,
        kernel_height, kernel_width, stride_down, stride_across, padding_top, padding_left,
    }
}

parameters! {
    /// Of a plain convolution and its gradient.
    PlainParameters {
        input_height, input_width, input_vectors,
        output_height, output_width, output_vectors,
        kernel_height, kernel_width, stride_down, stride_across, dilation_down, dilation_across,
        padding_top, padding_left,
        groups, inputs_of_group, outputs_of_group,
    }
}

parameters! {
    /// Of Winograd's transforms.
    TransformParameters {
        height, width, vectors,
        /// Tiles of a row.
        columns,
        /// In all.
        tiles,
    }
}

parameters! {
    /// Of the products between the transforms.
    MultiplyParameters { tiles, input_vectors, output_vectors }
}

parameters! {
    /// Of those of the gradient.
    TurnedParameters {
        tiles, input_vectors, output_vectors,
        /// Positions along one side.
        side,
        /// Where each of these goes when the filter is turned round, four bits each, the first in the lowest.
        turned,
    }
}

/// All of them.
pub const KERNELS: &[Kernel] = &[
    CONVOLUTION,
    CONVOLUTION_SLICED,
    CONVOLUTION_GRADIENT,
    CONVOLUTION_GRADIENT_SLICED,
    STEM,
    STEM_GRADIENT,
    PLAIN,
    PLAIN_GRADIENT,
    WINOGRAD_INPUT_TWO,
    WINOGRAD_INPUT_FOUR,
    WINOGRAD_MULTIPLY,
    WINOGRAD_MULTIPLY_TRANSPOSED,
    WINOGRAD_OUTPUT_TWO,
    WINOGRAD_OUTPUT_FOUR,
];

/// What direct kernels have in common.
const DIRECT: Kernel = Kernel {
    name: "",
    files: &[],
    fields: DirectParameters::FIELDS,
    has_epilogue: true,
    is_sliced: false,
    cut: Cut::usual,
};

const STORE_TILE: &str = include_str!("../../../kernel/gpu/store_tile.wgsl");
const STORE_SLICES: &str = include_str!("../../../kernel/gpu/store_slices.wgsl");
const WEIGHTS: &str = include_str!("direct.wgsl");

/// A convolution by its definition.
pub const CONVOLUTION: Kernel =
    Kernel { name: "convolution", files: &[STORE_TILE, WEIGHTS, include_str!("convolution.wgsl")], ..DIRECT };

/// The same, several invocations a slice of the sums each: for results too few to keep a GPU busy.
pub const CONVOLUTION_SLICED: Kernel = Kernel {
    name: "convolution sliced",
    files: &[STORE_SLICES, WEIGHTS, include_str!("convolution.wgsl")],
    is_sliced: true,
    ..DIRECT
};

/// Its gradient with respect to its input.
pub const CONVOLUTION_GRADIENT: Kernel = Kernel {
    name: "convolution_gradient",
    files: &[STORE_TILE, WEIGHTS, include_str!("convolution_gradient.wgsl")],
    ..DIRECT
};

/// The same in slices.
pub const CONVOLUTION_GRADIENT_SLICED: Kernel = Kernel {
    name: "convolution_gradient sliced",
    files: &[STORE_SLICES, WEIGHTS, include_str!("convolution_gradient.wgsl")],
    is_sliced: true,
    ..DIRECT
};

/// A convolution of 7 × 7 with stride 2 over at most three channels.
pub const STEM: Kernel = Kernel {
    name: "stem",
    files: &[WEIGHTS, include_str!("stem.wgsl")],
    cut: |tuning| cut_of_stem(tuning, tuning.pixels, 2 * (tuning.pixels - 1) + 7),
    ..DIRECT
};

/// Its gradient with respect to its input.
pub const STEM_GRADIENT: Kernel = Kernel {
    name: "stem_gradient",
    files: &[WEIGHTS, include_str!("stem_gradient.wgsl")],
    cut: |tuning| {
        // There is a single vector of results, which leaves the more registers for cells.
        let pixels = tuning.pixels * tuning.vectors;
        cut_of_stem(tuning, pixels, pixels + 3)
    },
    ..DIRECT
};

/// The letter `x` runs over a row of the kernel, `r` over the channels of a photo, `c` over the cells of a row that an
/// invocation reads, and `j` over the places of a row of the kernel that reach one cell, with stride 2.
fn cut_of_stem(tuning: &Tuning, pixels: usize, span: usize) -> Cut {
    let letters = vec![('r', 3), ('x', 7), ('c', span), ('j', 4)];
    Cut { pixels, letters, constants: vec![("SPAN", span)], ..Cut::usual(tuning) }
}

/// A convolution with groups or dilation.
pub const PLAIN: Kernel = Kernel {
    name: "plain convolution",
    files: &[include_str!("plain.wgsl")],
    fields: PlainParameters::FIELDS,
    ..DIRECT
};

/// Its gradient with respect to its input.
pub const PLAIN_GRADIENT: Kernel = Kernel {
    name: "plain convolution_gradient",
    files: &[include_str!("plain_gradient.wgsl")],
    fields: PlainParameters::FIELDS,
    ..DIRECT
};

/// The letters `x` and `y` run over the positions along one side, `i` and `j` over the outputs.
fn cut_of_tiles(tuning: &Tuning, tile: Tile) -> Cut {
    let (inputs, outputs) = (tile.inputs(), tile.outputs());
    Cut {
        lanes: tuning.transform_lanes,
        letters: vec![('x', inputs), ('y', inputs), ('i', outputs), ('j', outputs)],
        constants: vec![("INPUTS", inputs), ("OUTPUTS", outputs)],
        ..Cut::usual(tuning)
    }
}

/// Winograd's transform of the input.
pub const fn winograd_input(tile: Tile) -> &'static Kernel {
    match tile {
        Tile::Two => &WINOGRAD_INPUT_TWO,
        Tile::Four => &WINOGRAD_INPUT_FOUR,
    }
}

/// Winograd's transform of the products.
pub const fn winograd_output(tile: Tile) -> &'static Kernel {
    match tile {
        Tile::Two => &WINOGRAD_OUTPUT_TWO,
        Tile::Four => &WINOGRAD_OUTPUT_FOUR,
    }
}

const TRANSFORM: Kernel = Kernel { fields: TransformParameters::FIELDS, ..DIRECT };

const WINOGRAD_INPUT_TWO: Kernel = Kernel {
    name: "winograd_input 2",
    files: &[include_str!("winograd_two.wgsl"), include_str!("winograd_input.wgsl")],
    has_epilogue: false,
    cut: |tuning| cut_of_tiles(tuning, Tile::Two),
    ..TRANSFORM
};

const WINOGRAD_INPUT_FOUR: Kernel = Kernel {
    name: "winograd_input 4",
    files: &[include_str!("winograd_four.wgsl"), include_str!("winograd_input.wgsl")],
    has_epilogue: false,
    cut: |tuning| cut_of_tiles(tuning, Tile::Four),
    ..TRANSFORM
};

const WINOGRAD_OUTPUT_TWO: Kernel = Kernel {
    name: "winograd_output 2",
    files: &[include_str!("winograd_two.wgsl"), include_str!("winograd_output.wgsl")],
    cut: |tuning| cut_of_tiles(tuning, Tile::Two),
    ..TRANSFORM
};

const WINOGRAD_OUTPUT_FOUR: Kernel = Kernel {
    name: "winograd_output 4",
    files: &[include_str!("winograd_four.wgsl"), include_str!("winograd_output.wgsl")],
    cut: |tuning| cut_of_tiles(tuning, Tile::Four),
    ..TRANSFORM
};

/// The products between the transforms.
pub const WINOGRAD_MULTIPLY: Kernel = Kernel {
    name: "winograd_multiply",
    files: &[include_str!("winograd_multiply.wgsl")],
    fields: MultiplyParameters::FIELDS,
    has_epilogue: false,
    ..DIRECT
};

/// The same, for the gradient.
pub const WINOGRAD_MULTIPLY_TRANSPOSED: Kernel = Kernel {
    name: "winograd_multiply_transposed",
    files: &[include_str!("winograd_multiply_transposed.wgsl")],
    fields: TurnedParameters::FIELDS,
    has_epilogue: false,
    ..DIRECT
};
