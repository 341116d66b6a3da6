"""Figures on held-out clips: velocity loss a layer, level and t; and what redistribution of compute costs and saves."""
import time

import torch

from dit import Cells, begun_of, uniform
from plans import density, filled_plan, mixed_plan

TIMES = (0.3, 0.6, 0.9)


def fixed_noise(x, seed=5):
    g = torch.Generator().manual_seed(seed)
    return {k: torch.randn(v.shape, generator=g) for k, v in x.items()}


@torch.no_grad()
def empty_numbers(model, slots):
    """What the transformer would see of cells in which there is nothing, for every layer with a matte."""
    z = {}
    for y in model.layers:
        z[y.name] = torch.zeros(len(slots), y.cells, y.dim)
        if y.is_grid and y.channels == 4:
            nothing = torch.zeros(1, y.shape[0], y.picture_channels, y.height, y.width)
            z[y.name] += model.encode_layer(y, nothing)
    return model.normalise(z, slots)


def noised(layers, clean, noise, t, begun):
    """x_t; what a clip begins with stays clean."""
    out = {}
    for y in layers:
        known = begun.cells(y) if begun else None
        mine = t if known is None else (t * ~known)[..., None]
        out[y.name] = (1 - mine) * clean[y.name] + mine * noise[y.name]
    return out


@torch.no_grad()
def velocity_loss(model, data, t, plan, empty=None, batch=16):
    """Plain mean squared error a layer at one t; plan: function of x_0 and the mattes (a batch each) -> plan. In a cell
    without a token the clean numbers are taken to be those of an empty cell. Also seconds spent."""
    denoiser, layers, spec = model.denoiser, model.layers, model.spec
    x0 = {k[2:]: v.float() for k, v in data.items() if k.startswith("x.")}
    noise, n, spent = fixed_noise(x0), len(data["slots"]), 0.0
    loss, by_name = {k: 0.0 for k in x0}, {y.name: y for y in layers}
    focus = {k: [0.0, 0.0] for k in x0}
    for i in range(0, n, batch):
        part = lambda d: {k: v[i:i + batch] for k, v in d.items()}
        a, e = part(x0), part(noise)
        slots = data["slots"][i:i + batch]
        begun = begun_of(spec, slots, data, slice(i, i + batch))
        xt = noised(layers, a, e, t, begun)
        time_of = torch.full((len(slots),), t)
        mattes = {k[6:]: v[i:i + batch] for k, v in data.items() if k.startswith("matte.") and v.any()}
        p = plan(a, mattes)
        began = time.thread_time()
        v = denoiser(xt, time_of, slots, data["words"][i:i + batch], p, None, begun)
        spent += time.thread_time() - began
        for k in v:
            if isinstance(p.get(k), Cells):
                there = torch.zeros_like(v[k]).scatter(1, p[k].index(v[k]), 1)
                v[k] = torch.where(there > 0, v[k], (xt[k] - part(empty)[k]) / t)
            error = (v[k] - (e[k] - a[k])).square().mean(-1)
            known = begun.cells(by_name[k]) if begun else None
            error = error if known is None else error * ~known
            loss[k] += error.mean().item() * len(time_of) / n
            matte = data["matte." + k][i:i + batch] > 0.05
            focus[k][0] += (error * matte).sum().item()
            focus[k][1] += matte.sum().item()
    subject = {k: s / c for k, (s, c) in focus.items() if c}
    return {"loss": loss, "subject": subject, "cpu_seconds": spent / n}


def held_out(model, data, times=TIMES):
    """{"L1": {t: {layer: loss}}, "L0": ..., "mixed": ...}"""
    layers, out = model.layers, {}
    plans = {"L1": (lambda a, m: uniform("L1", layers), times), "L0": (lambda a, m: uniform("L0", layers), times[1:]),
             "mixed": (lambda a, m: mixed_plan(layers, density(layers, a)), times[:2]),
             "filled": (lambda a, m: filled_plan(m, 0.5), times)}
    empty = empty_numbers(model, data["slots"])
    for name, (plan, at) in plans.items():
        out[name] = {t: velocity_loss(model, data, t, plan, empty)["loss"] for t in at}
    return out


def mean_loss(result, level="L1"):
    values = [v for by_layer in result[level].values() for v in by_layer.values()]
    return sum(values) / len(values)


def token_count(model, plan):
    """Tokens of one sample under a plan, conditions included."""
    count = len(model.spec["slots"]) + 1
    for layer in model.layers:
        p, g = plan.get(layer.name, "L1"), model.dit.geometry[layer.name]
        if isinstance(p, torch.Tensor):
            count += p.shape[1] * g.size + g.quads - p.shape[1]
        elif isinstance(p, Cells):
            count += p.count
        else:
            count += g.quads if p == "L0" and layer.quad else layer.cells
    return count


