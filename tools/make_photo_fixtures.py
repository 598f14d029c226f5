#!/usr/bin/env python3
"""Makes what tests/photo.rs compares with: what Pillow and torchvision do to the same files.

    python tools/make_photo_fixtures.py          (needs torch, torchvision, Pillow, numpy)

Writes two folders:

tests/fixtures/photo/   crops of the photos of www/photos as PNG, small JPEGs of every kind, `expected.json`
tests/fixtures/bad/     awkward and broken files, also for the tests in the browser, `expected.json`

In both, hashes are FNV-1a (64 bits, hexadecimal) of RGB bytes, row-major, interleaved. In bad/expected.json a file
either has an `error` (the code of PhotoError), or the `width` and `height` of the upright photo and the hash of its
224 x 224 `crop`.
"""

import io
import json
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image, ImageOps, features
from torchvision import transforms
from torchvision.transforms import functional

ROOT = Path(__file__).resolve().parent.parent
PHOTOS = ROOT / "www" / "photos"
PHOTO = ROOT / "tests" / "fixtures" / "photo"
BAD = ROOT / "tests" / "fixtures" / "bad"


def fnv1a(data):
    state = 0xCBF29CE484222325
    for byte in bytes(data):
        state = (state ^ byte) * 0x100000001B3 % 2**64
    return f"{state:016x}"


def rgb(image):
    """What a photo is to the networks in Python."""
    return ImageOps.exif_transpose(image).convert("RGB")


def crop(image, resize=256, size=224):
    pipeline = transforms.Compose([transforms.Resize(resize), transforms.CenterCrop(size)])
    return pipeline(image)


def noise(width, height):
    """An image that tests/photo.rs can make too: the bytes are a hash of their position."""
    x = np.arange(width * height * 3, dtype=np.uint32) * np.uint32(0x9E3779B1)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x85EBCA77)
    x ^= x >> np.uint32(13)
    return Image.fromarray((x & np.uint32(255)).astype(np.uint8).reshape(height, width, 3))


def exif(orientation, order="MM"):
    """A TIFF block as phones write it: maker, then orientation, in either byte order."""
    pack = (">" if order == "MM" else "<").__add__
    maker = b"Apple\0"
    entries = struct.pack(pack("HHII"), 0x010F, 2, len(maker), 38)
    entries += struct.pack(pack("HHIHH"), 0x0112, 3, 1, orientation, 0)
    header = order.encode() + struct.pack(pack("HI"), 42, 8)
    return b"Exif\0\0" + header + struct.pack(pack("H"), 2) + entries + struct.pack(pack("I"), 0) + maker


