"""Grafts a trained transformer on new codecs: what it has learned of scenes is kept, only the way in and out is new.

Both codecs see the same clips, so the numbers x of one are nearly a turned image of the other's. The way in is that turn
(the nearest orthogonal matrix, so that noise stays noise); the way out is fitted in closed form: from what the trunk
holds before its last matrix to what the velocity lacks beside its linear part.
"""
import torch

from dit import uniform
from dit_train import logit_normal
from latents import encode_clips, numbers

RIDGE = 1e-3


def turn(x, y):
    """The matrix with orthonormal columns (or rows) that best takes x to y, and what it explains of y."""
    u, _, v = torch.linalg.svd(x.double().T @ y.double(), full_matrices=False)
    m = (u @ v).float()
    return m, 1 - ((x @ m - y).square().mean() / y.square().mean()).item()


class Probe:
    """Least squares from the inputs of a linear layer to wanted outputs."""

    def __init__(self, layer):
        self.layer, self.gram, self.right = layer, 0, 0
        layer.register_forward_pre_hook(self.see)

    def see(self, _, inputs):
        h = inputs[0].flatten(0, 1).double()
        self.h = torch.cat([h, torch.ones(len(h), 1, dtype=h.dtype)], 1)

    def want(self, y):
        self.gram = self.gram + self.h.T @ self.h
        self.right = self.right + self.h.T @ y.flatten(0, 1).flatten(1).double()

    def solve(self):
        g = self.gram
        m = torch.linalg.solve(g + RIDGE * g.diagonal().mean() * torch.eye(len(g), dtype=g.dtype), self.right).float()
        self.layer.weight.copy_(m[:-1].T)
        self.layer.bias.copy_(m[-1])
        self.layer._forward_pre_hooks.clear()


def fit_way_out(net, layers, data, level, batches=24, batch=24):
    probes = {y.name: Probe(net.dit._modules["out"][y.name][level if y.quad else "L1"]) for y in layers
              if y.quad or level == "L1"}
    low = 0.0 if level == "L1" else 0.5
    for _ in range(batches):
        i = torch.randint(0, len(data["slots"]), (batch,))
        t = logit_normal(batch, low, 1.0)
        x0 = {y.name: data["x." + y.name][i].float() for y in layers}
        noise = {k: torch.randn_like(v) for k, v in x0.items()}
        at = t.view(-1, 1, 1)
        xt = {k: (1 - at) * x0[k] + at * noise[k] for k in x0}
        net(xt, t, data["slots"][i], data["words"][i], uniform(level, layers))
        for name, probe in probes.items():
            rest = noise[name] - x0[name] - net.dit.skip(name, xt[name], t)
            probe.want(net.dit.geometry[name].gather(rest) if level == "L0" else rest)
    for probe in probes.values():
        probe.solve()


@torch.no_grad()
def graft(old, new, clips, data, log=print):
    """Gives `new` the transformer and the conditions of `old`. clips: of the world, at base size; data: new numbers."""
    seen = [numbers(m, encode_clips(m, clips)) for m in (old, new)]
    was = dict(old.denoiser.named_parameters())
    for name, p in new.denoiser.named_parameters():
        if ".in." not in name and ".out." not in name:
            p.copy_(was[name])
    for layer in new.layers:
        a, b = (s["x." + layer.name].float().flatten(0, 1) for s in seen)
        inwards, told = turn(b, a)
        log("%s: the turned new numbers explain %.3f of the old" % (layer.name, told))
        into, was_in = (m.dit._modules["in"][layer.name] for m in (new, old))
        for level in layer.levels:
            cells = new.dit.geometry[layer.name].size if level == "L0" else 1
            into[level].weight.copy_(was_in[level].weight @ torch.block_diag(*[inwards.T] * cells))
            into[level].bias.copy_(was_in[level].bias)
    for level in ("L1", "L0"):
        fit_way_out(new.denoiser, new.layers, data, level)
