#!/usr/bin/env python3
"""Trains the model the site ships: ResNet-18 for the 102 flower species of Oxford Flowers-102.

    pip install torch==2.15.0 torchvision==0.29.2 safetensors pillow numpy scipy
    python3 tools/train_flowers102.py --data FOLDER --out MODEL.safetensors [--start FILE] [--labels FILE] [--epochs N]
    python3 tools/train_flowers102.py --data FOLDER --measure MODEL.safetensors

--data is the folder that torchvision.datasets.Flowers102 takes: flowers-102/ in it holds jpg/, imagelabels.mat and
setid.mat. Only the official train and val splits (2,040 photos) are trained on; the official test split (6,149) is
looked at once, at the end. Where photos of it are missing on disk, those that are there are measured and counted.

The recipe, for either start:

    random        fc, and layer4's 3x3 convolutions with their BatchNorms
    frozen        the stem (conv1, bn1), its BatchNorm statistics too
    40 epochs     batches of 64; AdamW, weight decay 0.02; one-cycle with 20 % of warm-up
    rates         1e-3 for layer4 and fc, 2e-4 for layer1 to layer3
    photos        RandomResizedCrop(224, scale 0.35 to 1), horizontal flip, TrivialAugmentWide
    loss          cross-entropy, in bfloat16 autocast, channels last

--start torchvision (the default) takes everything else from ResNet18_Weights.IMAGENET1K_V1. Layer4's 3x3 convolutions
are drawn anew there as well, although trained ones would be at hand: their rate is one for random weights, and so there
is one recipe whose figures compare.

--start FILE.safetensors takes ImageNet weights whose BatchNorms are folded in: every convolution has a weight and a
bias, with torchvision's names. The BatchNorms are put back by measuring: with m and v the mean and variance of a
convolution's output without its bias, over some photos, running_mean = m, running_var = v, weight = sqrt(v + eps) and
bias = the folded bias + m, which computes what the file does. What a file lacks starts at random.

Photos are made small once (256 on the shorter side, as for measuring) and kept in memory, 0.6 GB. It takes some 20
minutes on two cores that know bfloat16 and have nothing else to do. Equal seeds make equal models on one machine
with equally many threads (OMP_NUM_THREADS); another rounds otherwise.

What comes out is float16, measured with torchvision's preprocessing and float32 arithmetic: top-1, top-5, and the mean
confidence with the expected calibration error over 15 bins of equal width (Guo et al. 2017).
"""

import argparse
import collections
import json
import sys
import time
from pathlib import Path

import torch
import torchvision
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torchvision import transforms

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_MODEL = ROOT / "www/models/resnet18-flowers102.safetensors"
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
NORMALISE = transforms.Compose([transforms.ToTensor(), transforms.Normalize(MEAN, STD)])
AUGMENT = transforms.Compose(
    [
        transforms.RandomResizedCrop(224, scale=(0.35, 1)),
        transforms.RandomHorizontalFlip(),
        transforms.TrivialAugmentWide(),
        NORMALISE,
    ]
)
BATCH, RATE_RANDOM, RATE_TRAINED, WEIGHT_DECAY, WARM_UP = 64, 1e-3, 2e-4, 0.02, 0.2
STATISTICS_BATCHES = 16  # of photos, to put the BatchNorms of a folded start back
CALIBRATION_BINS = 15
SEED = 0


# --- The photos -------------------------------------------------------------------------------------------------------


def files(data, *splits):
    """[(path, class)] of the photos of these official splits."""
    found = []
    for split in splits:
        found += list(torchvision.datasets.Flowers102(data, split, loader=Path))
    return found


def small(path):
    return transforms.functional.resize(Image.open(path).convert("RGB"), 256)


class Augmented(torch.utils.data.Dataset):
    """Photos in memory, each time seen otherwise."""

    def __init__(self, files):
        self.photos = [(small(path), label) for path, label in files]

    def __len__(self):
        return len(self.photos)

    def __getitem__(self, index):
        photo, label = self.photos[index]
        return AUGMENT(photo), label


# --- The start --------------------------------------------------------------------------------------------------------


