"""Sampling: from noise to numbers (FORMAT.md, section 7)."""
import torch


def times(steps, shift):
    u = torch.linspace(1, 0, steps + 1)
    return (shift * u / (1 + (shift - 1) * u)).tolist()


def noise(layers, count, seed):
    g = torch.Generator().manual_seed(seed)
    return {x.name: torch.randn(count, x.cells, x.dim, generator=g) for x in layers}


@torch.no_grad()
def sample(model, slots, words, start, steps=None, guidance=None, held=None, plan=None, begun=None, first=None):
    """start: noise {layer: [n, cells, dim]}; held: {layer: numbers} kept as they are; plan(step, t, x0) -> plan; begun: who
    goes on, first: {layer: numbers} whose cells of the first group those begin with.

    Returns the numbers x_0. x0 given to `plan` is the last estimate of them, None at the first step.
    """
    s = model.spec["sampler"]
    steps, guidance = steps or s["steps"], s["guidance"] if guidance is None else guidance
    x = {k: v.clone() for k, v in start.items()}
    held, n = held or {}, len(slots)
    x.update({k: v.clone() for k, v in held.items()})
    known = {y.name: begun.cells(y) for y in model.layers} if begun else {}
    known = {k: v[..., None] for k, v in known.items() if v is not None}
    x.update({k: torch.where(v, first[k], x[k]) for k, v in known.items()})
    mask = torch.zeros(n, len(model.layers), dtype=torch.bool, device=slots.device)
    for layer in model.layers:
        mask[:, layer.index] = layer.name in held
    mask = mask if held else None
    unset, silence = model.unset(n).to(slots.device), torch.full_like(words, -1)
    at, estimate = times(steps, s["shift"]), None
    for i, (t, after) in enumerate(zip(at[:-1], at[1:])):
        now = torch.full((n,), min(t, 0.995), device=slots.device)
        p = plan(i, t, estimate) if plan else None
        v = model.denoiser(x, now, slots, words, p, mask, begun)
        if guidance != 1 and t > 0.2:
            null = model.denoiser(x, now, unset, silence, p, mask, begun)
            v = {k: null[k] + guidance * (v[k] - null[k]) for k in v}
        v = {k: torch.where(known[k], torch.zeros_like(u), u) if k in known else u for k, u in v.items()}
        estimate = {k: x[k] - t * v[k] for k in v}
        x = {k: x[k] if k in held else x[k] + (after - t) * v[k] for k in x}
    return x
