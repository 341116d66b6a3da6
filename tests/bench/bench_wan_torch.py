#!/usr/bin/env python3
"""The rival of bench_wan --cuda: PyTorch's pass of the same shape with made-up weights, on the same machine.

Wan 2.1 1.3B: 30 blocks of width 1536, operands in bf16, residual, norms and modulation in f32, attention by
scaled_dot_product_attention. Prints wall seconds of the last of three passes and TFLOP/s, counted as bench_wan counts.

    python3 tests/bench/bench_wan_torch.py            a GPU, 32,760 tokens
    python3 tests/bench/bench_wan_torch.py --cpu      this processor, 16 tokens, to see that it goes
"""
import sys
import time

import torch
import torch.nn.functional as F

WIDTH, FFN, HEADS, BLOCKS, TEXT_ROWS = 1536, 8960, 12, 30, 512
ON_CPU = "--cpu" in sys.argv
TYPE = torch.float32 if ON_CPU else torch.bfloat16
GRID = (1, 4, 4) if ON_CPU else (21, 30, 52)


def matrix(device, n, k):
    return (torch.rand(n, k, device=device, dtype=torch.float32) - 0.5).mul_(0.1).to(TYPE)


def make_block(device):
    names = {"qkv": (3 * WIDTH, WIDTH), "o": (WIDTH, WIDTH), "q": (WIDTH, WIDTH), "kv": (2 * WIDTH, WIDTH),
             "co": (WIDTH, WIDTH), "ffn0": (FFN, WIDTH), "ffn2": (WIDTH, FFN)}
    block = {name: matrix(device, *size) for name, size in names.items()}
    block["modulation"] = torch.rand(6, WIDTH, device=device) * 0.1
    block["norm"] = torch.rand(WIDTH, device=device)
    return block


def rms(x, weight):
    x = x.float()
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * weight


def angles(device):
    """Complex turns [tokens][1][64], pairs by frames, rows and columns."""
    parts = []
    for axis, pairs in enumerate((22, 21, 21)):
        place = torch.arange(GRID[axis], dtype=torch.float64)
        turn = torch.outer(place, 10000.0 ** (-torch.arange(pairs, dtype=torch.float64) / pairs))
        shape = [1, 1, 1, pairs]
        shape[axis] = GRID[axis]
        parts.append(torch.polar(torch.ones_like(turn), turn).view(shape).expand(*GRID, pairs))
    return torch.cat(parts, -1).reshape(-1, 1, 64).to(torch.complex64).to(device)


def turned(x, turns):
    pairs = torch.view_as_complex(x.reshape(x.shape[0], HEADS, 64, 2))
    return torch.view_as_real(pairs * turns).flatten(2)


def plain_attention(q, k, v):
    """For PyTorch 1, which has no other."""
    return torch.softmax(q @ k.transpose(-1, -2) / 128 ** 0.5, -1) @ v


def attend(q, k, v):
    heads = [t.view(t.shape[0], HEADS, 128).transpose(0, 1)[None].to(TYPE) for t in (q, k, v)]
    return getattr(F, "scaled_dot_product_attention", plain_attention)(*heads)[0].transpose(0, 1).reshape(q.shape[0], WIDTH)


def run_block(x, block, six, text, turns):
    shift1, scale1, gate1, shift2, scale2, gate2 = (six + block["modulation"]).unbind(0)
    h = (F.layer_norm(x, (WIDTH,)) * (1 + scale1) + shift1).to(TYPE)
    q, k, v = F.linear(h, block["qkv"]).chunk(3, -1)
    q, k = turned(rms(q, block["norm"]), turns), turned(rms(k, block["norm"]), turns)
    x = x + gate1 * F.linear(attend(q.flatten(1), k.flatten(1), v), block["o"])
    h = F.layer_norm(x, (WIDTH,), block["norm"], block["norm"]).to(TYPE)
    q = rms(F.linear(h, block["q"]), block["norm"])
    k, v = F.linear(text, block["kv"]).chunk(2, -1)
    x = x + F.linear(attend(q, rms(k, block["norm"]), v), block["co"])
    h = (F.layer_norm(x, (WIDTH,)) * (1 + scale2) + shift2).to(TYPE)
    return x + gate2 * F.linear(F.gelu(F.linear(h, block["ffn0"]), approximate="tanh"), block["ffn2"])


@torch.no_grad()
def main():
    device = "cpu" if ON_CPU else "cuda"
    if not ON_CPU and not torch.cuda.is_available():
        print("skipped: PyTorch sees no GPU")
        return
    torch.manual_seed(1)
    tokens = GRID[0] * GRID[1] * GRID[2]
    blocks = [make_block(device) for _ in range(2 if ON_CPU else BLOCKS)]
    six, text, turns = torch.rand(6, WIDTH, device=device), matrix(device, TEXT_ROWS, WIDTH), angles(device)
    given = torch.rand(tokens, WIDTH, device=device)
    for _ in range(3):
        if not ON_CPU:
            torch.cuda.synchronize()
        start, x = time.perf_counter(), given
        for block in blocks:
            x = run_block(x, block, six, text, turns)
        if not ON_CPU:
            torch.cuda.synchronize()
        seconds = time.perf_counter() - start
    flops = len(blocks) * (4 * tokens * tokens * WIDTH + 4 * tokens * TEXT_ROWS * WIDTH
                           + 2 * tokens * (6 * WIDTH * WIDTH + 2 * WIDTH * FFN) + 4 * TEXT_ROWS * WIDTH * WIDTH)
    peak = "" if ON_CPU else f", {torch.cuda.max_memory_allocated() >> 20} MB of the device"
    print(f"PyTorch {torch.__version__}: {tokens} tokens, {len(blocks)} blocks: {seconds:.3f} wall s, "
          f"{flops / 1e12:.3g} TFLOP ({flops / seconds / 1e12:.2f} TFLOP/s){peak}")


main()
