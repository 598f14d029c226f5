//! Image files → upright 8-bit RGB: recognises the format, refuses what is too large before decoding it, applies
//! the EXIF orientation. What is wrong with a file is said in [`PhotoError`].
//!
//! JPEGs go through `libjpeg-turbo-rs`, a port of the decoder inside Pillow, and give its pixels exactly. `image`'s
//! own decoder rounds differently in the inverse transform, the chroma upsampling and the colour conversion: up to
//! 5 levels in the network's input, of which the resizing averages away but a part. The other formats go
//! through `image`: lossless, or in the case of WebP defined to the bit.

use std::io::{Cursor, ErrorKind};

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, png::PngDecoder, webp::WebPDecoder};
use image::error::{ImageError, ImageResult};
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, Limits};
use libjpeg_turbo_rs::common::types::ComponentInfo;
use libjpeg_turbo_rs::{DecodeLimits, Decoder as JpegDecoder, JpegError, PixelFormat};

use super::Photo;

/// The most pixels an image may have: 64 · 2²⁰, which has room for what is sold as a 64-megapixel camera.
pub const MAX_PIXELS: u64 = 64 << 20;

/// The most pixels a side may have.
pub const MAX_SIDE: u32 = 65_535;

/// The most bytes the JPEG decoder may allocate: enough for [`MAX_PIXELS`] in any common encoding (a progressive one
/// takes 12 bytes a pixel), and a quarter of what WebAssembly can address.
const MAX_JPEG_MEMORY: u64 = 1 << 30;

/// The most bytes the other decoders may allocate beside the picture: a GIF's frame of [`MAX_PIXELS`] in RGBA, or what
/// a PNG holds besides pixels.
const MAX_EXTRA_MEMORY: u64 = 4 * MAX_PIXELS;

/// The most scans a progressive JPEG may have. Encoders write about ten; thousands keep a decoder busy for minutes.
const MAX_SCANS: usize = 500;

/// Says of a damaged file that it is cut short.
const INCOMPLETE: &str = "it ends before the picture is complete";

/// Says of a picture that it has not as many pixels as its width and height promise.
const MISMATCH: &str = "its pixels do not match its size";

/// Why a file cannot be used as a photo. Each variant displays as sentences for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// There are no bytes.
    #[error("This file is empty. Choose another one.")]
    Empty,

    /// The bytes are not an image of any known format.
    #[error("This file is not an image. Choose a JPEG, PNG, WebP, GIF or BMP file.")]
    NotAnImage,

    /// An image, but of a kind that is not decoded here.
    #[error("This is {kind}, which cannot be read here. Save it as a JPEG or PNG file and try again.")]
    Unsupported {
        /// The kind of image with its article: "a TIFF or raw image".
        kind: &'static str,
    },

    /// The file ends too early or contradicts its format.
    #[error("This image is damaged: {reason}. Try another copy of the file.")]
    Damaged {
        /// What is wrong with the file.
        reason: String,
    },

    /// The image has more pixels than are decoded here.
    #[error(
        "This image is too large: {width} × {height} pixels. The limit is {} megapixels, and {MAX_SIDE} pixels a \
         side. Scale it down and try again.",
        limit >> 20
    )]
    TooLarge {
        /// Width in pixels, as stored in the file.
        width: u32,
        /// Height in pixels, as stored in the file.
        height: u32,
        /// The most pixels an image may have: [`MAX_PIXELS`].
        limit: u64,
    },

    /// The image is within the limits, but decoding it needs more memory than is to be had.
    #[error("There is not enough memory to decode this image. Scale it down and try again.")]
    OutOfMemory,
}

impl PhotoError {
    /// A stable name for programs: `not-an-image`, `image-damaged` or `image-too-large`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty | Self::NotAnImage | Self::Unsupported { .. } => "not-an-image",
            Self::Damaged { .. } => "image-damaged",
            Self::TooLarge { .. } | Self::OutOfMemory => "image-too-large",
        }
    }
}