def flops(model, tokens):
    """Multiply-adds times two of the blocks for one forward pass: matrices, attention, 3x3 (on tokens)."""
    d, blocks = model.dit.width, model.spec["transformer"]["blocks"]
    return 2 * blocks * (tokens * 12 * d * d + 2 * tokens * tokens * d + tokens * 9 * 4 * d)


def ncr_table(model, data, times=(0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)):
    """Every plan at every t with the same noise: tokens, FLOPs, CPU milliseconds, losses."""
    layers, rows = model.layers, []
    plans = {"L1 exact": lambda a, m: uniform("L1", layers), "L0": lambda a, m: uniform("L0", layers),
             "plate L0": lambda a, m: {"plate": "L0"}, "actor L0": lambda a, m: {"actor": "L0"}}
    for share in (0.2, 0.4, 0.6):
        plans["mixed %.0f %%" % (100 * share)] = lambda a, m, s=share: mixed_plan(layers, density(layers, a), s)
    for share in (0.35, 0.5, 0.65, 0.8):
        plans["filled %.0f %%" % (100 * share)] = lambda a, m, s=share: filled_plan(m, s)
    plans["mixed 40 % at random"] = lambda a, m: mixed_plan(
        layers, {k: torch.rand(v.shape) for k, v in density(layers, a).items()}, 0.4)
    plans["filled 50 % at random"] = lambda a, m: filled_plan({k: torch.rand(v.shape) for k, v in m.items()}, 0.5)
    empty = empty_numbers(model, data["slots"])
    sample = {k[2:]: v[:1].float() for k, v in data.items() if k.startswith("x.")}
    mattes = {k[6:]: v[:1] for k, v in data.items() if k.startswith("matte.") and v.any()}
    for name, plan in plans.items():
        tokens = token_count(model, plan(sample, mattes))
        for t in times:
            r = velocity_loss(model, data, t, plan, empty)
            rows.append({"plan": name, "t": t, "tokens": tokens, "gflop": round(flops(model, tokens) / 1e9, 4),
                         "cpu_ms": round(1000 * r["cpu_seconds"], 2),
                         "loss": {k: round(v, 5) for k, v in r["loss"].items()},
                         "subject": {k: round(v, 5) for k, v in r["subject"].items()}})
    return rows


POLICIES = {
    "exact: L1 at every step": lambda t: "L1 exact",
    "plate L0 above 0.85, else L1": lambda t: "plate L0" if t > 0.85 else "L1 exact",
    "L0 above 0.6, then L1": lambda t: "L0" if t > 0.6 else "L1 exact",
    "L0 above 0.6, then mixed 60 %": lambda t: "L0" if t > 0.6 else "mixed 60 %",
    "L0 above 0.6, then mixed 40 %": lambda t: "L0" if t > 0.6 else "mixed 40 %",
    "L0 above 0.6, mixed 40 % to 0.2, then L1": lambda t: "L0" if t > 0.6 else "mixed 40 %" if t > 0.2 else "L1 exact",
    "L0 at every step": lambda t: "L0",
    "filled 50 % below 0.6, else L1": lambda t: "filled 50 %" if t < 0.6 else "L1 exact",
    "L0 above 0.85, filled 50 % below 0.6, else L1": lambda t: "L0" if t > 0.85 else "filled 50 %" if t < 0.6
    else "L1 exact",
    "L0 above 0.7, else filled 50 %": lambda t: "L0" if t > 0.7 else "filled 50 %",
    "L0 above 0.6, else filled 50 %": lambda t: "L0" if t > 0.6 else "filled 50 %",
    "L0 above 0.6, else filled 35 %": lambda t: "L0" if t > 0.6 else "filled 35 %",
}


def policy_table(rows, steps=24, shift=1.8, layers=("plate", "actor", "effect")):
    """What a whole sampling run costs and loses under each policy: the table's figures, interpolated in t, averaged
    over the sampler's steps."""
    from sample import times
    by = {}
    for r in rows:
        by.setdefault(r["plan"], []).append(r)

    def at(plan, t, figure):
        line = sorted((r["t"], figure(r)) for r in by[plan])
        t = min(max(t, line[0][0]), line[-1][0])
        for (a, x), (b, y) in zip(line, line[1:]):
            if t <= b:
                return x + (y - x) * (t - a) / (b - a)

    out = []
    for name, policy in POLICIES.items():
        mean = lambda figure: sum(at(policy(t), t, figure) for t in times(steps, shift)[:-1]) / steps
        out.append({"policy": name, "tokens": round(mean(lambda r: r["tokens"]), 1),
                    "gflop": round(mean(lambda r: r["gflop"]) * steps, 3),
                    "cpu_ms": round(mean(lambda r: r["cpu_ms"]) * steps, 1),
                    "loss": {k: round(mean(lambda r: r["loss"][k]), 5) for k in layers},
                    "subject": {k: round(mean(lambda r: r["subject"][k]), 5) for k in ("actor", "effect")}})
    return out
