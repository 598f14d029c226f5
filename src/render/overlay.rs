//! The heatmap over the photo, as one opaque picture.

/// How much of a photo's brightness is left where the network did not look.
const OUTSIDE: f32 = 0.4;

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelRectangle {
    /// Left edge.
    pub x: usize,
    /// Upper edge.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// Blends `heatmap` (RGBA, of the size of `crop`) over `photo` (RGBA, `width` columns) inside `crop`, with `opacity`
/// from 0 to 1, and dims the rest.
pub fn overlay(photo: &[u8], width: usize, heatmap: &[u8], crop: PixelRectangle, opacity: f32) -> Vec<u8> {
    let mut picture = photo.to_vec();
    for (index, pixel) in picture.chunks_exact_mut(4).enumerate() {
        let (x, y) = (index % width, index / width);
        let inside =
            x.checked_sub(crop.x).zip(y.checked_sub(crop.y)).filter(|&(x, y)| x < crop.width && y < crop.height);
        match inside {
            Some((x, y)) => {
                let color = &heatmap[(y * crop.width + x) * 4..][..3];
                for (channel, &color) in pixel.iter_mut().zip(color) {
                    *channel = (f32::from(*channel) * (1.0 - opacity) + f32::from(color) * opacity).round() as u8;
                }
            }
            None => {
                for channel in &mut pixel[..3] {
                    *channel = (f32::from(*channel) * OUTSIDE).round() as u8;
                }
            }
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blends_inside_and_dims_outside() {
        let photo = [100, 100, 100, 255].repeat(4);
        let heatmap = [200, 0, 100, 255].repeat(2);
        let crop = PixelRectangle { x: 1, y: 0, width: 1, height: 2 };
        let picture = overlay(&photo, 2, &heatmap, crop, 0.5);
        assert_eq!(picture[..4], [40, 40, 40, 255]);
        assert_eq!(picture[4..8], [150, 50, 100, 255]);
    }
}
