"""Which quads stay fine: the training's counterpart of generator/ncr.h.

A quad's density is the variance of its cells about their mean. Only the order matters, so a fixed number of quads,
the densest, stays fine and shapes stay the same in every batch.
"""
import torch

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
