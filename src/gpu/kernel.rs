//! The kernels: what the GPU can be asked to do, and the WGSL that does it, put together for one way of cutting the work
//! up. The files lie in `shaders`; see `template` for the forms they use.

use super::template::write_out;
use super::tuning::Tuning;

/// What the GPU can be asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// A convolution by its definition.
    Convolution(Sums),
    /// Its gradient with respect to its input.
    ConvolutionGradient(Sums),
    /// A convolution of 7 × 7 with stride 2 over at most three channels.
    Stem,
    /// Its gradient with respect to its input.
    StemGradient,
    /// Winograd's transform of the input.
    WinogradInput(Tile),
    /// The products between the transforms.
    WinogradMultiply,
    /// The same, for the gradient.
    WinogradMultiplyTransposed,
    /// Winograd's transform of the products.
    WinogradOutput(Tile),
    /// Maximum over windows.
    MaxPool,
    /// Its gradient.
    MaxPoolGradient,
    /// Mean of each feature map.
    AveragePool,
    /// Its gradient.
    AveragePoolGradient,
    /// Copy, sum or mask, by the flags alone.
    Pointwise,
}

/// Who adds up the products of a direct convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sums {
    /// One invocation all those of a result.
    Whole,
    /// Several invocations a slice each: for results too few to keep a GPU busy.
    Sliced,
}

/// Side of the tiles that Winograd's filtering computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tile {
    /// F(2, 3).
    Two,
    /// F(4, 3).
    Four,
}

impl Tile {
    /// Outputs along one side.
    pub const fn outputs(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Products along one side.
    pub const fn inputs(self) -> usize {
        self.outputs() + 2
    }
}

impl Kernel {
    /// Every kernel.
    pub const ALL: [Self; 17] = [
        Self::Convolution(Sums::Whole),
        Self::Convolution(Sums::Sliced),
        Self::ConvolutionGradient(Sums::Whole),
        Self::ConvolutionGradient(Sums::Sliced),
        Self::Stem,
        Self::StemGradient,
        Self::WinogradInput(Tile::Two),
        Self::WinogradInput(Tile::Four),
        Self::WinogradMultiply,
        Self::WinogradMultiplyTransposed,
        Self::WinogradOutput(Tile::Two),
        Self::WinogradOutput(Tile::Four),
        Self::MaxPool,
        Self::MaxPoolGradient,
        Self::AveragePool,
        Self::AveragePoolGradient,
        Self::Pointwise,
    ];

    /// Name of its file, and what tells it from others of the same file.
    pub fn name(self) -> String {
        let (file, _) = self.file();
        match self {
            Self::WinogradInput(tile) | Self::WinogradOutput(tile) => format!("{file} {}", tile.outputs()),
            Self::Convolution(Sums::Sliced) | Self::ConvolutionGradient(Sums::Sliced) => format!("{file} sliced"),
            _ => file.to_string(),
        }
    }

    fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Convolution(_) => ("convolution", include_str!("shaders/convolution.wgsl")),
            Self::ConvolutionGradient(_) => {
                ("convolution_gradient", include_str!("shaders/convolution_gradient.wgsl"))
            }
            Self::Stem => ("stem", include_str!("shaders/stem.wgsl")),
            Self::StemGradient => ("stem_gradient", include_str!("shaders/stem_gradient.wgsl")),
            Self::WinogradInput(_) => ("winograd_input", include_str!("shaders/winograd_input.wgsl")),
            Self::WinogradMultiply => ("winograd_multiply", include_str!("shaders/winograd_multiply.wgsl")),
            Self::WinogradMultiplyTransposed => {
                ("winograd_multiply_transposed", include_str!("shaders/winograd_multiply_transposed.wgsl"))
            }
            Self::WinogradOutput(_) => ("winograd_output", include_str!("shaders/winograd_output.wgsl")),
            Self::MaxPool => ("max_pool", include_str!("shaders/max_pool.wgsl")),
            Self::MaxPoolGradient => ("max_pool_gradient", include_str!("shaders/max_pool_gradient.wgsl")),
            Self::AveragePool => ("average_pool", include_str!("shaders/average_pool.wgsl")),
            Self::AveragePoolGradient => {
                ("average_pool_gradient", include_str!("shaders/average_pool_gradient.wgsl"))
            }
            Self::Pointwise => ("pointwise", include_str!("shaders/pointwise.wgsl")),
        }
    }

    /// Whether work that is cut up in this way has a use for it.
    pub fn is_used(self, tuning: &Tuning) -> bool {
        match self {
            Self::Convolution(Sums::Sliced) | Self::ConvolutionGradient(Sums::Sliced) => tuning.slices > 1,
            _ => true,
        }
    }

    /// Floats of one `Vector` of the kernel.
    pub fn lanes(self, tuning: &Tuning) -> usize {
        match self {
            Self::WinogradInput(_) | Self::WinogradOutput(_) => tuning.transform_lanes,
            _ => 4,
        }
    }

    /// Cells or tiles that an invocation computes at once.
    pub const fn pixels(self, tuning: &Tuning) -> usize {
        match self {
            // There is a single vector of results, which leaves the more registers for cells.
            Self::StemGradient => tuning.pixels * tuning.vectors,
            _ => tuning.pixels,
        }
    }

    /// Invocations of a workgroup: places, each with results of its own, and slices, which share them.
    pub const fn workgroup(self, tuning: &Tuning) -> [usize; 2] {
        match self {
            // 256 in all are what every adapter offers, and memory for them as well.
            Self::Convolution(Sums::Sliced) | Self::ConvolutionGradient(Sums::Sliced) => [32, tuning.slices],
            _ => [64, 1],
        }
    }

    /// The whole source of the kernel, ready to be compiled.
    pub fn source(self, tuning: &Tuning) -> String {
        let store = include_str!("shaders/store.wgsl");
        let direct = include_str!("shaders/direct.wgsl");
        let pooling = include_str!("shaders/pooling.wgsl");
        let mut parts = match self {
            Self::Convolution(sums) | Self::ConvolutionGradient(sums) => {
                let store_tile = match sums {
                    Sums::Whole => include_str!("shaders/store_tile.wgsl"),
                    Sums::Sliced => include_str!("shaders/store_slices.wgsl"),
                };
                vec![store, store_tile, direct]
            }
            Self::Stem | Self::StemGradient => vec![store, direct],
            Self::WinogradInput(tile) => vec![tile.source()],
            Self::WinogradOutput(tile) => vec![store, tile.source()],
            Self::WinogradMultiply | Self::WinogradMultiplyTransposed => vec![],
            Self::MaxPool => vec![pooling],
            Self::MaxPoolGradient => vec![store, pooling],
            Self::AveragePool | Self::AveragePoolGradient | Self::Pointwise => vec![store],
        };
        parts.push(self.file().1);
        let tile = match self {
            Self::WinogradInput(tile) | Self::WinogradOutput(tile) => tile,
            _ => Tile::Two,
        };
        let pixels = self.pixels(tuning);
        // Along one side: the kernel's places, how many of the input's channels there are, and what a row of results uses.
        let (places_of_kernel, channels, span) = match self {
            Self::Stem => (7, 3, 2 * (pixels - 1) + 7),
            Self::StemGradient => (7, 3, pixels + 3),
            _ => (tile.inputs(), 4, 1),
        };
        let letters = [
            ('p', pixels),
            ('q', tuning.vectors),
            ('r', channels),
            ('c', span),
            ('x', places_of_kernel),
            ('y', tile.inputs()),
            ('i', tile.outputs()),
            // As many places of a kernel of 7 reach a cell, with stride 2.
            ('j', if self == Self::StemGradient { 4 } else { tile.outputs() }),
        ];
        let vector = match self.lanes(tuning) {
            1 => "f32",
            2 => "vec2f",
            _ => "vec4f",
        };
        let [places, slices] = self.workgroup(tuning);
        let constants = [
            ("PIXELS", pixels),
            ("SPAN", span),
            ("VECTORS", tuning.vectors),
            ("SLICES", slices),
            ("PLACES", places),
            ("OUTPUTS", tile.outputs()),
            ("INPUTS", tile.inputs()),
        ];
        let mut source = format!("alias Vector = {vector};\n");
        for (name, value) in constants {
            source += &format!("const {name} = {value}u;\n");
        }
        for line in parts.into_iter().flat_map(str::lines) {
            write_out(line, &letters, &mut source);
        }
        source
    }
}

impl Tile {
    fn source(self) -> &'static str {
        match self {
            Self::Two => include_str!("shaders/winograd_two.wgsl"),
            Self::Four => include_str!("shaders/winograd_four.wgsl"),
        }
    }
}
