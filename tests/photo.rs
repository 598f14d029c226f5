//! Photos against Pillow and torchvision: fixtures and hashes made by `tools/make_photo_fixtures.py`.

use std::path::PathBuf;

use gradcam::photo::{CropGeometry, InputSpec, MAX_PIXELS, Photo, PhotoError};
use serde_json::Value;

fn path(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn bytes(relative: &str) -> Vec<u8> {
    std::fs::read(path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

fn photo(relative: &str) -> Photo {
    Photo::decode(&bytes(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

fn expected(folder: &str) -> Value {
    serde_json::from_slice(&bytes(&format!("tests/fixtures/{folder}/expected.json"))).unwrap()
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

/// FNV-1a, 64 bits, as the script writes it.
fn hash(bytes: impl IntoIterator<Item = u8>) -> String {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{state:016x}")
}

fn rgb_hash(rgb: &[u8]) -> String {
    hash(rgb.iter().copied())
}

/// A photo with these pixels, by way of an uncompressed bitmap.
fn from_rgb(width: u32, height: u32, rgb: &[u8]) -> Photo {
    let stride = (3 * width as usize).next_multiple_of(4);
    let mut file = b"BM".to_vec();
    let length = 54 + stride * height as usize;
    for word in [length as u32, 0, 54, 40, width, height, 24 << 16 | 1] {
        file.extend(word.to_le_bytes());
    }
    file.extend([0; 24]);
    for row in rgb.chunks_exact(3 * width as usize).rev() {
        let row = row.chunks_exact(3).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]);
        file.extend(row.chain(std::iter::repeat(0)).take(stride));
    }
    Photo::decode(&file).unwrap()
}

/// The image that the script makes too: the bytes are a hash of their position.
fn noise(width: u32, height: u32) -> Photo {
    let rgb: Vec<u8> = (0..width * height * 3)
        .map(|position| {
            let mut x = position.wrapping_mul(0x9e37_79b1);
            x ^= x >> 15;
            x = x.wrapping_mul(0x85eb_ca77);
            (x ^ (x >> 13)) as u8
        })
        .collect();
    from_rgb(width, height, &rgb)
}

fn preprocessing(case: &Value) -> InputSpec {
    InputSpec { resize: number(&case["resize"]), crop: number(&case["crop"]), ..InputSpec::IMAGENET }
}

/// The bound of the design is one level; what is measured is printed (`--nocapture`).
#[test]
fn photos_are_within_one_level_of_pillow() {
    let photos = ["cat", "dahlia", "ladybird", "marigold", "yellow-daisy"]
        .map(|name| (format!("www/photos/{name}.jpg"), name));
    let rotated = ("tests/fixtures/photo/rotated.jpg".to_owned(), "rotated");
    for (file, name) in photos.into_iter().chain([rotated]) {
        let crop = photo(&file).crop_pixels(&InputSpec::IMAGENET);
        let reference = photo(&format!("tests/fixtures/photo/{name}.png"));
        assert_eq!((reference.width(), reference.height()), (224, 224));
        assert_eq!(crop.len(), reference.rgb().len());
        let differences: Vec<u8> =
            crop.iter().zip(reference.rgb()).map(|(ours, pillow)| ours.abs_diff(*pillow)).collect();
        let maximum = *differences.iter().max().unwrap();
        let differing = differences.iter().filter(|&&difference| difference > 0).count();
        let share = 100.0 * differing as f64 / differences.len() as f64;
        println!("{name}: at most {maximum} levels, {share:.3} % of the values differ");
        assert!(maximum <= 1, "{name} differs by {maximum} levels");
    }
}

#[test]
fn resampling_equals_torchvision_exactly() {
    for case in expected("photo")["resample"].as_array().unwrap() {
        let photo = noise(number(&case["width"]), number(&case["height"]));
        let crop = photo.crop_pixels(&preprocessing(case));
        assert_eq!(rgb_hash(&crop), case["rgb"], "{case}");
    }
    // One case in full, to look at when the hashes differ.
    let reference = photo("tests/fixtures/photo/noise-37x501.png");
    let crop = noise(37, 501).crop_pixels(&InputSpec::IMAGENET);
    assert!(crop == reference.rgb());
}

#[test]
fn extreme_strips_cost_no_more_than_their_crop() {
    // torchvision would resize these to 256 × 16,776,960 pixels.
    for (width, height) in [(1, 65_535), (65_535, 1)] {
        let grey = from_rgb(width, height, &vec![77; 3 * 65_535]);
        let crop = grey.crop_pixels(&InputSpec::IMAGENET);
        assert_eq!(crop, vec![77; 224 * 224 * 3]);
    }
}

#[test]
fn display_copies_are_resampled_as_by_pillow() {
    for case in expected("photo")["fit"].as_array().unwrap() {
        let photo = noise(number(&case["width"]), number(&case["height"]));
        let (width, height, rgba) = photo.scaled_to_fit(number(&case["max_side"]));
        assert_eq!(vec![width, height], vec![number(&case["size"][0]), number(&case["size"][1])]);
        assert!(rgba.chunks_exact(4).all(|pixel| pixel[3] == 255));
        let rgb = rgba.chunks_exact(4).flat_map(|pixel| &pixel[..3]).copied();
        assert_eq!(hash(rgb), case["rgb"], "{case}");
    }
    // Never enlarged.
    let photo = noise(20, 30);
    let (width, height, rgba) = photo.scaled_to_fit(30);
    assert_eq!((width, height, rgba.len()), (20, 30, 20 * 30 * 4));
    assert!(rgba.chunks_exact(4).zip(photo.rgb().chunks_exact(3)).all(|(a, b)| &a[..3] == b));
}

#[test]
fn geometry_equals_torchvision() {
    for case in expected("photo")["geometry"].as_array().unwrap() {
        let [width, height, resize, crop, resized_width, resized_height, left, top] =
            std::array::from_fn(|field| case[field].as_i64().unwrap());
        let preprocessing = InputSpec { resize: resize as u32, crop: crop as u32, ..Default::default() };
        let geometry = CropGeometry::new(width as u32, height as u32, &preprocessing);
        let found = [geometry.resized_width, geometry.resized_height, geometry.left, geometry.top, geometry.size];
        let wanted = [resized_width, resized_height, left, top, crop];
        assert_eq!(found.map(i64::from), wanted, "{case}");

        // The rectangle lies in the photo, and is a square but for the truncation of the longer side.
        let rectangle = geometry.in_photo;
        assert!(rectangle.x >= 0.0 && rectangle.y >= 0.0);
        assert!(rectangle.x + rectangle.width <= width as f64 * (1.0 + 1e-12));
        assert!(rectangle.y + rectangle.height <= height as f64 * (1.0 + 1e-12));
        assert!((rectangle.width / rectangle.height - 1.0).abs() <= 1.0 / resize as f64);
    }

    let geometry = noise(448, 512).crop_geometry(&InputSpec { resize: 224, crop: 112, ..InputSpec::IMAGENET });
    let rectangle = geometry.in_photo;
    assert_eq!((geometry.resized_width, geometry.resized_height), (224, 256));
    assert_eq!((rectangle.x, rectangle.y), (112.0, 144.0));
    assert_eq!((rectangle.width, rectangle.height), (224.0, 224.0));
    // The middle of the crop, and the cell at its upper right corner.
    assert_eq!(geometry.locate([0, 0], [1, 1]), [224.0, 256.0]);
    assert_eq!(geometry.locate([0, 3], [2, 4]), [112.0 + 196.0, 144.0 + 56.0]);
    let half = rectangle.scaled(0.5, 0.25);
    assert_eq!((half.x, half.y, half.width, half.height), (56.0, 36.0, 112.0, 56.0));
}

#[test]
fn normalisation_equals_torchvision_to_the_bit() {
    // Columns are the 256 levels; neither resized nor cropped.
    let rgb: Vec<u8> = (0..256 * 256).flat_map(|pixel| [pixel as u8; 3]).collect();
    let input = from_rgb(256, 256, &rgb).network_input(&InputSpec { crop: 256, ..InputSpec::IMAGENET });
    assert_eq!(input.len(), 3 * 256 * 256);
    let found = hash(input.iter().flat_map(|value| value.to_le_bytes()));
    assert_eq!(found, expected("photo")["levels"]);
}

/// JPEGs of every kind, all EXIF orientations: the same pixels as in Pillow, exactly.
#[test]
fn decoding_equals_pillow_exactly() {
    for (name, wanted) in expected("photo")["files"].as_object().unwrap() {
        let photo = photo(&format!("tests/fixtures/photo/{name}"));
        assert_eq!(photo.width(), number(&wanted["width"]), "{name}");
        assert_eq!(photo.height(), number(&wanted["height"]), "{name}");
        assert_eq!(rgb_hash(photo.rgb()), wanted["rgb"], "{name}");
    }
}

/// Awkward files give the photo that Pillow sees, exactly; broken ones the right error.
#[test]
fn awkward_files_give_a_photo_or_a_sentence() {
    for (name, wanted) in expected("bad").as_object().unwrap() {
        match (Photo::decode(&bytes(&format!("tests/fixtures/bad/{name}"))), wanted.get("error")) {
            (Ok(photo), None) => {
                assert_eq!(photo.width(), number(&wanted["width"]), "{name}");
                assert_eq!(photo.height(), number(&wanted["height"]), "{name}");
                let crop = photo.crop_pixels(&InputSpec::IMAGENET);
                assert_eq!(rgb_hash(&crop), wanted["crop"], "{name}");
            }
            (Err(error), Some(code)) => {
                println!("{name}: {error}");
                assert_eq!(error.code(), code, "{name}: {error}");
            }
            (Ok(_), Some(code)) => panic!("{name} is decoded, not refused as {code}"),
            (Err(error), None) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn errors_are_told_apart() {
    assert_eq!(Photo::decode(b""), Err(PhotoError::Empty));
    // "BM" begins bitmaps, and words.
    for text in ["BMW M3 and other cars, a list", "GIF is not my name", "{}", "\u{feff}<svg/>"] {
        assert_eq!(Photo::decode(text.as_bytes()), Err(PhotoError::NotAnImage), "{text}");
    }
    let error = Photo::decode(&bytes("tests/fixtures/bad/phone.heic")).unwrap_err();
    assert!(error.to_string().starts_with("This is a HEIC or AVIF image, which cannot"));
    let error = Photo::decode(&bytes("tests/fixtures/bad/huge-20000x20000.png")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "This image is too large: 20000 × 20000 pixels. The limit is 64 megapixels, and 65535 pixels a side. \
         Scale it down and try again."
    );
}

/// A frame of a camera has no file: its pixels are taken as they are, without their alpha.
#[test]
fn pixels_make_a_photo_without_a_file() {
    let wanted = noise(20, 30);
    let rgba: Vec<u8> = wanted
        .rgb()
        .chunks_exact(3)
        .zip((0..=255).cycle())
        .flat_map(|(rgb, alpha)| [rgb[0], rgb[1], rgb[2], alpha])
        .collect();
    assert_eq!(Photo::from_rgba(20, 30, rgba.clone()), Ok(wanted));

    // As many bytes as promised, not one more and not one less.
    let refused = |width, height, rgba: &[u8]| Photo::from_rgba(width, height, rgba.to_vec()).unwrap_err();
    for wrong in [&rgba[1..], &rgba[4..], &[rgba.as_slice(), &[0]].concat(), &[]] {
        let error = refused(20, 30, wrong);
        assert_eq!(
            error.to_string(),
            "This image is damaged: its pixels do not match its size. Try another copy of the file."
        );
    }
    assert!(matches!(refused(0, 30, &[]), PhotoError::Damaged { .. }));
    let huge = PhotoError::TooLarge { width: 40_000, height: 40_000, limit: MAX_PIXELS };
    assert_eq!(refused(40_000, 40_000, &[]), huge);
}

/// The size is refused as the header declares it, in every format: none of these files has the pixels.
#[test]
fn sizes_are_refused_before_decoding() {
    let declare = |file: &str, offset: usize, size: &[u8]| {
        let mut bytes = bytes(&format!("tests/fixtures/bad/{file}"));
        bytes[offset..offset + size.len()].copy_from_slice(size);
        Photo::decode(&bytes).unwrap_err()
    };
    let jpeg = bytes("tests/fixtures/bad/progressive.jpg");
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc2]).unwrap();
    let too_large = |width, height| PhotoError::TooLarge { width, height, limit: MAX_PIXELS };
    assert_eq!(declare("progressive.jpg", frame + 5, &[255; 4]), too_large(65_535, 65_535));
    assert_eq!(declare("animated.gif", 6, &[255; 4]), too_large(65_535, 65_535));
    assert_eq!(declare("bitmap.bmp", 18, &[64, 156, 0, 0, 64, 156, 0, 0]), too_large(40_000, 40_000));
    // 14 bits a side.
    assert_eq!(declare("lossy.webp", 26, &[0xff, 0x3f, 0xff, 0x3f]), too_large(16_383, 16_383));
}

/// A chunk that claims 4 GiB is not believed: WebAssembly cannot allocate that.
#[test]
fn declared_lengths_are_checked() {
    let mut webp = bytes("tests/fixtures/photo/orientation-8.webp");
    let metadata = webp.windows(4).position(|name| name == b"EXIF").unwrap();
    webp[metadata + 4..metadata + 8].fill(255);
    assert!(matches!(Photo::decode(&webp), Err(PhotoError::Damaged { .. })));
}

#[test]
fn what_follows_the_picture_is_ignored() {
    // Phones append a gain map or a film to a JPEG.
    let single = bytes("tests/fixtures/bad/wrong-extension.png");
    let double = [single.as_slice(), &single].concat();
    assert_eq!(Photo::decode(&double), Photo::decode(&single));
    let webp = bytes("tests/fixtures/bad/lossy.webp");
    assert_eq!(Photo::decode(&[webp.as_slice(), b"EXIF\xff\xff\xff\xff"].concat()), Photo::decode(&webp));
    // A missing end marker costs no pixel.
    assert_eq!(Photo::decode(&single[..single.len() - 2]), Photo::decode(&single));
}

/// Valid files to break: all that decode.
fn valid_files() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in ["photo", "bad"] {
        let mut folder: Vec<_> = std::fs::read_dir(path("tests/fixtures").join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        folder.sort();
        files.extend(folder.into_iter().filter_map(|path| {
            let bytes = std::fs::read(&path).unwrap();
            // The large ones have nothing in them that the small ones have not.
            (bytes.len() < 40_000 && Photo::decode(&bytes).is_ok()).then(|| (path.display().to_string(), bytes))
        }));
    }
    assert!(files.len() > 30);
    files
}

/// A file that is cut short is refused, in every format: no half-grey photo.
#[test]
fn truncated_files_are_refused() {
    for (name, bytes) in valid_files() {
        let photo = Photo::decode(&bytes).unwrap();
        for tenth in 1..10 {
            match Photo::decode(&bytes[..bytes.len() * tenth / 10]) {
                // What is cut off may be metadata, or the second frame of an animation.
                Ok(cut) => assert!(cut == photo, "{name} at {tenth}/10"),
                Err(error) => assert!(matches!(error, PhotoError::Damaged { .. } | PhotoError::NotAnImage)),
            }
        }
    }
}

/// Broken files never panic: in WebAssembly a panic would end the module.
#[test]
fn broken_files_never_panic() {
    // xorshift64, so that a failure can be repeated.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    for (_, bytes) in valid_files() {
        for round in 0..60 {
            let mut broken = bytes.clone();
            // Half of the changes go to the headers, where sizes and counts are.
            let reach = if round % 2 == 0 { broken.len() } else { broken.len().min(200) };
            for _ in 0..=below(8) {
                let position = below(reach.min(broken.len()));
                match below(4) {
                    0 => broken[position] = below(256) as u8,
                    1 => broken[position] ^= 1 << below(8),
                    2 => broken[position] = [0, 1, 127, 128, 254, 255][below(6)],
                    _ => {
                        let end = (position + 1 + below(16)).min(broken.len());
                        broken.drain(position..end);
                        if broken.is_empty() {
                            break;
                        }
                    }
                }
            }
            if round % 4 == 0 {
                broken.truncate(below(broken.len() + 1));
            }
            if let Ok(photo) = Photo::decode(&broken) {
                assert_eq!(photo.rgb().len(), 3 * photo.width() as usize * photo.height() as usize);
            }
        }
    }
}
