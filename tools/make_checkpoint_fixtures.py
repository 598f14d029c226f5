#!/usr/bin/env python3
"""Makes what the reader of .pth files is tested with: small files as torch.save writes them, and hostile ones.

    pip install torch==2.15.0 torchvision==0.29.2 pillow numpy
    python3 tools/make_checkpoint_fixtures.py          (writes tests/fixtures/checkpoints)

`expected.json` says of every file what must come of it. One that can be read has

    state       where its tensors lie: the key of the dict around them, or "" where there is none
    prefix      what stands before each of the names in the file, and is to be taken off: "module." or ""
    labels      the class names in the order of the classes, where the file has some
    tensors     [{name, dtype, shape, values}], the values row-major; booleans as 0 and 1

One that must be refused has instead

    refused     "code"      it names a function or class that no tensor is made of: `names` is which
                "damaged"   what it says about itself cannot be true, or a part of it is missing; where it is a
                            tensor's shape that is wrong, a reader may find out when that tensor is asked for
                "legacy"    torch.save's format before version 1.6, which is no ZIP archive
                "type"      a tensor of numbers that no network here computes with: `names` is PyTorch's word
                "empty"     it holds no tensors; a reader with limits of its own may call it damaged before it knows

Run again, it writes the same bytes. That PyTorch itself reads those that can be read (`UNREAD` apart, with
`weights_only=True`) and refuses those that name code is asserted on the way.
"""

import argparse
import collections
import io
import os
import pickle
import struct
import zipfile
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from make_photo_fixtures import write_json
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "tests/fixtures/checkpoints"
# Files that can be read, but that PyTorch reads as any pickle only: its own reader knows protocol 2.
UNREAD = ["protocol-4.pth", "protocol-5.pth"]


# --- Contents ---------------------------------------------------------------------------------------------------------