/// See [`Photo::decode`].
pub(super) fn decode(bytes: &[u8]) -> Result<Photo, PhotoError> {
    if bytes.is_empty() {
        return Err(PhotoError::Empty);
    }
    let starts_with =
        |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    let stream = Cursor::new(bytes);
    if starts_with(0, b"\xFF\xD8\xFF") {
        decode_jpeg(bytes)
    } else if starts_with(0, b"\x89PNG\r\n\x1A\n") {
        decode_with(PngDecoder::with_limits(stream, limits()))
    } else if starts_with(0, b"RIFF") && starts_with(8, b"WEBP") {
        decode_with(WebPDecoder::new(Cursor::new(whole_chunks(bytes)?)))
    } else if starts_with(0, b"GIF87a") || starts_with(0, b"GIF89a") {
        decode_with(GifDecoder::new(stream))
    } else if starts_with(0, b"BM") && starts_with(15, b"\0\0\0") {
        // Two letters also begin words; in a bitmap, bytes 14 to 17 are a header's length, which is below 256.
        decode_with(BmpDecoder::new(stream))
    } else if let Some(kind) = unsupported_kind(starts_with) {
        Err(PhotoError::Unsupported { kind })
    } else {
        Err(PhotoError::NotAnImage)
    }
}

/// See [`Photo::from_rgba`].
pub(super) fn from_rgba(width: u32, height: u32, rgba: Vec<u8>) -> Result<Photo, PhotoError> {
    check_size(width, height)?;
    // `to_rgb` would overlook what is left of a pixel at the end.
    if !rgba.len().is_multiple_of(4) {
        return Err(damaged(MISMATCH));
    }
    upright(width, height, to_rgb(rgba, ColorType::Rgba8)?, None)
}

/// Names the image formats that users are likely to try though they are not decoded here.
fn unsupported_kind(starts_with: impl Fn(usize, &[u8]) -> bool) -> Option<&'static str> {
    const HEIF_BRANDS: [&[u8]; 7] = [b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"];
    if starts_with(4, b"ftyp") && HEIF_BRANDS.iter().any(|brand| starts_with(8, brand)) {
        Some("a HEIC or AVIF image")
    } else if starts_with(0, b"II*\0") || starts_with(0, b"MM\0*") {
        Some("a TIFF or raw image")
    } else if starts_with(0, b"\xFF\x0A") || starts_with(4, b"JXL ") {
        Some("a JPEG XL image")
    } else {
        None
    }
}

/// A WebP file without what follows its container, once every chunk is known to lie within it: the decoder allocates
/// what a chunk declares before it looks for the bytes, up to 4 GiB.
fn whole_chunks(bytes: &[u8]) -> Result<&[u8], PhotoError> {
    let incomplete = || damaged(INCOMPLETE);
    // Rounded up to a whole number of 16-bit words, as the container and its chunks are.
    let length = |size: [u8; 4]| (u32::from_le_bytes(size) as usize).checked_next_multiple_of(2);
    let (header, contents) = bytes.split_first_chunk::<12>().ok_or_else(incomplete)?;
    let [_, _, _, _, size @ .., _, _, _, _] = *header;
    let end = length(size).unwrap_or(usize::MAX).saturating_add(8).min(bytes.len());
    let mut rest = &contents[..end.saturating_sub(12)];
    while let Some((&[_, _, _, _, size @ ..], chunk)) = rest.split_first_chunk::<8>() {
        let length = length(size).ok_or_else(incomplete)?;
        // The last byte may be missing where it is padding.
        let odd = usize::from(size[0] & 1);
        if length - odd > chunk.len() {
            return Err(incomplete());
        }
        rest = &chunk[length.min(chunk.len())..];
    }
    Ok(&bytes[..end])
}

/// Refuses an image by the size in its header, before any pixel is decoded.
fn check_size(width: u32, height: u32) -> Result<(), PhotoError> {
    if width == 0 || height == 0 {
        return Err(damaged("it has no pixels"));
    }
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(PhotoError::TooLarge { width, height, limit: MAX_PIXELS });
    }
    Ok(())
}

fn damaged(reason: impl ToString) -> PhotoError {
    PhotoError::Damaged { reason: reason.to_string() }
}