def png(width, height, bits, color, rows):
    """A PNG of raw rows (filter byte included), for the pixel formats that Pillow does not write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def png16(channels, color):
    """A 16-bit PNG of an array (height, width, channels) of uint16."""
    height, width = channels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in channels)
    return png(width, height, 16, color, rows)


def saved(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def decoded(data):
    return rgb(Image.open(io.BytesIO(data)))


def photo_fixtures():
    PHOTO.mkdir(parents=True, exist_ok=True)
    expected = {
        "made_with": {
            "pillow": PIL.__version__,
            "libjpeg-turbo": features.version("libjpeg_turbo"),
            "torch": torch.__version__.split("+")[0],
            "torchvision": torchvision.__version__.split("+")[0],
        }
    }

    # The photos of the page, and one as a phone holds it.
    for path in sorted(PHOTOS.glob("*.jpg")):
        crop(rgb(Image.open(path))).save(PHOTO / f"{path.stem}.png", optimize=True)
    cat = Image.open(PHOTOS / "cat.jpg").convert("RGB")
    # Stored lying: turned so that orientation 6 puts it upright.
    lying = cat.transpose(Image.Transpose.ROTATE_90)
    (PHOTO / "rotated.jpg").write_bytes(saved(lying, "JPEG", quality=85, exif=exif(6)))
    crop(rgb(Image.open(PHOTO / "rotated.jpg"))).save(PHOTO / "rotated.png", optimize=True)

    # The resampler alone: shrinking, enlarging, strips, sizes that stay, other sizes of input.
    sizes = [(1, 1), (2, 3), (4, 3000), (3000, 4), (37, 501), (501, 37), (224, 224), (255, 255), (256, 256)]
    sizes += [(256, 400), (257, 258), (300, 451), (511, 513), (640, 427), (1023, 1537), (1600, 1200)]
    cases = [(*size, 256, 224) for size in sizes]
    cases += [(640, 427, 232, 224), (640, 427, 342, 299), (427, 640, 96, 96), (500, 333, 33, 32), (50, 60, 518, 518)]
    expected["resample"] = [
        {"width": w, "height": h, "resize": r, "crop": c, "rgb": fnv1a(crop(noise(w, h), r, c).tobytes())}
        for w, h, r, c in cases
    ]
    crop(noise(37, 501)).save(PHOTO / "noise-37x501.png")
    expected["fit"] = []
    for w, h, side in [(640, 427, 100), (427, 640, 639), (3000, 4, 300), (33, 47, 5)]:
        scale = side / max(w, h)
        fitted = (max(1, round(w * scale)), max(1, round(h * scale)))
        shrunk = noise(w, h).resize(fitted, Image.Resampling.BILINEAR)
        expected["fit"].append({"width": w, "height": h, "max_side": side, "size": fitted, "rgb": fnv1a(shrunk.tobytes())})

    # Geometry only: [width, height, resize, crop, resized width, resized height, left, top].
    dice = random.Random(1)
    shapes = [(1, 1), (1, 65535), (65535, 1), (3, 65535), (8191, 8191), (65535, 1024)]
    shapes += [(dice.randint(1, 5000), dice.randint(1, 5000)) for _ in range(40)]
    expected["geometry"] = []
    for w, h in shapes:
        for resize, size in [(256, 224), (232, 224), (255, 224), (299, 299), (33, 32)]:
            new_h, new_w = functional._compute_resized_output_size((h, w), [resize])
            left, top = int(round((new_w - size) / 2.0)), int(round((new_h - size) / 2.0))
            expected["geometry"].append([w, h, resize, size, new_w, new_h, left, top])

    # ToTensor and Normalize: an image whose columns are the 256 levels; the hash is of the little-endian floats.
    levels = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (256, 1, 3)))
    normalize = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    tensor = normalize(transforms.ToTensor()(levels))
    expected["levels"] = fnv1a(tensor.numpy().astype("<f4").tobytes())

    # Every kind of JPEG, of odd sizes; all orientations in both byte orders; orientation in PNG and WebP.
    small = crop(cat, 64, 61).crop((0, 0, 53, 37))
    files = {
        "jpeg-444.jpg": saved(small, "JPEG", quality=90, subsampling="4:4:4"),
        "jpeg-422.jpg": saved(small, "JPEG", quality=90, subsampling="4:2:2"),
        "jpeg-420.jpg": saved(small, "JPEG", quality=30, subsampling="4:2:0"),
        "jpeg-grey.jpg": saved(small.convert("L"), "JPEG", quality=90),
        "jpeg-rgb.jpg": saved(small, "JPEG", quality=90, keep_rgb=True),
        "jpeg-progressive-444.jpg": saved(small, "JPEG", quality=90, progressive=True, subsampling="4:4:4"),
        "jpeg-progressive-420.jpg": saved(small, "JPEG", quality=90, progressive=True, subsampling="4:2:0"),
        "jpeg-restart.jpg": saved(small, "JPEG", quality=90, restart_marker_blocks=2),
        "jpeg-1x1.jpg": saved(small.crop((0, 0, 1, 1)), "JPEG"),
        "jpeg-cmyk.jpg": saved(small.convert("CMYK"), "JPEG", quality=90),
    }
    # YCCK is CMYK under another declaration: the last byte of the Adobe marker.
    ycck = bytearray(files["jpeg-cmyk.jpg"])
    ycck[ycck.index(b"Adobe") + 11] = 2
    files["jpeg-ycck.jpg"] = bytes(ycck)
    corner = small.crop((0, 0, 24, 16))
    for orientation in range(1, 9):
        order = "MM" if orientation % 2 else "II"
        files[f"orientation-{orientation}.jpg"] = saved(corner, "JPEG", quality=90, exif=exif(orientation, order))
    files["orientation-6.png"] = saved(corner, "PNG", exif=exif(6))
    files["orientation-8.webp"] = saved(corner, "WEBP", lossless=True, exif=exif(8))
    expected["files"] = {}
    for name, data in files.items():
        (PHOTO / name).write_bytes(data)
        image = decoded(data)
        expected["files"][name] = {"width": image.width, "height": image.height, "rgb": fnv1a(image.tobytes())}
    return expected


def bad_fixtures():
    BAD.mkdir(parents=True, exist_ok=True)
    photo = Image.open(PHOTOS / "dahlia.jpg").convert("RGB").resize((160, 107), Image.Resampling.BICUBIC)
    grey = photo.convert("L")
    alpha = Image.fromarray(np.tile(np.linspace(0, 255, 160).astype(np.uint8), (107, 1)))
    # Transparent pixels keep their colour, which must show: alpha is dropped, not composited.
    rgba = Image.merge("RGBA", (*photo.split(), alpha))
    palette = photo.quantize(32)
    # 16-bit channels with low bytes of their own: the high byte is the photo.
    low = np.asarray(noise(160, 107)).astype(np.uint16)
    rgb16 = np.asarray(photo).astype(np.uint16) * 256 + low
    frames = [ImageOps.posterize(photo, 3), ImageOps.invert(photo)]

    valid = {
        "one-pixel.png": saved(Image.new("RGB", (1, 1), (200, 30, 90)), "PNG"),
        "strip-4x3000.png": saved(photo.resize((4, 3000)), "PNG"),
        "strip-3000x4.png": saved(photo.resize((3000, 4)), "PNG"),
        "rgb-16bit.png": png16(rgb16, 2),
        "grey-16bit.png": png16(rgb16[:, :, 1], 0),
        "grey.png": saved(grey, "PNG"),
        "grey.jpg": saved(grey, "JPEG", quality=85),
        "one-bit.png": saved(grey.convert("1"), "PNG"),
        "transparent-rgba.png": saved(rgba, "PNG"),
        "transparent-grey.png": saved(Image.merge("LA", (grey, alpha)), "PNG"),
        "transparent-palette.png": saved(palette, "PNG", transparency=bytes(range(0, 256, 8))),
        "cmyk.jpg": saved(photo.convert("CMYK"), "JPEG", quality=85),
        "progressive.jpg": saved(photo, "JPEG", quality=85, progressive=True),
        "phone-rotated.jpg": saved(photo.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=85, exif=exif(6)),
        "wrong-extension.png": saved(photo, "JPEG", quality=85),
        "animated.gif": saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=200),
        "lossy.webp": saved(photo, "WEBP", quality=80),
        "lossless.webp": saved(photo, "WEBP", lossless=True),
        "transparent.webp": saved(rgba, "WEBP", quality=80),
        "bitmap.bmp": saved(photo, "BMP"),
    }
    expected = {}
    for name, data in valid.items():
        image = decoded(data)
        if name == "grey-16bit.png":
            # Pillow clips 16-bit grey at 255 instead of scaling it: the high byte is meant.
            image = Image.fromarray((rgb16[:, :, 1] >> 8).astype(np.uint8)).convert("RGB")
        (BAD / name).write_bytes(data)
        expected[name] = {"width": image.width, "height": image.height, "crop": fnv1a(crop(image).tobytes())}

    jpeg = saved(photo, "JPEG", quality=85)
    middle = len(jpeg) // 2
    garbled = bytearray(jpeg)
    garbled[middle : middle + 200] = random.Random(2).randbytes(200)
    broken = {
        "empty.jpg": (b"", "not-an-image"),
        "text.jpg": (b"This is not a photo.\n", "not-an-image"),
        "phone.heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "not-an-image"),
        "truncated.jpg": (jpeg[: len(jpeg) * 6 // 10], "image-damaged"),
        "truncated-header.jpg": (jpeg[:100], "image-damaged"),
        "truncated-progressive.jpg": (valid["progressive.jpg"][: len(valid["progressive.jpg"]) // 2], "image-damaged"),
        "missing-middle.jpg": (jpeg[:middle] + jpeg[middle + 300 :], "image-damaged"),
        "garbled-middle.jpg": (bytes(garbled), "image-damaged"),
        "truncated.png": (valid["grey.png"][: len(valid["grey.png"]) // 2], "image-damaged"),
        "truncated.gif": (valid["animated.gif"][:2000], "image-damaged"),
        "truncated.webp": (valid["lossy.webp"][: len(valid["lossy.webp"]) // 2], "image-damaged"),
        "truncated.bmp": (valid["bitmap.bmp"][:10000], "image-damaged"),
        # 400 megapixels in 50 kB: must be refused by its header.
        "huge-20000x20000.png": (png(20000, 20000, 1, 0, bytes(20000 * 2501)), "image-too-large"),
    }
    for name, (data, error) in broken.items():
        (BAD / name).write_bytes(data)
        expected[name] = {"error": error}
    return expected


def write_json(path, value):
    """One entry a line, so that a change shows in a diff."""

    def entry(value):
        if isinstance(value, dict) and any(isinstance(v, (dict, list)) for v in value.values()):
            return "{\n" + ",\n".join(f"{json.dumps(k)}: {entry(v)}" for k, v in value.items()) + "\n}"
        if isinstance(value, list) and value and isinstance(value[0], (dict, list)):
            return "[\n" + ",\n".join(json.dumps(v) for v in value) + "\n]"
        return json.dumps(value)

    path.write_text(entry(value) + "\n")


if __name__ == "__main__":
    write_json(PHOTO / "expected.json", photo_fixtures())
    write_json(BAD / "expected.json", bad_fixtures())
