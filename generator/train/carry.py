"""The state of a training made small, in parts of a size one chooses, and put back elsewhere.

Matrices, kernels and tables go as fp16, short vectors and paths as they are; optimisers stay behind (their momentum is
found again in a minute), clips and latents too (they come from seeds). Parts are numbered files beside a list of their
digests, so that one that is missing or damaged is named.
"""
import hashlib
import io
import json
import os

import torch

FILES = ("codec-plate.pt", "codec-actor.pt", "codec-effect.pt", "codec-vectors.pt", "fitted.pt", "dit.pt")
TEXTS = ("spec.json", "metrics.jsonl")
SMALL = 4096                                # numbers: what is no larger keeps every bit
EXACT = ("camera", "path")                  # of vectors: fp16 would move things by a third of a pixel
LIST = "state.json"


def shrink(value, name=""):
    if isinstance(value, dict):
        return {k: shrink(v, str(k)) for k, v in value.items() if k != "optimiser"}
    exact = not torch.is_tensor(value) or value.numel() <= SMALL or any(w in name for w in EXACT)
    return value if exact or not value.is_floating_point() else value.half()


def grow(value):
    if isinstance(value, dict):
        return {k: grow(v) for k, v in value.items()}
    return value.float() if torch.is_tensor(value) and value.dtype == torch.half else value


def pack(folder, out, part_bytes):
    """Writes out/state.000, ... and their list; returns the bytes in all."""
    state, texts = {}, {}
    for name in FILES:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            state[name] = shrink(torch.load(path, map_location="cpu"))
    for name in TEXTS:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path) as f:
                texts[name] = f.read()
    if "spec.json" not in texts:
        raise SystemExit("%s: there is no training in it" % folder)
    stream = io.BytesIO()
    torch.save({"state": state, "texts": texts}, stream)
    data, parts = stream.getvalue(), []
    os.makedirs(out, exist_ok=True)
    for at in range(0, len(data), part_bytes):
        part = data[at:at + part_bytes]
        name = "state.%03d" % len(parts)
        with open(os.path.join(out, name), "wb") as f:
            f.write(part)
        parts.append({"name": name, "bytes": len(part), "sha256": hashlib.sha256(part).hexdigest()})
    with open(os.path.join(out, LIST), "w") as f:
        json.dump(parts, f, indent=1)
    return len(data), len(parts)


def unpack(source, folder):
    """Puts a packed state into a folder that holds none; latents and clips are made anew there."""
    if any(os.path.exists(os.path.join(folder, name)) for name in FILES + TEXTS):
        raise SystemExit("%s: has a training already; unpack into a new folder" % folder)
    with open(os.path.join(source, LIST)) as f:
        parts = json.load(f)
    data = []
    for p in parts:
        path = os.path.join(source, os.path.basename(p["name"]))
        if not os.path.exists(path):
            raise SystemExit("%s: is missing; the state has %d parts" % (path, len(parts)))
        with open(path, "rb") as f:
            data.append(f.read())
        if hashlib.sha256(data[-1]).hexdigest() != p["sha256"]:
            raise SystemExit("%s: is damaged; fetch it again" % path)
    packed = torch.load(io.BytesIO(b"".join(data)), map_location="cpu", weights_only=True)      # it may be a stranger's
    if not set(packed["texts"]) <= set(TEXTS) or not set(packed["state"]) <= set(FILES):
        raise SystemExit("%s: holds what is no training's" % source)
    os.makedirs(folder, exist_ok=True)
    for name, text in packed["texts"].items():
        with open(os.path.join(folder, name), "w") as f:
            f.write(text)
    for name, value in packed["state"].items():
        torch.save(grow(value), os.path.join(folder, name))
    return sorted(packed["state"])
