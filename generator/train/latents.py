"""Encodes clips to a cache of latents, and fits what lies between them and the transformer (FORMAT.md, section 4).

The slots already tell much of a latent: a ridge regression from products of slots is taken off, the rest is turned to
its principal axes and partly whitened. Latents are kept as fp16 before that, so the fit can be redone cheaply.
"""
import json
import os
from contextlib import nullcontext

import numpy as np
import torch
import torch.nn.functional as F

from fast import half
from spec import word_ids
from world import NO_GROUND

EXPONENT, RIDGE, WORDS = 0.4, 3.0, 32
RMS, RMS_VECTOR = 0.7, 0.26      # a vector has few live axes: their deviation must stay near one


def base_pictures(layer, u8):
    """u8 clips of one layer at base size -> [n, t, channels, h, w]"""
    x = torch.from_numpy(np.ascontiguousarray(u8)).float()
    if layer.channels == 3:
        return x.div_(127.5).sub_(1).movedim(-1, -3)[:, None]
    x = x.div_(255).movedim(-1, -3)
    return x.reshape(len(x), layer.shape[0], layer.picture_channels, layer.height, layer.width)


def matte_share(layer, pictures):
    """Mean alpha of each cell, [n, cells]; zero for layers without one."""
    n = len(pictures)
    if not layer.is_grid or layer.channels == 3:
        return torch.zeros(n, layer.cells)
    alpha = pictures[:, :, 3::4].mean(2)
    return F.avg_pool2d(alpha, 16).reshape(n, layer.cells)


class LatentCache:
    """Arrays z.<layer>, matte.<layer>, slots, words in a folder; grows by parts, so several processes can fill it."""

    def __init__(self, folder):
        self.folder = folder

    def parts(self):
        names = sorted(f for f in os.listdir(self.folder) if f.startswith("part-") and f.endswith(".pt"))
        return [torch.load(os.path.join(self.folder, f)) for f in names]

    def load(self):
        parts = self.parts()
        return {k: torch.cat([p[k] for p in parts]) for k in parts[0]}

    def add(self, number, arrays):
        os.makedirs(self.folder, exist_ok=True)
        path = os.path.join(self.folder, "part-%05d.pt" % number)
        torch.save(arrays, path + ".tmp")
        os.replace(path + ".tmp", path)


def alone(spec, arrays):
    """Without the clips in which two meet: the engine makes those of one shot an actor (model/FORMAT.md, 11)."""
    k = next((k for k, s in enumerate(spec["slots"]) if s["name"] == "company"), None)
    if k is None:
        return arrays
    one = arrays["slots"][:, k] == spec["slots"][k]["values"].index("alone")
    return {name: v[one] for name, v in arrays.items()}


def first_poses(spec, path):
    """Of paths [n, coordinates * poses] the first group of each coordinate, [n, coordinates * group]."""
    return path.view(len(path), -1, spec["poses"])[..., :spec["group"]].clamp(max=NO_GROUND).flatten(1)


@torch.no_grad()
def encode_clips(model, clips):
    """A list of the world's clips at base size -> arrays for the cache."""
    out = {"slots": torch.tensor([c["slots"] for c in clips])}
    ids = [word_ids(model.spec, c["caption"], WORDS) for c in clips]
    out["words"] = torch.tensor([i + [-1] * (WORDS - len(i)) for i in ids], dtype=torch.int16)
    for layer in model.layers:
        data = np.stack([c[layer.name] for c in clips])
        pictures = base_pictures(layer, data) if layer.is_grid else torch.from_numpy(data)
        with half() if layer.is_grid else nullcontext():        # paths need every bit
            z = model.encode_layer(layer, pictures)
        out["z." + layer.name] = z.half()
        out["matte." + layer.name] = matte_share(layer, pictures).half()
        if not layer.is_grid:
            out["start." + layer.name] = first_poses(model.spec, pictures)
    return out


def design(prior, slots):
    """One-hot columns: a constant, then each feature's rows."""
    columns = [torch.ones(len(slots), 1)]
    for i in range(len(prior.features)):
        table = getattr(prior, "f%d" % i)
        row, known = prior.rows(slots, i)
        columns.append(F.one_hot(row, len(table)).float() * known[:, None])
    return torch.cat(columns, 1)


@torch.no_grad()
def fit_prior(prior, slots, z):
    """Ridge regression; rows never seen come out zero. z [n, cells*dim] (may be fp16)."""
    x = design(prior, slots).double()
    gram = x.T @ x + RIDGE * torch.eye(x.shape[1], dtype=torch.double)
    gram[0, 0] -= 0.99 * RIDGE
    right = torch.cat([x.T @ part.double() for part in z.split(512, 1)], 1)
    table = torch.linalg.solve(gram, right).float()
    prior.bias.copy_(table[0])
    at = 1
    for i in range(len(prior.features)):
        f = getattr(prior, "f%d" % i)
        f.copy_(table[at:at + len(f)])
        at += len(f)


@torch.no_grad()
def fit_norm(norm, rest, rms, exponent=EXPONENT):
    """rest [n, cells, dim] -> principal axes and scales; the whole gets deviation rms."""
    r = rest.reshape(-1, rest.shape[-1])
    r = r[torch.randperm(len(r))[:150000]].double()
    value, axis = torch.linalg.eigh(r.T @ r / len(r))
    sd = value.flip(0).clamp(min=0).sqrt()
    sd = sd.clamp(min=max(1e-4, 1e-3 * sd[0].item()))         # axes of nothing but rounding stay small
    q = axis.flip(1)
    scale = (sd / sd[0]) ** exponent / sd
    scale = scale * rms / ((r @ q) * scale).square().mean().sqrt().clamp(min=0.01)
    norm.q.copy_(q)
    norm.scale.copy_(scale)


@torch.no_grad()
def fit(model, cache, log=print):
    """Prior and scaling of every layer from a loaded cache; returns what the slots explain."""
    slots, told = cache["slots"].long(), {}
    for layer in model.layers:
        z = cache["z." + layer.name].flatten(1)
        prior = model.prior[layer.name]
        fit_prior(prior, slots, z)
        rest = torch.cat([z[i:i + 500].float() - prior(slots[i:i + 500]) for i in range(0, len(z), 500)])
        total = (z.float() - z.float().mean(0)).square().mean()
        told[layer.name] = 1 - (rest.square().mean() / total).item()
        rms = RMS if layer.is_grid else RMS_VECTOR
        fit_norm(model.norm[layer.name], rest.view(len(z), layer.cells, layer.dim), rms)
        log("%s: the slots explain %.3f of the variance" % (layer.name, told[layer.name]))
    return told


@torch.no_grad()
def numbers(model, cache):
    """What the transformer learns from: x.<layer> fp16, matte, slots, words."""
    out = {"slots": cache["slots"].long(), "words": cache["words"].long()}
    n = len(out["slots"])
    out.update({k: v for k, v in cache.items() if k.startswith("start.")})
    for layer in model.layers:
        out["matte." + layer.name] = cache["matte." + layer.name].float()
        out["x." + layer.name] = torch.empty(n, layer.cells, layer.dim, dtype=torch.half)
    for i in range(0, n, 500):
        z = {y.name: cache["z." + y.name][i:i + 500].float() for y in model.layers}
        for name, x in model.normalise(z, out["slots"][i:i + 500]).items():
            out["x." + name][i:i + 500] = x.half()
    return out


def note(folder, told, count):
    with open(os.path.join(folder, "latents.json"), "w") as f:
        json.dump({"clips": count, "explained_by_slots": told}, f)