def pairs(model):
    """{name of a convolution: (the convolution, the BatchNorm behind it)}"""
    found = {"conv1": (model.conv1, model.bn1)}
    for name, module in model.named_modules():
        if isinstance(module, torchvision.models.resnet.BasicBlock):
            found[f"{name}.conv1"] = module.conv1, module.bn1
            found[f"{name}.conv2"] = module.conv2, module.bn2
            if module.downsample is not None:
                found[f"{name}.downsample.0"] = module.downsample[0], module.downsample[1]
    return found


def is_drawn_anew(name):
    """Whether the recipe starts this convolution at random whatever there is."""
    return name.startswith("layer4") and "downsample" not in name


def from_torchvision(classes):
    model = torchvision.models.resnet18(num_classes=classes)
    trained = torchvision.models.resnet18(weights=torchvision.models.ResNet18_Weights.IMAGENET1K_V1)
    trained_pairs = pairs(trained)
    for name, (convolution, norm) in pairs(model).items():
        if not is_drawn_anew(name):
            convolution.load_state_dict(trained_pairs[name][0].state_dict())
            norm.load_state_dict(trained_pairs[name][1].state_dict())
    return model


def from_folded(path, classes, batches):
    """The network with a file's convolutions, its BatchNorms measured on `batches` of photos."""
    model = torchvision.models.resnet18(num_classes=classes)
    with safe_open(path, "pt") as file:
        state = {name: file.get_tensor(name).float() for name in file.keys()}
    put_back = {
        name: pair for name, pair in pairs(model).items() if f"{name}.bias" in state and not is_drawn_anew(name)
    }
    if "conv1" not in put_back:
        sys.exit(f"{path} does not hold the folded convolutions of a ResNet-18: it has no conv1.bias.")
    # First BatchNorms that only add the bias, so that every convolution sees what it saw when the file was made.
    for name, (convolution, norm) in put_back.items():
        with torch.no_grad():
            convolution.weight.copy_(state[f"{name}.weight"])
            norm.running_var.fill_(1 - norm.eps)
            norm.bias.copy_(state[f"{name}.bias"])
    outputs = {name: [] for name in put_back}
    hooks = [
        norm.register_forward_pre_hook(lambda _module, given, name=name: outputs[name].append(moments(given[0])))
        for name, (_, norm) in put_back.items()
    ]
    model.eval()
    with torch.no_grad():
        for photos in batches:
            model(photos)
    for hook in hooks:
        hook.remove()
    for name, (_, norm) in put_back.items():
        means, squares = torch.stack(outputs[name]).mean(0)
        with torch.no_grad():
            norm.running_mean.copy_(means)
            norm.running_var.copy_(squares - means**2)
            norm.weight.copy_((norm.running_var + norm.eps).sqrt())
            norm.bias.add_(norm.running_mean)
    return model


def moments(values):
    """The mean of each channel, and of its squares, in float64, [2, channels]."""
    values = values.double()
    return torch.stack([values.mean((0, 2, 3)), (values**2).mean((0, 2, 3))])


# --- Training ---------------------------------------------------------------------------------------------------------


