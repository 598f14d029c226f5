//! Photos: bytes → upright RGB → a network's input, and the geometry back to the photo.
//!
//! `decode` reads the file, `geometry` says what part of it the network sees, `resize` resamples, `erase` paints a part over,
//! `zip` finds photos in an archive.
//! Everything is computed here, never by the browser, so that every browser and the native tests see the
//! same pixels: those that `torchvision` prepares from a Pillow image.

mod decode;
mod erase;
mod geometry;
mod resize;
pub mod zip;

pub use decode::{MAX_PIXELS, MAX_SIDE, PhotoError};
pub use erase::{Erasure, Fill, UnknownFill};
pub use geometry::{CropGeometry, InputSpec, Rectangle};

use resize::Window;

/// An upright photo: 8-bit RGB, as `ImageOps.exif_transpose(image).convert("RGB")` gives in Pillow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    width: u32,
    height: u32,
    /// `height · width · 3` bytes: rows from the top, pixels from the left, channels interleaved.
    rgb: Vec<u8>,
}

impl Photo {
    /// Decodes a JPEG, PNG, WebP, GIF (its first frame) or BMP file, recognised by content.
    ///
    /// The EXIF orientation is applied, transparency is dropped without compositing, 16-bit channels keep their
    /// high byte, grey, palette and CMYK become RGB. Embedded colour profiles are ignored, as in Pillow.
    ///
    /// # Errors
    /// Every variant of [`PhotoError`]. A file that is cut short is an error even where some of the picture could
    /// be shown: a half-grey photo would be explained as if it were whole.
    pub fn decode(bytes: &[u8]) -> Result<Photo, PhotoError> {
        decode::decode(bytes)
    }

    /// A photo from pixels that are decoded already, such as a frame of a camera: `height · width · 4` bytes of RGBA,
    /// row-major. Transparency is dropped without compositing, as [`Photo::decode`] does.
    ///
    /// # Errors
    /// [`PhotoError::TooLarge`], and [`PhotoError::Damaged`] where there are no pixels or not as many as the size says.
    pub fn from_rgba(width: u32, height: u32, rgba: Vec<u8>) -> Result<Photo, PhotoError> {
        decode::from_rgba(width, height, rgba)
    }

    /// Width of the upright photo in pixels, at least 1.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height of the upright photo in pixels, at least 1.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels: `height · width · 3` bytes, row-major, channels interleaved.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// What part of this photo the network sees.
    ///
    /// # Panics
    /// As [`CropGeometry::new`].
    #[must_use]
    pub fn crop_geometry(&self, spec: &InputSpec) -> CropGeometry {
        CropGeometry::new(self.width, self.height, spec)
    }

    /// The pixels the network sees before they are normalised: `crop · crop · 3` bytes, row-major, channels
    /// interleaved; equal to torchvision's `CenterCrop(crop)(Resize(resize)(image))`.
    ///
    /// # Panics
    /// As [`CropGeometry::new`].
    #[must_use]
    pub fn crop_pixels(&self, spec: &InputSpec) -> Vec<u8> {
        let geometry = self.crop_geometry(spec);
        resize::resample(
            &self.rgb,
            (self.width, self.height),
            (geometry.resized_width, geometry.resized_height),
            Window { left: geometry.left, top: geometry.top, width: geometry.size, height: geometry.size },
        )
    }

    /// The network's input: `3 · crop · crop` values, planar (channel, row, column), in units of standard
    /// deviations; equal to torchvision's `Resize`, `CenterCrop`, `ToTensor`, `Normalize` to the last bit.
    ///
    /// # Panics
    /// As [`CropGeometry::new`].
    #[must_use]
    pub fn network_input(&self, spec: &InputSpec) -> Vec<f32> {
        spec.normalise(&self.crop_pixels(spec))
    }

    /// The photo for display, shrunk so that no side exceeds `max_side` pixels (never enlarged).
    ///
    /// Returns width, height and `height · width · 4` bytes of opaque RGBA, row-major.
    #[must_use]
    pub fn scaled_to_fit(&self, max_side: u32) -> (u32, u32, Vec<u8>) {
        let long = self.width.max(self.height);
        if long <= max_side {
            return (self.width, self.height, opaque(&self.rgb));
        }
        let scaled = |side: u32| {
            let side = (u64::from(side) * u64::from(max_side) + u64::from(long / 2)) / u64::from(long);
            // At most `max_side`, which is an u32; and a strip keeps at least one pixel across.
            (side as u32).max(1)
        };
        let (width, height) = (scaled(self.width), scaled(self.height));
        let window = Window { left: 0, top: 0, width, height };
        let rgb = resize::resample(&self.rgb, (self.width, self.height), (width, height), window);
        (width, height, opaque(&rgb))
    }
}

/// A square of `from · from` pixels (RGB, row-major), such as [`Photo::crop_pixels`] gives, scaled to `to · to`.
///
/// # Panics
/// If a side is 0, or `pixels` are not as many.
#[must_use]
pub fn scaled_square(pixels: &[u8], from: u32, to: u32) -> Vec<u8> {
    assert_eq!(pixels.len(), 3 * (from * from) as usize, "a square");
    resize::resample(pixels, (from, from), (to, to), Window { left: 0, top: 0, width: to, height: to })
}

/// RGB → RGBA with every pixel opaque.
#[must_use]
pub fn opaque(rgb: &[u8]) -> Vec<u8> {
    let (pixels, _) = rgb.as_chunks::<3>();
    pixels.iter().flat_map(|&[red, green, blue]| [red, green, blue, 255]).collect()
}
