//! A kernel as a record, and its WGSL, put together for one way of cutting the work up.

use super::template::write_out;
use super::tuning::Tuning;

/// Invocations of a workgroup along its first dimension; with slices, 256 in all are what every adapter offers, and memory
/// for them as well.
const WORKGROUP: usize = 64;
const WORKGROUP_OF_SLICES: usize = 32;

/// What the GPU can be asked to do. Records are constants, known by their name.
#[derive(Debug, Clone, Copy)]
pub struct Kernel {
    /// Tells it from all others.
    pub name: &'static str,
    /// The contents of its WGSL files, in their order.
    pub files: &'static [&'static str],
    /// [`FIELDS`](super::Parameters::FIELDS) of its parameters.
    pub fields: &'static [&'static str],
    /// Whether it ends in `epilogue.wgsl`: its parameters then end with the flags, and bindings 1 to 3 are its own.
    pub has_epilogue: bool,
    /// Whether several invocations of a workgroup share the sums of a result.
    pub is_sliced: bool,
    /// How the work is cut up.
    pub cut: fn(&Tuning) -> Cut,
}

/// How a kernel's work is cut up, for the template's letters and constants.
#[derive(Debug, Clone)]
pub struct Cut {
    /// Cells or tiles that an invocation computes at once: the letter `p`, and `PIXELS`.
    pub pixels: usize,
    /// Vectors of channels that it computes for each: the letter `q`, and `VECTORS`.
    pub vectors: usize,
    /// Floats of a `Vector`.
    pub lanes: usize,
    /// Further letters, and how many values each runs over.
    pub letters: Vec<(char, usize)>,
    /// Further constants.
    pub constants: Vec<(&'static str, usize)>,
}

impl Cut {
    /// As is usual: whole vectors of four, the letter `r` for their channels.
    pub fn usual(tuning: &Tuning) -> Self {
        Self {
            pixels: tuning.pixels,
            vectors: tuning.vectors,
            lanes: 4,
            letters: vec![('r', 4)],
            constants: Vec::new(),
        }
    }
}

impl Kernel {
    /// Whether work that is cut up in this way has a use for it.
    pub fn is_used(&self, tuning: &Tuning) -> bool {
        !self.is_sliced || tuning.slices > 1
    }

    /// Invocations of a workgroup: places, each with results of its own, and slices, which share them.
    pub const fn workgroup(&self, tuning: &Tuning) -> [usize; 2] {
        if self.is_sliced { [WORKGROUP_OF_SLICES, tuning.slices] } else { [WORKGROUP, 1] }
    }

    /// The whole source of the kernel, ready to be compiled.
    pub fn source(&self, tuning: &Tuning) -> String {
        let Cut { pixels, vectors, lanes, letters, constants } = (self.cut)(tuning);
        let [workgroup, slices] = self.workgroup(tuning);
        let vector = match lanes {
            1 => "f32",
            2 => "vec2f",
            _ => "vec4f",
        };
        let mut source = format!("alias Vector = {vector};\n");
        let usual = [("PIXELS", pixels), ("VECTORS", vectors), ("SLICES", slices), ("WORKGROUP_SIZE", workgroup)];
        for (name, value) in usual.into_iter().chain(constants) {
            source += &format!("const {name} = {value}u;\n");
        }
        source += "struct Parameters {\n";
        for field in self.fields.iter().chain(self.has_epilogue.then_some(&"flags")) {
            source += &format!("  {field}: u32,\n");
        }
        source += "}\n@group(0) @binding(0) var<uniform> parameters: Parameters;\n";
        let mut all = vec![('p', pixels), ('q', vectors)];
        all.extend(letters);
        let prelude = include_str!("prelude.wgsl");
        let epilogue = self.has_epilogue.then_some(include_str!("epilogue.wgsl"));
        let files = [prelude].into_iter().chain(epilogue).chain(self.files.iter().copied());
        for line in files.flat_map(str::lines) {
            write_out(line, &all, &mut source);
        }
        source
    }
}
