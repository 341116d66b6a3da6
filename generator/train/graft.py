"""Grafts a trained transformer on new codecs: what it has learned of scenes is kept, only the way in and out is new.

Both codecs see the same clips, so the numbers x of one are nearly a linear image of the other's: x_old = x_new A and
x_new = x_old B, by least squares. The first matrices after x become in A, the last before x become B out. At L0 the output has
another meaning since version 2 and begins at nothing.
"""
import torch

from latents import encode_clips, numbers

RIDGE = 1e-3


def solve(x, y):
    """The matrix m with x m ~ y, and what it explains of y."""
    x, y = x.double(), y.double()
    gram = x.T @ x / len(x)
    m = torch.linalg.solve(gram + RIDGE * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype),
                           x.T @ y / len(x))
    return m.float(), 1 - ((x @ m - y).square().mean() / y.square().mean()).item()


@torch.no_grad()
def graft(old, new, clips, log=print):
    """Gives `new` the transformer and the conditions of `old`; clips of the world at base size."""
    seen = [numbers(m, encode_clips(m, clips)) for m in (old, new)]
    for name, p in new.denoiser.named_parameters():
        if ".in." not in name and ".out." not in name:
            p.copy_(dict(old.denoiser.named_parameters())[name])
    for layer in new.layers:
        key = "x." + layer.name
        a, b = (s[key].float().flatten(0, 1) for s in seen)
        inwards, told = solve(b, a)
        outwards, back = solve(a, b)
        log("%s: the new numbers explain %.3f of the old, the old %.3f of the new" % (layer.name, told, back))
        into, out = (new.dit._modules[k][layer.name] for k in ("in", "out"))
        was_in, was_out = (old.dit._modules[k][layer.name] for k in ("in", "out"))
        for level in layer.levels:
            cells = new.dit.geometry[layer.name].size if level == "L0" else 1
            into[level].weight.copy_(was_in[level].weight @ torch.block_diag(*[inwards.T] * cells))
            into[level].bias.copy_(was_in[level].bias)
        out["L1"].weight.copy_(outwards.T @ was_out["L1"].weight)
        out["L1"].bias.copy_(was_out["L1"].bias @ outwards)
