//! From a raw map to pixels: scale, half-pixel bilinear upsampling, colours, and the overlay on the photo.

mod color;
mod overlay;
mod tables;

pub use crate::cam::upsample;
pub use color::{Colors, Range, Scale, UnknownName};
pub use overlay::{PixelRectangle, overlay};

use crate::cam::Map;

/// `map` in colours, `width × height` pixels of opaque RGBA.
///
/// The raw values are upsampled first and scaled after: what is clipped is clipped at the pixel, as when the map is
/// shown by matplotlib's `imshow` with bilinear interpolation. `shared` is the range of maps that are to be compared, if it
/// is not to be the map's own.
pub fn heatmap(
    map: &Map,
    colors: Colors,
    scale: Scale,
    shared: Option<Range>,
    width: usize,
    height: usize,
) -> Vec<u8> {
    let range = shared.unwrap_or_else(|| scale.range(map));
    let table = colors.table(scale);
    upsample(map, width, height)
        .into_iter()
        .flat_map(|value| {
            let [red, green, blue] = table[range.step(value)];
            [red, green, blue, 255]
        })
        .collect()
}

/// `count` pixels of opaque RGBA: the colours from one end of the scale to the other.
pub fn legend(colors: Colors, scale: Scale, count: usize) -> Vec<u8> {
    let table = colors.table(scale);
    (0..count)
        .flat_map(|index| {
            let [red, green, blue] = table[(index * 2 + 1) * table.len() / (2 * count)];
            [red, green, blue, 255]
        })
        .collect()
}
