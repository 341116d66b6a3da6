"""A tiny model of random numbers and what it computes: the reference the C engine is tested against."""
import os

import torch

from dit import Begun, Cells, uniform
from export import write_json, write_model, write_safetensors
from latents import first_poses
from model import Whelk
from sample import noise, sample
from spec import tiny, word_ids

EVERY_BASE, EVERY_FULL = 5, 11    # pictures are stored thinned, rows and columns alike; odd, to meet every phase
T = 0.37
CAPTION = "A cat dives into the pool, slowly & unknownword at night!"


def randomise(model):
    """No zero anywhere, sizes as in a trained model, so that each term of each formula is seen."""
    g = torch.Generator().manual_seed(7)
    rand = lambda like, std: torch.randn(like.shape, generator=g) * std
    for name, p in list(model.named_parameters()) + list(model.named_buffers()):
        fan = p[0].numel() if p.dim() > 1 else 1
        if name.endswith("qk_scale"):
            value = torch.full_like(p, 2.1)
        elif ".conv." in name:
            value = p + rand(p, 0.2)
        elif name.endswith((".bias", "mod_bias", ".sd", ".scale")):
            value = 0.1 * rand(p, 1.0) + (1.0 if name.endswith((".sd", ".scale")) else 0.0)
        elif name.endswith("norm." + name.split(".")[1] + ".q"):
            value = torch.linalg.qr(rand(p, 1.0))[0]
        elif name.startswith(("prior", "cond")) or ".pos." in name and "proj" not in name or ".held." in name:
            value = rand(p, 0.4)
        elif ".var." in name:
            value = torch.rand(p.shape, generator=g) + 0.2
        elif name.endswith("basis"):
            value = rand(p, 0.5 / p.shape[0] ** 0.5 if ".plate." in name else 0.06)
        else:
            value = rand(p, fan ** -0.5 * (0.7 if name.startswith("codec.") else 1.0))
        p.data.copy_(value.half().float() if is_half(name) else value)


def is_half(name):
    """Both types are used, so that both are read."""
    return not name.startswith(("cond.", "prior.", "norm.", "dit.t.", "dit.block.0"))


def thin(picture, every):
    return picture[..., ::every, ::every].contiguous()


def pictures(layer, g):
    """Pictures at base size with soft shapes, exact in fp16: [1, t, channels, h, w] of the first group only."""
    x = torch.rand(1, 1, layer.picture_channels, layer.height // 8, layer.width // 8, generator=g)
    x = torch.nn.functional.interpolate(x[0], scale_factor=8, mode="bilinear")[None]
    if layer.channels == 3:
        return (x * 2 - 1).half().float()
    y = x.view(1, 4, 4, layer.height, layer.width)
    y[:, :, :3] *= y[:, :, 3:]
    return x.half().float()


@torch.no_grad()
def write_golden(folder):
    spec = tiny()
    torch.manual_seed(1)
    model = Whelk(spec).eval()
    randomise(model)
    write_model(model, folder, half=is_half, rows=False)
    g, out = torch.Generator().manual_seed(11), {}
    put = lambda prefix, values: out.update({"%s.%s" % (prefix, k): v[0] for k, v in values.items()})
    layers = model.layers
    slots = torch.tensor([[0, 3, 0, 2, 0, 1, 2, 6, 0]])           # the camera unset
    ids = word_ids(spec, CAPTION)
    words = torch.tensor([ids + [-1] * (32 - len(ids))])
    x = {y.name: torch.randn(1, y.cells, y.dim, generator=g) for y in layers}
    out["slots"], out["caption"] = slots[0].int(), torch.tensor(ids).int()
    put("x", x)

    t = torch.tensor([T])
    fine = {"plate": torch.tensor([[1, 3, 4]]), "actor": torch.tensor([[0, 2, 5, 7]])}
    for name, quads in fine.items():
        out["mixed.fine.%s" % name] = quads[0].int()
    put("v.L1", model.denoiser(x, t, slots, words, uniform("L1", layers)))
    put("v.L0", model.denoiser(x, t, slots, words, uniform("L0", layers)))
    put("v.mixed", model.denoiser(x, t, slots, words, fine))
    filled = {y.name: torch.randperm(y.cells, generator=g)[None, :y.cells // 3].sort(1).values
              for y in layers if y.is_grid and y.channels == 4}
    for name, cells in filled.items():
        out["filled.%s" % name] = cells[0].int()
    put("v.filled", model.denoiser(x, t, slots, words, {k: Cells(c) for k, c in filled.items()}))
    held = torch.zeros(1, len(layers), dtype=torch.bool)
    held[0, 0] = True
    put("v.L1.held_plate", model.denoiser(x, t, slots, words, uniform("L1", layers), held))
    put("v.mixed.held_plate", model.denoiser(x, t, slots, words, fine, held))
    after = slots.clone()
    after[0, -1] = 1
    paths = {y.name: torch.rand(1, y.raw, generator=g) * 3 for y in layers if not y.is_grid}
    begun = Begun(torch.ones(1, dtype=torch.bool), {k: first_poses(spec, v) for k, v in paths.items()})
    put("before", paths)
    put("v.L1.begun", model.denoiser(x, t, after, words, uniform("L1", layers), held, begun))
    put("v.L0.begun", model.denoiser(x, t, after, words, uniform("L0", layers), held, begun))
    put("v.mixed.begun", model.denoiser(x, t, after, words, fine, held, begun))
    put("v.null", model.denoiser(x, t, model.unset(1), torch.full_like(words, -1), {}))
    put("z", model.restore(x, slots))

    for y in layers:
        z = model.restore(x, slots)[y.name] * 0.5
        out["decode.z.%s" % y.name] = z[0]
        if not y.is_grid:
            out["decode.%s" % y.name] = model.decode_layer(y, z)[0]
            v = torch.randn(1, y.raw, generator=g)
            out["encode.input.%s" % y.name] = v[0]
            out["encode.z.%s" % y.name] = model.encode_layer(y, v)[0]
            continue
        base, full = model.decode_layer(y, z)
        out["decode.base.%s" % y.name] = thin(base[0], EVERY_BASE)
        out["decode.full.%s" % y.name] = thin(full[0], EVERY_FULL)
        picture = pictures(y, g)
        out["encode.input.%s" % y.name] = picture[0, 0].half()
        h, w = y.shape[1:]
        cells = model.codec[y.name].encode(picture[0]).permute(0, 2, 3, 1).reshape(h * w, y.dim)
        out["encode.z.%s" % y.name] = cells

    start = noise(layers, 1, 5)
    put("sample.noise", start)
    put("sample.x", sample(model, slots, words, start))
    put("sample.guided.x", sample(model, slots, words, start, guidance=1.5))
    put("sample.held.x", sample(model, slots, words, start, held={"plate": x["plate"]}))
    put("sample.begun.x", sample(model, after, words, start, held={"plate": x["plate"]}, begun=begun, first=x))
    write_safetensors(os.path.join(folder, "golden.safetensors"), out)
    write_json(os.path.join(folder, "golden.json"), {
        "caption": CAPTION, "t": T, "every_base": EVERY_BASE, "every_full": EVERY_FULL, "guidance": 1.5,
        "slots": {s["name"]: s["values"][i] if i < len(s["values"]) else None
                  for s, i in zip(spec["slots"], slots[0].tolist())}})
    return out
