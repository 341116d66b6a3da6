"""Muon for matrices and kernels beside AdamW for the rest, one object with one state.

Muon: the momentum's nearest orthogonal matrix, found by a quintic Newton-Schulz iteration, is the step; it is scaled
by 0.2 sqrt(max side), so that its entries are about as large as Adam's.
"""
import torch

from fast import BFLOAT16, linear


def orthogonal(g, steps=4):
    x = g / (g.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T.contiguous() if tall else x
    x = (tiles if BFLOAT16 or g.is_cuda else plain)(x, steps)
    return x.T if tall else x


def plain(x, steps):
    for _ in range(steps):
        a = linear(x, x)                                  # x x^T; a is symmetric
        x = 3.4445 * x + linear(-4.775 * a + 2.0315 * linear(a, a), x.T.contiguous())
    return x


def tiles(x, steps):
    """The same in bfloat16: the iteration mends its own rounding."""
    x = x.bfloat16()
    for _ in range(steps):
        a = x @ x.T
        x = torch.addmm(x, torch.addmm(a, a, a, beta=-4.775, alpha=2.0315), x, beta=3.4445)
    return x.float()


class Optimiser:
    def __init__(self, matrices, others, momentum=0.93, matrix_rate=1.0, decay=0.0):
        self.matrices, self.momentum, self.matrix_rate, self.decay = list(matrices), momentum, matrix_rate, decay
        self.buffers = [torch.zeros_like(p) for p in self.matrices]
        self.adam = torch.optim.AdamW(list(others), lr=1e-3, betas=(0.9, 0.97), weight_decay=0)

    def parameters(self):
        return self.matrices + [p for group in self.adam.param_groups for p in group["params"]]

    @torch.no_grad()
    def step(self, rate, clip=None):
        if clip:
            torch.nn.utils.clip_grad_norm_(self.parameters(), clip)
        for group in self.adam.param_groups:
            group["lr"] = rate
        self.adam.step()
        rate = rate * self.matrix_rate
        for p, b in zip(self.matrices, self.buffers):
            if p.grad is None:
                continue
            b.mul_(self.momentum).add_(p.grad)
            g = p.grad.add(b, alpha=self.momentum).flatten(1)
            if self.decay:
                p.mul_(1 - self.decay * rate)
            p.add_(orthogonal(g).view_as(p), alpha=-rate * 0.2 * max(g.shape) ** 0.5)
        for p in self.parameters():
            p.grad = None

    def state(self):
        return {"buffers": self.buffers, "adam": self.adam.state_dict()}

    def load(self, state):
        for b, s in zip(self.buffers, state["buffers"]):
            b.copy_(s)
        self.adam.load_state_dict(state["adam"])


def split(named, is_matrix):
    """Named parameters -> (for Muon, for AdamW), those that need gradients only."""
    named = [(n, p) for n, p in named if p.requires_grad]
    return [p for n, p in named if is_matrix(n, p)], [p for n, p in named if not is_matrix(n, p)]


def warm_then_decay(progress, step, warm=60, hold=0.6, floor=0.03):
    """Factor of the rate: linear warm-up over steps, constant to `hold` of the time, linear to `floor`."""
    fall = 1 if progress < hold else max(floor, 1 - (progress - hold) / (1 - hold))
    return min(1, (step + 1) / warm) * fall
