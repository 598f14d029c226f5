#!/usr/bin/env python3
"""Write PyTorch's answers, compactly, for the tests to hold the project's own numbers against.

    pip install torch==2.15.0 torchvision==0.29.2 safetensors pillow numpy
    python3 tools/make_reference_fixtures.py [--model FILE] [--photos FOLDER] [--out FOLDER] [--only NAME ...]

One file per sample photo, and one per untrained network. All tensors of a photo's file:

    input                         u8 [3, 224, 224]: the crop the network sees, before normalisation;
                                  what it is given is (input / 255 - MEAN) / STD in float32, to the last bit
    logits                        f32 [classes]
    LAYER.CLASS.METHOD            [h, w], raw: signed, before the outer ReLU and normalisation (formulas in `maps`)
    input_gradient.CLASS          [3, 224, 224]: d logit / d input, of the predicted class;
    input_gradient.CLASS.positions, .values    a sample of it for the other class
    guided.CLASS                  [3, 224, 224]: guided backpropagation, of the predicted class
    LAYER.activation.positions    u32 [1024]: a sample of flat positions in the layer's output
    LAYER.activation.values       f32 [1024]: the output there

Metadata: photo, classes (the predicted one first), layers (a JSON list), torch, torchvision, and rounding: for each map
the relative L2 between PyTorch's float32 and its float64, below which no agreement can be asked for.

Maps of 56 x 56 cells and more, and the pixel gradients, are float16 after division by their largest magnitude, which is
in NAME.scale (f32 [1]): value = float16 * scale, a relative L2 error of some 2e-4. Everything else is float32.

resnet34.safetensors, resnet50.safetensors and resnext50_32x4d.safetensors answer for untrained networks with 7 classes
and dahlia's input. Their weights are not stored: `generated_weights` is a formula that any language reproduces to the
bit. Metadata also has `weights_sum` (the sum of all weights, in float64) and `weights_checksum` (the sum of their bit
patterns as u32, modulo 2^64). No pixel gradients.
"""

import argparse
import copy
import json
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image, ImageOps
from safetensors import safe_open
from safetensors.numpy import save

ROOT = Path(__file__).resolve().parent.parent
PHOTOS = ["dahlia", "cat", "marigold", "yellow-daisy", "ladybird"]
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
# The class explained beside the predicted one: "pink-yellow dahlia", the runner-up for the dahlia.
OTHER = 59
# The untrained networks, each with the BatchNorm at the end of a block's branch; and the class explained beside the
# predicted one.
UNTRAINED = {"resnet34": "bn2", "resnet50": "bn3", "resnext50_32x4d": "bn3"}
UNTRAINED_CLASSES, UNTRAINED_OTHER = 7, 2
HALF_FROM = 56 * 56  # cells from which a map is stored as float16
ACTIVATION_SAMPLE, GRADIENT_SAMPLE = 1024, 8192


# --- The network ------------------------------------------------------------------------------------------------------


def ready(model):
    """Inference mode, and no ReLU that overwrites an activation which is still wanted."""
    for module in model.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False
    return model.eval()


def flowers(path):
    with safe_open(path, "pt") as file:
        state = {name: file.get_tensor(name).float() for name in file.keys()}
    model = torchvision.models.resnet18(num_classes=state["fc.weight"].shape[0])
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
    return ready(model)


def forward(model, x):
    """Logits, and the output of every layer by name, each still part of the graph."""
    layers = {}
    h = layers["stem"] = model.relu(model.bn1(model.conv1(x)))
    h = layers["maxpool"] = model.maxpool(h)
    for stage in ("layer1", "layer2", "layer3", "layer4"):
        for index, block in enumerate(getattr(model, stage)):
            h = layers[f"{stage}.{index}"] = block(h)
    return model.fc(model.avgpool(h).flatten(1)), layers


def maps(activation, gradient):
    """The class activation maps of one layer, from its output A and g = d logit / dA, both [channels, h, w]."""
    a, g = activation, gradient
    total = lambda t: t.sum((1, 2), keepdim=True)
    alpha = torch.where(g != 0, g**2 / (2 * g**2 + total(a) * g**3), torch.zeros_like(g))
    weighted = {
        "gradcam": g.mean((1, 2), keepdim=True) * a,
        "hirescam": g * a,
        "layercam": torch.relu(g) * a,
        "xgradcam": total(g * a) / (total(a) + 1e-7) * a,
        "gradcam++": total(alpha * torch.relu(g)) * a,
    }
    return {method: map.sum(0) for method, map in weighted.items()}


