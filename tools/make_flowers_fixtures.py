#!/usr/bin/env python3
"""Writes what PyTorch says to 300 photos it was not trained on, for whoever has the photos to compare with.

    pip install torch==2.15.0 torchvision==0.29.2 safetensors pillow numpy scipy
    python3 tools/make_flowers_fixtures.py --data FOLDER          (writes tests/fixtures/flowers102.json)

--data is the folder that torchvision.datasets.Flowers102 takes. The photos are chosen evenly from those of the official
test split that are there, in the order of their names. Of a photo, with the default model (float16 weights widened to
float32), torchvision's preprocessing of the file as it is and float32 arithmetic:

    file        its name
    class       the index of its class, by the published labels
    top1        the index of the best class
    logit       of that class, rounded to five decimals

`right` is how many photos have top1 = class. In all photos the best class leads by MARGIN at least, so that another
order of summation names the same one. The file that is there was made from photos scaled to 256 pixels on the shorter
side (JPEG quality 80), a random 1,000 of the test split and what else the model got wrong: hence the many mistakes.
"""

import argparse
from pathlib import Path

import torch
import torchvision
from make_photo_fixtures import write_json
from make_reference_fixtures import ROOT, crop, flowers, normalised

COUNT, BATCH = 300, 30
MARGIN = 1e-3


def chosen(data):
    """[(path, class)] of the photos."""
    test = sorted(torchvision.datasets.Flowers102(data, "test", loader=Path))
    there = [(path, label) for path, label in test if path.exists()]
    assert len(there) >= COUNT, f"only {len(there)} photos of the test split are in {data}"
    return [there[index * len(there) // COUNT] for index in range(COUNT)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=ROOT / "www/models/resnet18-flowers102.safetensors")
    parser.add_argument("--out", type=Path, default=ROOT / "tests/fixtures/flowers102.json")
    options = parser.parse_args()

    model = flowers(options.model)
    photos = []
    files = chosen(options.data)
    for start in range(0, COUNT, BATCH):
        batch = files[start : start + BATCH]
        with torch.no_grad():
            logits = model(torch.cat([normalised(crop(path)) for path, _ in batch]))
        for (path, label), row in zip(batch, logits):
            (best, second), (top1, _) = (t.tolist() for t in row.topk(2))
            assert best - second >= MARGIN, f"{path.name}: the two best classes are {best - second} apart"
            photos.append({"file": path.name, "class": label, "top1": top1, "logit": round(best, 5)})
    right = sum(photo["class"] == photo["top1"] for photo in photos)
    versions = {module.__name__: module.__version__.split("+")[0] for module in (torch, torchvision)}
    write_json(options.out, {"made_with": versions, "model": options.model.name, "right": right, "photos": photos})
    print(f"{right} of {COUNT} right; {len({label for _, label in files})} classes")


if __name__ == "__main__":
    main()