def numbers(*shape, start=0.0):
    """0, 1/8, 2/8 … from `start` on, with every other sign turned; of this shape."""
    count = int(np.prod(shape))
    values = (torch.arange(count) / 8 + start) * torch.tensor([1.0, -1.0]).repeat(count // 2 + 1)[:count]
    return values.reshape(shape)


def network():
    """As few layers as have every kind of tensor that a CNN has."""
    model = nn.Sequential(
        collections.OrderedDict(conv1=nn.Conv2d(3, 2, 3, bias=False), bn1=nn.BatchNorm2d(2), fc=nn.Linear(2, 3))
    )
    floats = [t for t in model.state_dict().values() if t.dtype == torch.float32]
    for start, tensor in enumerate(floats):
        tensor.copy_(numbers(*tensor.shape, start=start))
    model.bn1.running_var.abs_().add_(0.5)
    model.bn1.num_batches_tracked.fill_(2040)
    return model


def optimizer_state(model):
    """What AdamW has to say after one step; the step itself is taken back."""
    before = {name: t.clone() for name, t in model.state_dict().items()}
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    model.load_state_dict(before)
    return optimizer.state_dict()


def training_checkpoint(model):
    labels = ["daisy", "globe-flower", "Königskerze"]
    return {
        "epoch": 40,
        "loss": 0.0625,
        "best": float("-inf"),
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer_state(model),
        "class_names": labels,
        "class_to_idx": {name: index for index, name in enumerate(labels)},
        "args": {
            "arch": "resnet18",
            "lr": 1e-3,
            "amp": True,
            "resume": None,
            "milestones": (10, 20),
            "crop": [224, 256],
        },
        "history": [{"epoch": 1, "accuracy": (0.5, 0.75)}, {"epoch": 2, "accuracy": (0.625, None)}, [], (), {}],
        "counts": [0, 1, 255, 256, 65536, -1, -128, -(2**31), 2**31, 2**63, -(2**63), 2**100, -(2**100)],
        "flags": (True, False, None, (1, 2, 3, (4,))),
    }


def extras():
    """What else PyTorch reads with `weights_only=True`: each is a function or class that the pickle names."""
    return {
        "bytes": b"\0\1\xff",
        "set": {3, 1, 2},
        "size": torch.Size([1, 3, 224, 224]),
        "device": torch.device("cpu"),
        "dtype": torch.float16,
        "counter": collections.Counter(a=2, b=1),
    }


def layouts():
    """Tensors whose values do not lie one after the other from the start of their storage."""
    grid = numbers(3, 4)
    photo = numbers(1, 2, 2, 3, start=5)
    shared = numbers(8, start=3)
    return {
        "transposed": grid.T,
        "permuted": numbers(2, 3, 2).permute(2, 0, 1),
        "window": grid[1:, 1:3],
        "every_other": grid[:, ::2],
        "behind": numbers(10)[7:],
        "shared.first": shared[:6],
        "shared.last": shared[2:].view(2, 3),
        "shared.again": shared[:6],
        "channels_last": photo.to(memory_format=torch.channels_last),
        "expanded": numbers(3, 1, start=1).expand(3, 4),
        "scalar": torch.tensor(2.5),
        "scalar.behind": numbers(4)[3],
        "empty": torch.empty(0),
        "empty.wide": torch.empty(2, 0, 3),
        "one": torch.tensor([[-0.0]]),
    }


def kinds():
    """Every type of number that the reader may meet, with values at the edges of it."""
    edges = [0.0, -0.0, 1.0, -1.5, 65504.0, 2.0**-24]
    return {
        "float32": torch.tensor([*edges, 3.4028234663852886e38, 1e-45, 1 / 3]),
        "float16": torch.tensor([*edges, 1 / 3], dtype=torch.float16),
        "bfloat16": torch.tensor([*edges, 3.3895313892515355e38, 1 / 3], dtype=torch.bfloat16),
        "float64": torch.tensor([*edges, 1e300, 1 / 3], dtype=torch.float64),
        "int64": torch.tensor([0, 1, -1, 2040, 2**40, -(2**40)]),
        "int32": torch.tensor([0, 1, -1, 2**31 - 1, -(2**31)], dtype=torch.int32),
        "int16": torch.tensor([0, -1, 32767], dtype=torch.int16),
        "int8": torch.tensor([0, -1, 127], dtype=torch.int8),
        "uint8": torch.tensor([0, 1, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
    }


# --- Archives made by hand --------------------------------------------------------------------------------------------


class Calls:
    """Becomes a call of a function in the pickle."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


class Storage:
    """Stands for a record of numbers in a pickle: `count` float32 values in the record data/`key`."""

    def __init__(self, count, key="0"):
        self.count, self.key = count, key


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        if isinstance(value, Storage):
            return "storage", torch.FloatStorage, value.key, "cpu", value.count


def tensor(storage, offset, shape, strides):
    """A tensor as torch.save has it, but of whatever it is said to be."""
    hooks = collections.OrderedDict()
    return Calls(torch._utils._rebuild_tensor_v2, storage, offset, shape, strides, False, hooks)


def pickled(value):
    buffer = io.BytesIO()
    Pickler(buffer, protocol=2).dump(value)
    return buffer.getvalue()


def archive(data, records=None, **others):
    """The bytes of a file like torch.save's, around any pickle; unless said otherwise with record 0, six numbers."""
    records = {"0": numbers(6)} if records is None else records
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        contents = {"data.pkl": data, "byteorder": b"little"}
        contents |= {f"data/{key}": values.numpy().tobytes() for key, values in records.items()}
        for name, content in (contents | {"version": b"3\n"} | others).items():
            if content is not None:
                file.writestr(zipfile.ZipInfo(f"archive/{name}"), content)
    return buffer.getvalue()


# --- Files as torch.save writes them ----------------------------------------------------------------------------------


def saved(value, name, **options):
    """Writes a file under its own name, which the archive repeats."""
    torch.save(value, OUT / name, **options)


def described(name, tensor):
    values = tensor.double() if tensor.is_floating_point() else tensor.long()
    dtype = str(tensor.dtype).removeprefix("torch.")
    return {"name": name, "dtype": dtype, "shape": list(tensor.shape), "values": values.reshape(-1).tolist()}


def readable(name, value, tensors, state="", prefix="", labels=None, **options):
    """Writes a file that can be read, and what `expected.json` says of it."""
    saved(value, name, **options)
    return {name: read_back(name, tensors, state, prefix, labels)}


def read_back(name, tensors, state="", prefix="", labels=None):
    """What `expected.json` says of a file that can be read; PyTorch must find the same."""
    found = torch.load(OUT / name, weights_only=name not in UNREAD)
    found = found[state] if state else found
    assert list(found) == [prefix + key for key in tensors], name
    for key, tensor in tensors.items():
        assert found[prefix + key].dtype == tensor.dtype and torch.equal(found[prefix + key], tensor), (name, key)
    entry = {"state": state, "prefix": prefix}
    if labels:
        entry["labels"] = labels
    return entry | {"tensors": [described(key, tensor.detach()) for key, tensor in tensors.items()]}


def good_files():
    model = network()
    state = model.state_dict()
    wrapped = collections.OrderedDict((f"module.{name}", tensor) for name, tensor in state.items())
    checkpoint = training_checkpoint(model)
    labels = checkpoint["class_names"]
    # A dict from names to indices, as torchvision's ImageFolder has it; the order of its entries means nothing.
    numbered = {"Königskerze": 2, "daisy": 0, "globe-flower": 1}
    parameters = {"weight": nn.Parameter(numbers(2, 3)), "frozen": nn.Parameter(numbers(2), requires_grad=False)}
    itself = []
    itself.append(itself)

    expected = readable("bare.pth", state, state)
    for key in ("state_dict", "model", "model_state_dict"):
        expected |= readable(f"under-{key.replace('_', '-')}.pth", {key: state}, state, state=key)
    expected |= readable("module-prefix.pth", wrapped, state, prefix="module.")
    under = {"epoch": 3, "state_dict": wrapped}
    expected |= readable("under-state-dict-module-prefix.pth", under, state, state="state_dict", prefix="module.")
    expected |= readable("checkpoint.pth", checkpoint, state, state="model_state_dict", labels=labels)
    expected |= readable("extras.pth", extras() | {"model": state}, state, state="model")
    numbered = {"class_to_idx": numbered, "model": state}
    expected |= readable("class-to-idx.pth", numbered, state, state="model", labels=labels)
    expected |= readable("itself.pth", {"itself": itself, "model": state}, state, state="model")
    expected |= readable("kinds.pth", kinds(), kinds())
    expected |= readable("layouts.pth", layouts(), layouts())
    expected |= readable("parameters.pth", parameters, parameters)
    for protocol in (4, 5):
        value = {"state_dict": state | layouts(), "class_names": labels}
        tensors = state | layouts()
        name = f"protocol-{protocol}.pth"
        expected |= readable(name, value, tensors, state="state_dict", labels=labels, pickle_protocol=protocol)
    return expected | big_endian() | older()


def big_endian():
    """A file as a machine of the other byte order writes it: the record says so, and the bytes are swapped."""
    tensors = {name: tensor for name, tensor in kinds().items() if tensor.element_size() > 1}
    swapped = {name: tensor.clone() for name, tensor in tensors.items()}
    for tensor in swapped.values():
        tensor.untyped_storage().byteswap(tensor.dtype)
    with mock.patch("sys.byteorder", "big"):
        saved(swapped, "big-endian.pth")
    return {"big-endian.pth": read_back("big-endian.pth", tensors)}


def older():
    """A file as PyTorch 1.6 to 2.0 wrote it, which says nothing of the order of bytes."""
    data = pickled({"weight": tensor(Storage(6), 0, (2, 3), (3, 1))})
    (OUT / "older.pth").write_bytes(archive(data, byteorder=None))
    return {"older.pth": read_back("older.pth", {"weight": numbers(2, 3)})}


# --- Files that must be refused ---------------------------------------------------------------------------------------


def claiming(data, name, size):
    """An archive whose directory, and the header before the record, give a record another size than it has."""
    data, name = bytearray(data), f"archive/{name}".encode()
    # Sizes packed and unpacked lie so far into what begins with this, and the name so far.
    for signature, sizes, start in ((b"PK\3\4", 18, 30), (b"PK\1\2", 20, 46)):
        at = data.index(signature)
        while data[at + start : at + start + len(name)] != name:
            at = data.index(signature, at + 1)
        data[at + sizes : at + sizes + 8] = struct.pack("<II", size, size)
    return bytes(data)


def legacy(value):
    """torch.save's old format, with addresses in memory, which it has for names of storages, replaced by numbers."""
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=False)
    data = buffer.getvalue()
    assert torch.equal(torch.load(io.BytesIO(data), weights_only=True)["weight"], value["weight"])
    address = str(value["weight"].untyped_storage()._cdata).encode()
    assert data.count(address) == 2
    return data.replace(address, b"1".rjust(len(address), b"0"))


def damaged_files():
    """{name: (bytes, what `expected.json` says of it)}"""
    good = tensor(Storage(6), 0, (2, 3), (3, 1))
    reads = lambda data: torch.load(io.BytesIO(data), weights_only=True)
    honest = archive(pickled({"weight": good}))
    assert torch.equal(reads(honest)["weight"], numbers(2, 3))
    one = lambda *arguments: archive(pickled({"weight": tensor(*arguments)}))
    whole = (OUT / "bare.pth").read_bytes()
    start, stop = b"\x80\x02", b"."
    depth = 100_000

    files = {
        "truncated.pth": whole[: len(whole) * 6 // 10],
        "truncated-end.pth": whole[:-30],
        "truncated-start.pth": whole[:100],
        "record-missing.pth": archive(pickled({"weight": good}), records={}),
        "record-short.pth": archive(pickled({"weight": good}), records={"0": numbers(5)}),
        "record-claims-4-gb.pth": claiming(honest, "data/0", 2**32 - 2),
        "pickle-claims-4-gb.pth": claiming(honest, "data.pkl", 2**32 - 2),
        "no-pickle.pth": archive(None, **{"notes.txt": b"These are not the tensors you are looking for.\n"}),
        "byte-order-unknown.pth": archive(pickled({"weight": good}), byteorder=b"middle"),
        # What a tensor says of itself.
        "shape-absurd.pth": one(Storage(6), 0, (2**40, 2**40), (2**40, 1)),
        "shape-overflows.pth": one(Storage(6), 0, (2**63, 2**63), (2**63, 1)),
        "shape-expanded.pth": one(Storage(6), 0, (2**40, 2**20), (0, 0)),
        "shape-negative.pth": one(Storage(6), 0, (-2, -3), (3, 1)),
        "strides-beyond.pth": one(Storage(6), 0, (2, 3), (4, 1)),
        "strides-overflow.pth": one(Storage(6), 0, (3, 3), (2**63, 2**63)),
        "strides-negative.pth": one(Storage(6), 5, (2, 3), (-3, -1)),
        "strides-too-few.pth": one(Storage(6), 0, (2, 3), (1,)),
        "offset-beyond.pth": one(Storage(6), 1, (2, 3), (3, 1)),
        "offset-negative.pth": one(Storage(6), -1, (2, 3), (3, 1)),
        "storage-absurd.pth": one(Storage(2**61), 0, (2, 3), (3, 1)),
        "storage-elsewhere.pth": one(Storage(6, "../data.pkl"), 0, (2, 3), (3, 1)),
        # What a pickle can do without naming anything.
        "pickle-empty.pth": archive(b""),
        "pickle-cut-off.pth": archive(pickled({"weight": good})[:-20]),
        "pickle-no-stop.pth": archive(start + b"}"),
        "pickle-stack-empty.pth": archive(start + b"R" + stop),
        "pickle-unknown-opcode.pth": archive(start + b"}\xff" + stop),
        "pickle-protocol-6.pth": archive(b"\x80\x06}" + stop),
        "pickle-memo-unwritten.pth": archive(start + b"h\x07" + stop),
        "pickle-frame-length.pth": archive(b"\x80\x04\x95" + struct.pack("<Q", 2**63) + b"}" + stop),
        "pickle-string-length.pth": archive(b"\x80\x04\x8d" + struct.pack("<Q", 2**63) + b"weight" + stop),
        "pickle-integer-length.pth": archive(start + b"\x8b" + struct.pack("<i", 2**31 - 1) + b"\1" + stop),
        "pickle-integer-negative.pth": archive(start + b"\x8b" + struct.pack("<i", -1) + stop),
        "pickle-name-no-text.pth": archive(start + b"}X\2\0\0\0\xff\xfeK\1s" + stop),
    }
    # Lists and tuples in each other, which a reader that calls itself does not survive; read or not, they hold nothing.
    empty = {
        "no-tensors.pth": archive(pickled({"epoch": 3, "network": {}, "loss": [0.5]})),
        "not-a-dict.pth": archive(pickled("weight")),
        "deep-lists.pth": archive(start + b"]" * depth + b"a" * (depth - 1) + stop),
        "deep-tuples.pth": archive(start + b")" + b"\x85" * depth + stop),
        "deep-dicts.pth": archive(start + b"}K\0" * depth + b"}" + b"s" * depth + stop),
        # Each of thirty lists holds the one before ten times: 10^30 elements for a reader that copies.
        "laughing-lists.pth": archive(laughing(30)),
        # An index that would need 32 GB of table.
        "memo-index.pth": archive(start + b"}r" + struct.pack("<I", 2**32 - 1) + stop),
    }
    refused = lambda files, reason: {name: (data, {"refused": reason}) for name, data in files.items()}
    return refused(files, "damaged") | refused(empty, "empty")


def laughing(levels):
    data = b"\x80\x02]q\0"
    for level in range(levels):
        data += b"]q" + bytes([level + 1]) + b"(" + (b"h" + bytes([level])) * 10 + b"e"
    return data + b"."


def bad_files():
    model = network()
    naming = {
        # Would greet whoever reads the file by running its pickle.
        "os-system.pth": ({"model": model.state_dict(), "x": Calls(os.system, "echo executed")}, "posix.system"),
        "os-system-as-tensor.pth": ({"conv1.weight": Calls(os.system, "echo executed")}, "posix.system"),
        "builtin-eval.pth": ({"conv1.weight": Calls(eval, "1")}, "__builtin__.eval"),
        # Everyday and harmless, but it would take code to make them again.
        "argparse-namespace.pth": (
            {"args": argparse.Namespace(arch="resnet18", lr=0.1), "state_dict": model.state_dict()},
            "argparse.Namespace",
        ),
        "numpy-scalar.pth": (
            {"best": np.float64(0.949), "state_dict": model.state_dict()},
            "numpy._core.multiarray.scalar",
        ),
        "whole-model.pth": (model, "torch.nn.modules.container.Sequential"),
        "sparse.pth": ({"weight": torch.eye(2).to_sparse()}, "torch._utils._rebuild_sparse_tensor"),
    }
    expected = {}
    for name, (value, code) in naming.items():
        saved(value, name)
        assert code.rpartition(".")[2].encode() in (OUT / name).read_bytes(), name
        expected[name] = {"refused": "code", "names": code}
        try:
            torch.load(OUT / name, weights_only=True)
        except pickle.UnpicklingError:
            continue
        assert name == "sparse.pth", f"PyTorch reads {name}"

    for kind, dtype in (("complex64", torch.complex64), ("float8", torch.float8_e4m3fn)):
        saved({"weight": numbers(2, 3).to(dtype), "bias": numbers(2)}, f"{kind}.pth")
        expected[f"{kind}.pth"] = {"refused": "type", "names": str(dtype).removeprefix("torch.")}
    (OUT / "legacy.pth").write_bytes(legacy({"weight": numbers(2, 3)}))
    expected["legacy.pth"] = {"refused": "legacy"}
    for name, (data, entry) in damaged_files().items():
        (OUT / name).write_bytes(data)
        expected[name] = entry
    return expected


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    write_json(OUT / "expected.json", good_files() | bad_files())