def explain(model, x, classes):
    """Logits, activations, {name: map}, and {class: input gradient}, for one input [1, 3, 224, 224]."""
    x = x.clone().requires_grad_(True)
    logits, layers = forward(model, x)
    found, pixels = {}, {}
    for c in classes:
        *gradients, pixels[c] = torch.autograd.grad(logits[0, c], [*layers.values(), x], retain_graph=True)
        for (layer, a), g in zip(layers.items(), gradients):
            found |= {f"{layer}.{c}.{method}": map for method, map in maps(a.detach()[0], g[0]).items()}
    return logits.detach()[0], {layer: a.detach()[0] for layer, a in layers.items()}, found, pixels


def rounding(model, x, classes, found):
    """How far PyTorch's float32 maps are from its own float64 ones, in relative L2, by name.

    ReLU masks make the gradient a discontinuous function of the forward, so that one activation which rounds to the
    other side of zero moves a map far more than rounding itself does.
    """
    _, _, exact, _ = explain(copy.deepcopy(model).double(), x.double(), classes)
    return {name: float((map - exact[name]).norm() / exact[name].norm()) for name, map in found.items()}


def guided(model, x, c):
    """Guided backpropagation: at each ReLU the gradient passes only where it is positive, too."""
    hook = lambda _module, to_input, _from_output: (torch.relu(to_input[0]),)
    hooks = [m.register_full_backward_hook(hook) for m in model.modules() if isinstance(m, torch.nn.ReLU)]
    x = x.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(forward(model, x)[0][0, c], x)
    for h in hooks:
        h.remove()
    return gradient[0]


# --- The input --------------------------------------------------------------------------------------------------------


def crop(photo):
    """The pixels the network sees, u8 [3, 224, 224], as torchvision makes them of a PIL image."""
    resize = torchvision.transforms.Compose(
        [torchvision.transforms.Resize(256), torchvision.transforms.CenterCrop(224)]
    )
    pixels = np.asarray(resize(ImageOps.exif_transpose(Image.open(photo)).convert("RGB")))
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def normalised(pixels):
    per_channel = lambda values: np.array(values, np.float32)[:, None, None]
    x = (pixels.astype(np.float32) / np.float32(255) - per_channel(MEAN)) / per_channel(STD)
    torchvisions = torchvision.transforms.functional.normalize(torch.from_numpy(pixels) / 255, MEAN, STD)
    assert np.array_equal(x, torchvisions.numpy()), "the formula for the input is not torchvision's to the last bit"
    return torch.from_numpy(x)[None]


# --- Numbers from a hash ----------------------------------------------------------------------------------------------


