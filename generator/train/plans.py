"""Which quads stay fine and which cells have a token at all: the training's counterpart of generator/ncr.h.

A quad's density is the variance of its cells about their mean. Only the order matters, so a fixed number of quads,
the densest, stays fine and shapes stay the same in every batch.
"""
import torch

from dit import Cells

SHARE = {"plate": 9 / 21, "actor": 9 / 16}


def density(layers, x):
    """{layer: [batch, quads]} of numbers x (true x_0 in training, the last estimate in sampling)."""
    from dit import Geometry
    out = {}
    for layer in layers:
        if layer.quad:
            out[layer.name] = Geometry(layer).gather(x[layer.name]).var(2, unbiased=False).mean(-1)
    return out


def mixed_plan(layers, densities, share=None, jitter=0.0):
    """The densest quads fine; jitter: deviation of a log-normal factor, so that training sees other choices too."""
    plan = {}
    for name, d in densities.items():
        n = max(1, round(d.shape[1] * (share if share is not None else SHARE.get(name, 0.4))))
        d = d * torch.exp(jitter * torch.randn_like(d)) if jitter else d
        plan[name] = d.topk(n, 1).indices
    return plan


def filled_plan(mattes, share, jitter=0.0):
    """The fullest cells of the layers with a matte have a token, a share of them; mattes {layer: [batch, cells]} of mean
    alpha. Cells that tie at nothing are drawn by lot."""
    plan = {}
    for name, m in mattes.items():
        n = max(1, round(m.shape[1] * share))
        m = m * torch.exp(jitter * torch.randn_like(m)) if jitter else m
        plan[name] = Cells((m + 1e-6 * torch.rand_like(m)).topk(n, 1).indices)
    return plan