/// `length` zero bytes, or an error where `vec!` would end the program.
fn allocate(length: usize) -> Result<Vec<u8>, PhotoError> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(length).map_err(|_| PhotoError::OutOfMemory)?;
    buffer.resize(length, 0);
    Ok(buffer)
}

fn decode_jpeg(bytes: &[u8]) -> Result<Photo, PhotoError> {
    let limits = DecodeLimits {
        max_width: MAX_SIDE as usize,
        max_height: MAX_SIDE as usize,
        max_pixels: MAX_PIXELS,
        max_scans: MAX_SCANS,
        max_memory: Some(MAX_JPEG_MEMORY),
    };
    // The decoder is strict unless told otherwise: data that ends too early, be it at the end of the file or before
    // a marker in its middle, is an error. A missing end marker is forgiven, as no pixel depends on it.
    let mut decoder = JpegDecoder::new_with_limits(bytes, limits).map_err(jpeg_error)?;
    let header = decoder.header();
    let (width, height) = (u32::from(header.width), u32::from(header.height));
    check_size(width, height)?;
    let channels = header.components.len();
    if header.precision != 8 || header.is_lossless || !has_usual_sampling(&header.components) {
        return Err(PhotoError::Unsupported { kind: "an unusual kind of JPEG" });
    }
    decoder.set_output_format(match channels {
        4 => PixelFormat::Cmyk,
        _ => PixelFormat::Rgb,
    });
    let orientation = decoder.exif_data().and_then(Orientation::from_exif_chunk);
    let mut pixels = decoder.decode_image().map_err(jpeg_error)?.into_vec();
    if channels == 4 {
        inverted_cmyk_to_rgb(&mut pixels);
    }
    upright(width, height, pixels, orientation)
}

/// Whether the channels are as encoders write them: grey, three channels, or four of which the outer two and the inner
/// two are alike (CMYK, or YCCK with subsampled chroma). Four in another way would crash the decoder.
fn has_usual_sampling(components: &[ComponentInfo]) -> bool {
    let factors = |component: &ComponentInfo| (component.horizontal_sampling, component.vertical_sampling);
    match components {
        [_] | [_, _, _] => true,
        [outer, inner, inner_too, outer_too] => {
            let (outer, inner) = ([outer, outer_too].map(factors), [inner, inner_too].map(factors));
            outer[0] == outer[1]
                && inner[0] == inner[1]
                && (outer[0] == inner[0] || matches!((outer[0], inner[0]), ((2, 1 | 2), (1, 1))))
        }
        _ => false,
    }
}

fn jpeg_error(error: JpegError) -> PhotoError {
    match error {
        JpegError::UnexpectedEof => damaged(INCOMPLETE),
        JpegError::AllocationFailed { .. } => PhotoError::OutOfMemory,
        JpegError::LimitExceeded { what, .. } if what.contains("memory") => PhotoError::OutOfMemory,
        error => damaged(error),
    }
}

/// CMYK → RGB in place, as Pillow does without a colour profile. JPEGs store CMYK Adobe's way: 255 is no ink.
fn inverted_cmyk_to_rgb(pixels: &mut Vec<u8>) {
    let mut length = 0;
    for pixel in 0..pixels.len() / 4 {
        let key = u32::from(pixels[4 * pixel + 3]);
        for channel in 0..3 {
            // Pillow's `MULDIV255`: the rounded quotient by 255, here of ink and light.
            let product = u32::from(255 - pixels[4 * pixel + channel]) * key + 128;
            let absorbed = (product + (product >> 8)) >> 8;
            // Not negative, as at most all light is absorbed.
            pixels[length] = (key - absorbed) as u8;
            length += 1;
        }
    }
    pixels.truncate(length);
}

fn limits() -> Limits {
    // Sizes are left to `check_size`, whose error names them.
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_EXTRA_MEMORY);
    limits
}