def uniform(name, count):
    """`count` numbers in [0, 1), float64, that depend on nothing but the name: FNV-1a, then a 32-bit finaliser."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF
    x = np.uint32(seed) + np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return x / 2.0**32


def generated_weights(name, shape, last_norm):
    """Element i is a function of u = uniform(name)[i]; computed in float64, rounded to float32 at the end.

    `last_norm` is what the BatchNorm at the end of a block's branch is called, "bn2" or "bn3".
    """
    u = uniform(name, int(np.prod(shape)))
    if name == "fc.weight":
        values = (2 * u - 1) * np.sqrt(3 / shape[1])
    elif name.endswith("running_mean") or name.endswith("bias"):
        values = 0.2 * (u - 0.5)
    elif len(shape) == 4:  # a convolution; fan-in = in of a group * k * k
        values = (2 * u - 1) * np.sqrt(6 / (shape[1] * shape[2] * shape[3]))
    elif name.endswith(f"{last_norm}.weight"):  # small, or sixteen blocks would explode
        values = 0.3 * (0.5 + u)
    else:  # the other BatchNorm weights, and running_var
        values = 0.5 + u
    return values.astype(np.float32).reshape(shape)


def untrained(architecture):
    """The network, and the two sums over its weights."""
    model = torchvision.models.get_model(architecture, num_classes=UNTRAINED_CLASSES)
    shapes = {name: t.shape for name, t in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    last_norm = UNTRAINED[architecture]
    weights = {name: generated_weights(name, tuple(shapes[name]), last_norm) for name in sorted(shapes)}
    model.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()}, strict=False)
    checksum = sum(int(w.view(np.uint32).sum(dtype=np.uint64)) for w in weights.values()) % 2**64
    return ready(model), {
        "weights_sum": repr(float(sum(w.sum(dtype=np.float64) for w in weights.values()))),
        "weights_checksum": str(checksum),
    }


# --- The files --------------------------------------------------------------------------------------------------------


class Fixture:
    """What goes into one file, and the worst error that storing it as float16 made."""

    def __init__(self):
        self.tensors, self.worst, self.worst_name = {}, 0.0, ""

    def exact(self, name, values):
        self.tensors[name] = np.ascontiguousarray(values)

    def half(self, name, values):
        values = np.asarray(values)
        scale = np.abs(values).max() or np.float32(1)
        stored = (values / scale).astype(np.float16)
        error = np.linalg.norm(stored.astype(np.float64) * scale - values) / (np.linalg.norm(values) or 1)
        if error > self.worst:
            self.worst, self.worst_name = error, name
        self.exact(name, stored)
        self.exact(f"{name}.scale", np.array([scale], np.float32))

    def sample(self, name, values, count):
        """`count` values at ascending positions, one in each of as many stretches of nearly equal length."""
        flat = np.asarray(values).reshape(-1)
        edges = np.arange(count + 1) * flat.size // count
        positions = (edges[:-1] + uniform(name, count) * np.diff(edges)).astype(np.uint32)
        self.exact(f"{name}.positions", positions)
        self.exact(f"{name}.values", flat[positions])

    def answers(self, logits, activations, found):
        self.exact("logits", logits.numpy())
        for layer, a in activations.items():
            self.sample(f"{layer}.activation", a.numpy(), ACTIVATION_SAMPLE)
        for name, map in found.items():
            (self.half if map.numel() >= HALF_FROM else self.exact)(name, map.numpy())

    def save(self, path, classes, activations, errors, **metadata):
        metadata |= {
            "classes": ",".join(map(str, classes)),
            "rounding": json.dumps({name: float(f"{error:.2e}") for name, error in errors.items()}),
            "layers": json.dumps(list(activations)),
            "torch": torch.__version__.split("+")[0],
            "torchvision": torchvision.__version__.split("+")[0],
        }
        assert all(np.isfinite(t).all() for t in self.tensors.values()), path
        # The library writes the metadata in random order: put it in order, so that equal answers make equal files.
        file = save(self.tensors, metadata)
        size = int.from_bytes(file[:8], "little")
        header = json.loads(file[8 : 8 + size])
        header["__metadata__"] = dict(sorted(metadata.items()))
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        path.write_bytes(len(text).to_bytes(8, "little") + text + file[8 + size :])
        error = f"float16 costs at most {self.worst:.1e} ({self.worst_name})"
        print(f"{path.name}: {path.stat().st_size} bytes; classes {metadata['classes']}; {error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=ROOT / "www/models/resnet18-flowers102.safetensors")
    parser.add_argument("--photos", type=Path, default=ROOT / "www/photos")
    parser.add_argument("--out", type=Path, default=ROOT / "tests/fixtures/references")
    names = [*PHOTOS, *UNTRAINED]
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names, default=names)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    model = flowers(options.model)
    for photo in filter(options.only.__contains__, PHOTOS):
        pixels = crop(options.photos / f"{photo}.jpg")
        x = normalised(pixels)
        with torch.no_grad():
            predicted = forward(model, x)[0].argmax().item()
        logits, activations, found, gradients = explain(model, x, [predicted, OTHER])
        fixture = Fixture()
        fixture.exact("input", pixels)
        fixture.answers(logits, activations, found)
        fixture.half(f"input_gradient.{predicted}", gradients[predicted][0].numpy())
        fixture.sample(f"input_gradient.{OTHER}", gradients[OTHER][0].numpy(), GRADIENT_SAMPLE)
        fixture.half(f"guided.{predicted}", guided(model, x, predicted).numpy())
        errors = rounding(model, x, [predicted, OTHER], found)
        fixture.save(
            options.out / f"{photo}.safetensors", [predicted, OTHER], activations, errors, photo=f"{photo}.jpg"
        )

    x = normalised(crop(options.photos / "dahlia.jpg"))
    for architecture in filter(options.only.__contains__, UNTRAINED):
        model, sums = untrained(architecture)
        with torch.no_grad():
            predicted = forward(model, x)[0].argmax().item()
        classes = [predicted, UNTRAINED_OTHER]
        logits, activations, found, _ = explain(model, x, classes)
        print(f"{architecture} logits:", [round(v, 3) for v in logits.tolist()])
        fixture = Fixture()
        fixture.answers(logits, activations, found)
        errors = rounding(model, x, classes, found)
        path = options.out / f"{architecture}.safetensors"
        fixture.save(path, classes, activations, errors, photo="dahlia.jpg", **sums)


if __name__ == "__main__":
    main()
