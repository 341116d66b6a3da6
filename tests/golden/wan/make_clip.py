"""Writes clip-tiny: a small vision transformer with random weights, run in float64 by PyTorch as the image encoder
of Wan 2.1 is (pictures resampled to 224 x 224 by bicubic interpolation, all blocks but the last). Written from the
published description of that network, apart from the engine's own code; it needs Debian's python3-torch.

    /usr/bin/python3 tests/golden/wan/make_clip.py tests/golden/wan/clip-tiny
"""
import json
import os
import struct
import sys

import torch
import torch.nn.functional as F

WIDTH, HEADS, BLOCKS, MLP, PATCH, SIDE = 48, 4, 3, 192, 14, 224
TOKENS = (SIDE // PATCH) ** 2 + 1
MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073], dtype=torch.float64)
DEVIATION = torch.tensor([0.26862954, 0.26130258, 0.27577711], dtype=torch.float64)


def write(path, tensors):
    header, data, at = {}, [], 0
    for name, (kind, t) in tensors.items():
        raw = (t.to(torch.bfloat16).view(torch.int16) if kind == "BF16" else t.float()).contiguous().numpy().tobytes()
        header[name] = {"dtype": kind, "shape": list(t.shape), "data_offsets": [at, at + len(raw)]}
        at += len(raw)
        data.append(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def made_weights():
    shapes = {"visual.patch_embedding.weight": (WIDTH, 3, PATCH, PATCH), "visual.cls_embedding": (1, 1, WIDTH),
              "visual.pos_embedding": (1, TOKENS, WIDTH), "visual.pre_norm.weight": (WIDTH,),
              "visual.pre_norm.bias": (WIDTH,), "visual.head": (WIDTH, 32), "visual.heads": (HEADS,),
              "textual.norm.weight": (WIDTH,)}
    for i in range(BLOCKS):
        b = f"visual.transformer.{i}."
        for norm in ("norm1", "norm2"):
            shapes[b + norm + ".weight"] = shapes[b + norm + ".bias"] = (WIDTH,)
        for name, n, k in (("attn.to_qkv", 3 * WIDTH, WIDTH), ("attn.proj", WIDTH, WIDTH), ("mlp.0", MLP, WIDTH),
                           ("mlp.2", WIDTH, MLP)):
            shapes[b + name + ".weight"], shapes[b + name + ".bias"] = (n, k), (n,)
    weights = {}
    for name, shape in shapes.items():
        t = torch.randn(shape)
        if name.endswith("weight"):
            t = t * (1 / t[0].numel() ** 0.5) if t.dim() > 1 else 1 + 0.2 * t
        elif name.endswith("bias"):
            t = 0.1 * t
        weights[name] = t.to(torch.bfloat16)
    return weights


def encode(w, picture):
    """picture: [3, height, width] of -1..1; every stage by its name, the last one "out"."""
    def g(name):
        return w["visual." + name].double()

    x = F.interpolate(picture.double()[None], size=(SIDE, SIDE), mode="bicubic", align_corners=False)[0]
    x = (x * 0.5 + 0.5 - MEAN[:, None, None]) / DEVIATION[:, None, None]
    x = F.conv2d(x[None], g("patch_embedding.weight"), stride=PATCH)[0].reshape(WIDTH, -1).T
    x = torch.cat([g("cls_embedding")[0], x]) + g("pos_embedding")[0]
    x = F.layer_norm(x, (WIDTH,), g("pre_norm.weight"), g("pre_norm.bias"), 1e-5)
    stages = {"mid.pre_norm": x}
    for i in range(BLOCKS - 1):
        def p(name):
            return g(f"transformer.{i}.{name}.weight"), g(f"transformer.{i}.{name}.bias")
        q, k, v = F.linear(F.layer_norm(x, (WIDTH,), *p("norm1"), 1e-5), *p("attn.to_qkv")).reshape(
            TOKENS, 3, HEADS, WIDTH // HEADS).permute(1, 2, 0, 3)
        a = torch.softmax(q @ k.transpose(1, 2) / (WIDTH // HEADS) ** 0.5, -1) @ v
        x = x + F.linear(a.permute(1, 0, 2).reshape(TOKENS, WIDTH), *p("attn.proj"))
        h = F.gelu(F.linear(F.layer_norm(x, (WIDTH,), *p("norm2"), 1e-5), *p("mlp.0")))
        x = x + F.linear(h, *p("mlp.2"))
        stages[f"mid.transformer.{i}"] = x
    stages["out"] = x
    return stages


def main(folder):
    torch.manual_seed(21)
    os.makedirs(folder, exist_ok=True)
    weights = made_weights()
    write(os.path.join(folder, "models_clip_tiny.safetensors"), {n: ("BF16", t) for n, t in weights.items()})
    golden, cases = {}, {}
    for name, height, width in (("a", 60, 100), ("b", 230, 40)):
        picture = torch.tanh(torch.randn(3, height, width)).float()
        golden[f"{name}.in.picture"] = ("F32", picture)
        stages = encode(weights, picture)
        for stage, t in stages.items():
            if stage == "out" or name == "a":
                golden[f"{name}.{stage}"] = ("F32", t)
        cases[name] = {"height": height, "width": width}
    write(os.path.join(folder, "golden.safetensors"), golden)
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump({"model": "clip", "width": WIDTH, "heads": HEADS, "blocks": BLOCKS}, f, indent=1)
    with open(os.path.join(folder, "cases.json"), "w") as f:
        json.dump({"what": "the image encoder of Wan 2.1 I2V, small, random weights", "cases": cases}, f, indent=1)


main(sys.argv[1])
