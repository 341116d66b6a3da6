"""Three CPU matters that double the speed of PyTorch 1.13 on one core; on a GPU each steps aside.

Measured at 4096 x 192 x 768 on one Zen 5 core: linear 95 GFLOP/s, the same as a 1x1 convolution in oneDNN 175;
squared ReLU forward and backward 60 ms through autograd, 4 ms by hand; freed pages kept instead of given back: 2x.
"""
import ctypes

import torch
import torch.nn as nn
import torch.nn.functional as F


def prepare(threads=1):
    """Call once, before the first large tensor."""
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(-8, 1)                 # M_ARENA_MAX: the backward thread shares the heap
        libc.mallopt(-3, 1 << 30)           # M_MMAP_THRESHOLD: large blocks come from the heap
        libc.mallopt(-1, (1 << 31) - 1)     # M_TRIM_THRESHOLD: and stay there
    except (OSError, AttributeError):
        pass
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)


def linear(x, weight, bias=None):
    rows = x.numel() // x.shape[-1]
    if x.is_cuda or rows % 16 or rows < 256 or not x.is_contiguous():
        return F.linear(x, weight, bias)
    y = x.view(rows // 16, 16, 1, x.shape[-1]).permute(0, 3, 1, 2)
    y = F.conv2d(y, weight[:, :, None, None], bias)
    return y.permute(0, 2, 3, 1).reshape(*x.shape[:-1], weight.shape[0])


class Linear(nn.Linear):
    def forward(self, x):
        return linear(x, self.weight, self.bias)


class SquaredRelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        r = x.clamp(min=0)
        ctx.save_for_backward(r)
        return r * r

    @staticmethod
    def backward(ctx, grad):
        r, = ctx.saved_tensors
        return (r * grad).mul_(2)


squared_relu = SquaredRelu.apply