def train(model, loader, epochs):
    model.to(memory_format=torch.channels_last)
    for module in (model.conv1, model.bn1):
        module.requires_grad_(False)
    last = [*model.layer4.parameters(), *model.fc.parameters()]
    before = [p for layer in (model.layer1, model.layer2, model.layer3) for p in layer.parameters()]
    optimizer = torch.optim.AdamW([{"params": last}, {"params": before}], weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [RATE_RANDOM, RATE_TRAINED], total_steps=epochs * len(loader), pct_start=WARM_UP
    )
    start = time.monotonic()
    for epoch in range(1, epochs + 1):
        model.train()
        model.bn1.eval()
        loss_sum = right = seen = 0
        for photos, labels in loader:
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(photos.to(memory_format=torch.channels_last))
            loss = nn.functional.cross_entropy(logits.float(), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            loss_sum += loss.item() * len(labels)
            right += (logits.argmax(1) == labels).sum().item()
            seen += len(labels)
        minutes = (time.monotonic() - start) / 60
        print(f"epoch {epoch}: loss {loss_sum / seen:.3f}, {right / seen:.1%} right, {minutes:.1f} min", flush=True)


# --- The file, and what it is worth -----------------------------------------------------------------------------------


def halves(model):
    """What goes into the file."""
    tensors = {name: t for name, t in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    return {name: t.half().contiguous() for name, t in tensors.items()}


def ready(tensors):
    """A network with these tensors, widened, for inference."""
    model = torchvision.models.resnet18(num_classes=len(tensors["fc.bias"]))
    missing, unexpected = model.load_state_dict({name: t.float() for name, t in tensors.items()}, strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
    return model.eval()


def measure(model, data, labels):
    """Prints how the model does on the test photos that are there; returns a line for the file's metadata."""
    test = files(data, "test")
    there = [(path, label) for path, label in test if path.exists()]
    if not there:
        sys.exit(f"No photo of the test split is in {data}.")
    logits = []
    with torch.no_grad():
        for start in range(0, len(there), BATCH):
            crops = [transforms.functional.center_crop(small(path), 224) for path, _ in there[start : start + BATCH]]
            logits.append(model(torch.stack([NORMALISE(crop) for crop in crops])))
    logits = torch.cat(logits)
    truth = torch.tensor([label for _, label in there])
    confidence, predicted = logits.softmax(1).max(1)
    right = predicted == truth
    in_five = (logits.topk(5).indices == truth[:, None]).any(1)
    error = 0.0
    bins = (confidence * CALIBRATION_BINS).ceil().clamp(1, CALIBRATION_BINS)
    for bin in bins.unique():
        inside = bins == bin
        gap = (confidence[inside].mean() - right[inside].float().mean()).abs().item()
        error += gap * inside.sum().item() / len(there)
    share = lambda flags: flags.float().mean().item()
    photos = f"{len(there)} photos" if len(there) == len(test) else f"{len(there)} of {len(test)} photos, as found"
    print(f"test split ({photos}): top-1 {share(right):.2%} ({(~right).sum()} wrong), top-5 {share(in_five):.2%}")
    print(f"mean confidence {confidence.mean():.2%}, expected calibration error {error:.2%}")
    for name, classes in (("missed", truth[~right]), ("answered wrongly", predicted[~right])):
        worst = collections.Counter(classes.tolist()).most_common(5)
        print(f"most often {name}: " + ", ".join(f"{labels[label]} ({count})" for label, count in worst))
    return f"{share(right):.4f} top-1 on the test split, {photos}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds flowers-102/")
    parser.add_argument("--out", type=Path, help="the model file to write")
    parser.add_argument("--start", default="torchvision", help="torchvision, or a file of folded ImageNet weights")
    parser.add_argument("--labels", type=Path, help="a JSON list of class names; else the default model's")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--measure", type=Path, metavar="MODEL", help="measure this file, and train nothing")
    options = parser.parse_args()
    if (options.out is None) == (options.measure is None):
        parser.error("say either --out, to train, or --measure")

    if options.labels:
        labels = json.loads(options.labels.read_text())
    else:
        with safe_open(DEFAULT_MODEL, "pt") as file:
            labels = json.loads(file.metadata()["labels"])

    if options.measure:
        with safe_open(options.measure, "pt") as file:
            measure(ready({name: file.get_tensor(name) for name in file.keys()}), options.data, labels)
        return

    torch.manual_seed(SEED)
    seen = files(options.data, "train", "val")
    loader = torch.utils.data.DataLoader(Augmented(seen), BATCH, shuffle=True, num_workers=2)
    print(f"{len(seen)} photos to train on, {options.epochs} epochs, start: {options.start}", flush=True)
    if options.start == "torchvision":
        model = from_torchvision(len(labels))
    else:
        batches = (photos for _, (photos, _) in zip(range(STATISTICS_BATCHES), loader))
        model = from_folded(options.start, len(labels), batches)
    train(model, loader, options.epochs)

    tensors = halves(model)
    accuracy = measure(ready(tensors), options.data, labels)
    metadata = {
        "format": "pt",
        "architecture": "resnet18",
        "labels": json.dumps(labels),
        "dataset": "Oxford Flowers-102: trained on train and val, measured on test",
        "accuracy": accuracy,
        "recipe": f"tools/train_flowers102.py, {options.epochs} epochs from {Path(options.start).name}, seed {SEED}",
        "torch": torch.__version__.split("+")[0],
        "torchvision": torchvision.__version__.split("+")[0],
    }
    save_file(tensors, options.out, metadata)
    print(f"{options.out}: {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