/// Decodes with one of `image`'s decoders.
fn decode_with(decoder: ImageResult<impl ImageDecoder>) -> Result<Photo, PhotoError> {
    let mut decoder = decoder.map_err(image_error)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    decoder.set_limits(limits()).map_err(image_error)?;
    // An image whose EXIF cannot be read is shown as it is stored.
    let orientation = decoder.orientation().ok();
    let color = decoder.color_type();
    // `check_size` has bounded this below 2³² for every pixel format.
    let mut pixels = allocate(decoder.total_bytes() as usize)?;
    decoder.read_image(&mut pixels).map_err(image_error)?;
    upright(width, height, to_rgb(pixels, color)?, orientation)
}

fn image_error(error: ImageError) -> PhotoError {
    match error {
        ImageError::Limits(_) => PhotoError::OutOfMemory,
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => damaged(INCOMPLETE),
        error => damaged(error),
    }
}

/// A decoder's pixels → 8-bit RGB, as Pillow's `convert("RGB")`: grey is repeated, alpha dropped, and 16-bit
/// channels keep their high byte. (Pillow clips 16-bit *grey* at 255 instead, which leaves most of such an image white.)
fn to_rgb(pixels: Vec<u8>, color: ColorType) -> Result<Vec<u8>, PhotoError> {
    // 16-bit channels come in the byte order of the machine.
    let high = usize::from(cfg!(target_endian = "little"));
    // Where in a pixel red, green and blue are.
    let channels = match color {
        ColorType::Rgb8 => return Ok(pixels),
        ColorType::L8 | ColorType::La8 => [0, 0, 0],
        ColorType::Rgba8 => [0, 1, 2],
        ColorType::L16 | ColorType::La16 => [high; 3],
        ColorType::Rgb16 | ColorType::Rgba16 => [high, high + 2, high + 4],
        // No decoder above has another format; the enum is open.
        _ => return Err(damaged("its pixel format is unknown")),
    };
    let size = usize::from(color.bytes_per_pixel());
    let mut rgb = allocate(3 * (pixels.len() / size))?;
    let (rgb_pixels, _) = rgb.as_chunks_mut::<3>();
    for (rgb, pixel) in rgb_pixels.iter_mut().zip(pixels.chunks_exact(size)) {
        *rgb = channels.map(|channel| pixel[channel]);
    }
    Ok(rgb)
}

/// Turns the stored picture of `width × height` pixels as its EXIF orientation says.
fn upright(width: u32, height: u32, rgb: Vec<u8>, orientation: Option<Orientation>) -> Result<Photo, PhotoError> {
    let (stored, _) = rgb.as_chunks::<3>();
    let (columns, rows) = (width as usize, height as usize);
    // Not for a decoder that keeps its word, though for pixels from elsewhere; and below, indices rely on it.
    if stored.len() != columns * rows {
        return Err(damaged(MISMATCH));
    }
    // Where in the stored picture the upright one begins, the steps to the pixel to the right and to the one below
    // (which wrap instead of being signed), and whether width and height change places.
    let (last, bottom) = (columns * rows - 1, columns * (rows - 1));
    let back = usize::wrapping_neg;
    let (first, right, down, swap) = match orientation {
        None | Some(Orientation::NoTransforms) => return Ok(Photo { width, height, rgb }),
        Some(Orientation::FlipHorizontal) => (columns - 1, back(1), columns, false),
        Some(Orientation::Rotate180) => (last, back(1), back(columns), false),
        Some(Orientation::FlipVertical) => (bottom, 1, back(columns), false),
        Some(Orientation::Rotate90FlipH) => (0, columns, 1, true),
        Some(Orientation::Rotate90) => (bottom, back(columns), 1, true),
        Some(Orientation::Rotate270FlipH) => (last, back(columns), back(1), true),
        Some(Orientation::Rotate270) => (columns - 1, columns, back(1), true),
    };
    let (width, height) = if swap { (height, width) } else { (width, height) };

    let mut turned = allocate(rgb.len())?;
    let (pixels, _) = turned.as_chunks_mut::<3>();
    let mut start = first;
    for row in pixels.chunks_exact_mut(width as usize) {
        let mut index = start;
        for pixel in row {
            *pixel = stored[index];
            index = index.wrapping_add(right);
        }
        start = start.wrapping_add(down);
    }
    Ok(Photo { width, height, rgb: turned })
}
