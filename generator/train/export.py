"""Writes safetensors files and model.json by hand: an 8-byte header length, a JSON header, the numbers."""
import copy
import hashlib
import json
import os
import struct

import numpy as np
import torch

from spec import public

TYPES = {torch.float32: "F32", torch.float16: "F16", torch.int32: "I32", torch.int8: "I8"}
NUMPY = {"F32": np.float32, "F16": np.float16, "I32": np.int32, "I8": np.int8}


def write_safetensors(path, tensors, metadata=None):
    """tensors: {name: tensor}. Returns the file's sha256."""
    header, at, blobs = {"__metadata__": metadata} if metadata else {}, 0, []
    for name in sorted(tensors):
        t = tensors[name].detach().cpu().contiguous()
        blob = t.numpy().tobytes()
        header[name] = {"dtype": TYPES[t.dtype], "shape": list(t.shape), "data_offsets": [at, at + len(blob)]}
        at += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    whole = struct.pack("<Q", len(text)) + text + b"".join(blobs)
    with open(path + ".part", "wb") as f:
        f.write(whole)
    os.replace(path + ".part", path)
    return hashlib.sha256(whole).hexdigest()


def read_safetensors(path):
    with open(path, "rb") as f:
        size, = struct.unpack("<Q", f.read(8))
        header, data = json.loads(f.read(size)), f.read()
    header.pop("__metadata__", None)
    out = {}
    for name, e in header.items():
        a, b = e["data_offsets"]
        out[name] = torch.from_numpy(np.frombuffer(data[a:b], NUMPY[e["dtype"]]).reshape(e["shape"]).copy())
    return out


def write_json(path, value):
    with open(path + ".part", "w") as f:
        json.dump(value, f, indent=1)
        f.write("\n")
    os.replace(path + ".part", path)


def is_half(name):
    """Paths and scalings are small and must be exact to a fraction of a pixel: they stay fp32."""
    return not (name.startswith(("norm.", "dit.var.")) or "_path" in name and not name.startswith("dit.") or
                name.startswith(("codec.camera", "prior.camera")))


def is_rows(name, tensor):
    """The large matrices, kernels and tables, nine tenths of all numbers: 8 bits each and a factor a row lose nothing seen."""
    large = tensor.dim() > 1 and tensor.numel() >= 4096 and is_half(name)
    return large and (name.endswith(".weight") and name.startswith(("dit.", "codec.")) or name.startswith("prior."))


def to_rows(tensors):
    """Matrices and kernels as 8-bit rows beside their factors, `<name>.scale`."""
    out = {}
    for name, t in tensors.items():
        if is_rows(name, t):
            scale = t.float().flatten(1).abs().amax(1).div(127).clamp(min=1e-12)
            t = (t.float() / scale.view(-1, *[1] * (t.dim() - 1))).round().to(torch.int8)
            out[name + ".scale"] = scale
        out[name] = t
    return out


def from_rows(tensors):
    """The numbers again."""
    out = dict(tensors)
    for name, t in tensors.items():
        if t.dtype == torch.int8:
            out[name] = t.float() * out.pop(name + ".scale").view(-1, *[1] * (t.dim() - 1))
    return out


def drop_zero_rows(spec, tensors):
    """Combinations of slots that never occur have zero rows in the prior's tables: half of the file's prior. They are
    left out, and model.json says which rows are there."""
    for layer in spec["layers"]:
        layer["feature_rows"] = []
        for i in range(len(layer["features"])):
            name = "prior.%s.f%d" % (layer["name"], i)
            rows = tensors[name].abs().sum(1).nonzero().flatten()
            if not 0 < len(rows) < len(tensors[name]):
                layer["feature_rows"].append(None)
                continue
            tensors[name] = tensors[name][rows].contiguous()
            layer["feature_rows"].append(rows.tolist())


def put_zero_rows(spec, tensors):
    """The tables whole again."""
    counts = {s["name"]: len(s["values"]) for s in spec["slots"]}
    for layer in spec["layers"]:
        for i, rows in enumerate(layer.get("feature_rows", [])):
            if rows is None:
                continue
            name = "prior.%s.f%d" % (layer["name"], i)
            size = int(np.prod([counts[slot] for slot in layer["features"][i]]))
            whole = torch.zeros(size, tensors[name].shape[1], dtype=tensors[name].dtype)
            whole[torch.tensor(rows)] = tensors[name]
            tensors[name] = whole


@torch.no_grad()
def empty_latents(model):
    """What the codecs of layers with a matte make of a picture of nothing."""
    out = {}
    for y in model.layers:
        if y.is_grid and y.channels == 4:
            z = model.codec[y.name].encode(torch.zeros(1, y.picture_channels, y.height, y.width))
            out["codec.%s.empty" % y.name] = z[0].permute(1, 2, 0).flatten(0, 1)
    return out


def write_model(model, folder, half=is_half, rows=True):
    """The model's folder. half(name) says which tensors become fp16; rows: the large ones 8-bit rows."""
    os.makedirs(folder, exist_ok=True)
    state = dict(model.state_dict(), **empty_latents(model))
    tensors = {k: v.half() if half(k) else v.float() for k, v in state.items()}
    spec = copy.deepcopy(public(model.spec))
    drop_zero_rows(spec, tensors)
    tensors = to_rows(tensors) if rows else tensors
    spec["sha256"] = write_safetensors(os.path.join(folder, spec["weights"]), tensors)
    write_json(os.path.join(folder, "model.json"), spec)
    return spec


def read_model(folder):
    """A Whelk from an exported folder."""
    from model import Whelk
    with open(os.path.join(folder, "model.json")) as f:
        spec = json.load(f)
    model = Whelk(spec)
    state = from_rows(read_safetensors(os.path.join(folder, spec["weights"])))
    put_zero_rows(spec, state)
    told = model.load_state_dict({k: v.float() for k, v in state.items() if not k.endswith(".empty")}, strict=False)
    strange = told.unexpected_keys + [k for k in told.missing_keys if not k.startswith("dit.var.")]   # version 1 has none
    if strange:
        raise SystemExit("%s: these tensors are missing or of another model: %s" % (folder, strange[:4]))
    return model.eval()
