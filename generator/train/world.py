"""Reads the stream of the training world's renderer and keeps clips in memory-mapped files.

The stream's layout is told in world/README.md. Rendering happens live in C; a cache holds what several epochs need.
"""
import json
import os
import struct
import subprocess

import numpy as np

MAGIC = 0x314B4C57
VECTORS = {"camera": 96, "actor_path": 128, "effect_path": 128}
NO_GROUND = 2.0      # "casts no shadow" is a ground line of 9; below every window does as well and is easier to learn


def shapes(plate_scale, crop_scale):
    actor, effect = 64 * crop_scale, 32 * crop_scale
    return {"plate": (96 * plate_scale, 224 * plate_scale, 3), "actor": (32, actor, actor, 4),
            "effect": (32, effect, effect, 4)}


def read_exactly(pipe, size):
    data = pipe.read(size)
    if len(data) != size:
        raise EOFError("the world's stream ended in a record")
    return data


def stream(worldgen, seed, count, plate_scale=1, crop_scale=1, only=None):
    """Yields dictionaries: the JSON's fields, "plate", "actor", "effect" as u8 arrays, vectors as f32. only: {slot: value}
    that every clip must have."""
    command = [worldgen, "--seed", str(seed), "--count", str(count), "--plate-scale", str(plate_scale),
               "--crop-scale", str(crop_scale), "--out", "-"]
    for slot, value in (only or {}).items():
        command += ["--slot", "%s=%s" % (slot, value)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=1 << 20) as child:
        for _ in range(count):
            magic, size = struct.unpack("<II", read_exactly(child.stdout, 8))
            if magic != MAGIC:
                raise ValueError("not a record of the world's stream")
            clip = json.loads(read_exactly(child.stdout, size))
            for name, shape in shapes(plate_scale, crop_scale).items():
                clip[name] = np.frombuffer(read_exactly(child.stdout, int(np.prod(shape))), np.uint8).reshape(shape)
            for name, n in VECTORS.items():
                clip[name] = np.frombuffer(read_exactly(child.stdout, 4 * n), np.float32).copy()
            ground = clip["actor_path"][96:]
            np.minimum(ground, NO_GROUND, out=ground)
            yield clip


class Cache:
    """Clips in a folder: one raw file an array, and captions in JSON lines. Built once, then mapped read-only."""

    def __init__(self, folder, worldgen=None, seed=0, count=0, plate_scale=1, crop_scale=1, log=print):
        self.folder = folder
        note = os.path.join(folder, "cache.json")
        if not os.path.exists(note):
            self.build(note, worldgen, seed, count, plate_scale, crop_scale, log)
        with open(note) as f:
            about = json.load(f)
        self.count = about["count"]
        for name, (kind, shape) in about["arrays"].items():
            setattr(self, name, np.memmap(os.path.join(folder, name), kind, "r", shape=tuple(shape)))
        with open(os.path.join(folder, "captions")) as f:
            self.captions = f.read().splitlines()

    def build(self, note, worldgen, seed, count, plate_scale, crop_scale, log):
        os.makedirs(self.folder, exist_ok=True)
        arrays = {k: ("uint8", (count,) + s) for k, s in shapes(plate_scale, crop_scale).items()}
        arrays.update({k: ("float32", (count, n)) for k, n in VECTORS.items()})
        files, captions = {}, []
        for i, clip in enumerate(stream(worldgen, seed, count, plate_scale, crop_scale)):
            if not files:
                arrays["slots"] = ("int64", (count, len(clip["slots"])))
                arrays["filled"] = ("float32", (count, 2, 8))
                files = {k: np.memmap(os.path.join(self.folder, k), kind, "w+", shape=shape)
                         for k, (kind, shape) in arrays.items()}
            clip["filled"] = np.stack([clip[k][..., 3].reshape(8, -1).mean(1) / 255 for k in ("actor", "effect")])
            for k, f in files.items():
                f[i] = clip[k]
            captions.append(clip["caption"])
            if i % 200 == 199:
                log("rendered %d of %d clips" % (i + 1, count))
        with open(os.path.join(self.folder, "captions"), "w") as f:
            f.write("\n".join(captions) + "\n")
        with open(note, "w") as f:
            json.dump({"count": count, "seed": seed, "arrays": arrays}, f)
