"""PNG files and contact sheets without any library but zlib; the small compositor for looking at samples."""
import math
import struct
import zlib

import numpy as np
import torch
import torch.nn.functional as F


def filtered(raw):
    """PNG's rows [h, w*3], each with the filter (none, left, up) whose residues are smallest."""
    left, up = raw.copy(), raw.copy()
    left[:, 3:] -= raw[:, :-3]
    up[1:] -= raw[:-1]
    kinds = np.stack([raw, left, up])
    cost = np.abs(kinds.astype(np.int8).astype(np.int16)).sum(2)
    best = cost.argmin(0)
    rows = kinds[best, np.arange(len(raw))]
    return np.concatenate([best[:, None].astype(np.uint8), rows], 1)


def save_png(path, rgb):
    """rgb: u8 array [h, w, 3]"""
    h, w, _ = rgb.shape
    rows = filtered(rgb.reshape(h, w * 3)).tobytes()
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(
        ">I", zlib.crc32(kind + data))
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def save_sheet(path, rows, gap=4):
    """rows: lists of u8 pictures of one size"""
    h, w, _ = rows[0][0].shape
    out = np.full((len(rows) * (h + gap) - gap, len(rows[0]) * (w + gap) - gap, 3), 32, np.uint8)
    for r, row in enumerate(rows):
        for c, p in enumerate(row):
            out[r * (h + gap):r * (h + gap) + h, c * (w + gap):c * (w + gap) + w] = p
    save_png(path, out)


def to_u8(x):
    """[3, h, w] in [0, 1] -> u8 [h, w, 3]"""
    return (x.clamp(0, 1) * 255 + 0.5).byte().permute(1, 2, 0).numpy()


def to_rgb(x, layer):
    """A layer's picture to look at; RGBA: its first and last frame side by side over grey."""
    if layer.channels == 3:
        return to_u8((x + 1) / 2)
    y = x.view(4, 4, *x.shape[-2:])
    over = y[:, :3] + 0.6 * (1 - y[:, 3:])
    return to_u8(torch.cat([over[0], over[3]], -1))


def look(picture, u, v, outside="zeros"):
    """Bilinear picture [c, h, w] at coordinates in [0, 1]; outside it is transparent black or its edge."""
    grid = torch.stack([2 * u - 1, 2 * v - 1], -1)[None]
    return F.grid_sample(picture[None], grid, mode="bilinear", padding_mode=outside, align_corners=False)[0]


def sharpen(rgba, gain=2.0):
    """The matte drawn tighter, colour kept: premultiplied in and out."""
    a = rgba[3:]
    colour = rgba[:3] / a.clamp(min=0.15)
    tight = ((a - 0.5) * gain + 0.5).clamp(0, 1)
    return torch.cat([colour * tight, tight])


def compose(layers, pose, height=144, ratio=16 / 9):
    """One frame [3, height, width] of decoded layers: plate [3, h, w] in [-1, 1], actor and effect
    [32, 4, h, w], camera, actor_path, effect_path as raw vectors."""
    width = int(round(height * ratio))
    cx, cy, h = layers["camera"][pose], layers["camera"][32 + pose], layers["camera"][64 + pose].exp()
    ys = cy + h * ((torch.arange(height) + 0.5) / height - 0.5)
    xs = cx + h * ratio * ((torch.arange(width) + 0.5) / width - 0.5)
    y, x = torch.meshgrid(ys, xs, indexing="ij")
    frame = look(layers["plate"] + 1, x / (14 / 6), y, "border") / 2
    px, py, side, ground = (layers["actor_path"][32 * i + pose] for i in range(4))
    height_over = ((ground - py) / side).clamp(0, 2)
    radius = side * 0.3 * (1 - 0.3 * height_over)
    shadow = (1.5 - ((x - px) / radius) ** 2 - ((y - ground) / (0.18 * radius)) ** 2).clamp(0, 1)
    frame = frame * (1 - 0.28 * (1 - 0.5 * height_over) * shadow)
    for name in ("actor", "effect"):
        px, py, side = (layers[name + "_path"][32 * i + pose] for i in range(3))
        side = side.clamp(min=1e-3)
        crop = sharpen(look(layers[name][pose], (x - px) / side + 0.5, (y - py) / side + 0.5),
                       2.0 if name == "actor" else 1.2)
        frame = frame * (1 - crop[3:]) + crop[:3]
    return frame


def film_strip(model, z, i, poses, height=144):
    """Frames of clip i of latents z, as u8 pictures."""
    layers = {}
    for layer in model.layers:
        mine = z[layer.name][i:i + 1]
        if not layer.is_grid:
            layers[layer.name] = model.decode_layer(layer, mine)[0]
            continue
        full = model.decode_layer(layer, mine)[1][0]
        layers[layer.name] = full[0] if layer.channels == 3 else full.reshape(-1, 4, *full.shape[-2:])
    return [to_u8(compose(layers, p, height)) for p in poses]
