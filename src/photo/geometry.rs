//! Where the network looks: torchvision's `Resize` + `CenterCrop` as numbers, and the crop in photo pixels.

/// How a photo becomes a network's input: `Resize(resize)`, `CenterCrop(crop)`, `ToTensor()`,
/// `Normalize(mean, std)` in torchvision's terms.
///
/// Invariant: `1 ≤ crop ≤ resize ≤ 65,535`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputSpec {
    /// Length in pixels to which the photo's shorter side is resized.
    pub resize: u32,
    /// Side in pixels of the square cut from the middle: the network's input is `3 × crop × crop`.
    pub crop: u32,
    /// Mean of each channel (red, green, blue), channels scaled to 0…1.
    pub mean: [f32; 3],
    /// Standard deviation of each channel, channels scaled to 0…1.
    pub std: [f32; 3],
}

impl InputSpec {
    /// What ImageNet networks are trained with.
    pub const IMAGENET: Self =
        Self { resize: 256, crop: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

    /// The network's input from the pixels it sees (`crop · crop · 3` bytes, channels interleaved): `3 · crop · crop` values,
    /// planar, in units of standard deviations; equal to torchvision's `ToTensor` and `Normalize` to the last bit.
    #[must_use]
    pub fn normalise(&self, pixels: &[u8]) -> Vec<f32> {
        let mut input = Vec::with_capacity(pixels.len());
        for channel in 0..3 {
            let levels = self.normalised_levels(channel);
            input.extend(pixels.iter().skip(channel).step_by(3).map(|&level| levels[usize::from(level)]));
        }
        input
    }

    /// The network's value for each of the 256 levels of a channel (0 red, 1 green, 2 blue).
    ///
    /// A channel has only 256 levels, so the divisions are done once. The order is torchvision's, because float
    /// arithmetic is not associative: `ToTensor` divides by 255, `Normalize` subtracts, then divides.
    fn normalised_levels(&self, channel: usize) -> [f32; 256] {
        let (mean, std) = (self.mean[channel], self.std[channel]);
        std::array::from_fn(|level| (level as f32 / 255.0 - mean) / std)
    }
}

impl Default for InputSpec {
    fn default() -> Self {
        Self::IMAGENET
    }
}

/// A rectangle in photo pixels: (0, 0) is the outer corner of the first pixel, so edges may lie inside pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Horizontal extent.
    pub width: f64,
    /// Vertical extent.
    pub height: f64,
}

impl Rectangle {
    /// The same rectangle in a photo that is `across` times as wide and `down` times as high.
    #[must_use]
    pub fn scaled(&self, across: f64, down: f64) -> Self {
        let Self { x, y, width, height } = *self;
        Self { x: x * across, y: y * down, width: width * across, height: height * down }
    }
}

/// What `Resize` + `CenterCrop` do to a photo of a given size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CropGeometry {
    /// Width of the resized photo in pixels.
    pub resized_width: u32,
    /// Height of the resized photo in pixels.
    pub resized_height: u32,
    /// First column of the crop in the resized photo.
    pub left: u32,
    /// First row of the crop in the resized photo.
    pub top: u32,
    /// Side of the square crop in pixels of the resized photo.
    pub size: u32,
    /// The crop in pixels of the photo: what the network sees, and what a map lies on.
    pub in_photo: Rectangle,
}

impl CropGeometry {
    /// The geometry for an upright photo of `width × height` pixels.
    ///
    /// # Panics
    /// If a side is 0 or above 65,535, or `spec` breaks its invariant: mistakes of the program, not of
    /// the file, since a decoded [`Photo`](super::Photo) has neither.
    #[must_use]
    pub fn new(width: u32, height: u32, spec: &InputSpec) -> Self {
        let InputSpec { resize, crop, .. } = *spec;
        assert!(1 <= crop && crop <= resize && resize <= 65_535);
        let side = 1..=65_535;
        assert!(side.contains(&width) && side.contains(&height));

        // torchvision truncates the longer side: `int(size * long / short)`. Python's quotient is correctly
        // rounded and the distance of a fraction to the next integer is far above that rounding, so the integer
        // quotient is the same number. No overflow: 65,535² < 2³².
        let (resized_width, resized_height) =
            if width <= height { (resize, resize * height / width) } else { (resize * width / height, resize) };
        let left = half_to_even(resized_width - crop);
        let top = half_to_even(resized_height - crop);

        let across = f64::from(width) / f64::from(resized_width);
        let down = f64::from(height) / f64::from(resized_height);
        Self {
            resized_width,
            resized_height,
            left,
            top,
            size: crop,
            in_photo: Rectangle {
                x: f64::from(left) * across,
                y: f64::from(top) * down,
                width: f64::from(crop) * across,
                height: f64::from(crop) * down,
            },
        }
    }

    /// The centre of a cell of a map over the crop, in photo pixels from the left and from the top. `cell` is its row and
    /// column, and `cells` how many of each the map has.
    #[must_use]
    pub fn locate(&self, cell: [usize; 2], cells: [usize; 2]) -> [f64; 2] {
        let [down, across] = [0, 1].map(|side| (cell[side] as f64 + 0.5) / cells[side] as f64);
        let Rectangle { x, y, width, height } = self.in_photo;
        [x + width * across, y + height * down]
    }
}

/// Python's `int(round(n / 2.0))`: a half goes to the even neighbour, so 1 → 0, 3 → 2, 5 → 2.
fn half_to_even(n: u32) -> u32 {
    let floor = n / 2;
    floor + (n & 1 & floor)
}
