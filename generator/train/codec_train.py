"""Trains one layer's codec: closed-form start, learned residual, then a decoder that bears wrong latents, and its head.

Phases by share of the time. In the first, encoder and decoder learn together under slight noise. Then the encoder is
frozen and the decoder sees latents with much noise, strong in some cells and weak in their neighbours: it learns
to mend cells that do not fit together, as generated ones do not. The head at full size learns along.
"""
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

from codec import Codec
from fast import half
from muon import Optimiser, split, warm_then_decay
from picture import save_sheet, to_rgb
from spec import layers_of
from together import AVERAGE_EVERY, average, same

FIRST = 0.75                                               # share of the time for encoder and decoder together
BATCH = {"plate": 6, "actor": 12, "effect": 32}
NOISE = {"plate": 0.7, "actor": 0.45, "effect": 0.45}      # in whitened units, the largest
BORDER = 6                                                 # weight of slopes across the borders of cells
FULL_EVERY = {"plate": (8, 2), "actor": (8, 2), "effect": (8, 2)}   # steps between those with the head, by phase


class Pictures:
    """Random training pictures of one layer at full size, from a cache."""

    def __init__(self, cache, layer, seed):
        self.data, self.layer, self.rng = getattr(cache, layer.name), layer, np.random.RandomState(seed)
        if layer.channels == 4:
            filled = cache.filled[:, 0 if layer.name == "actor" else 1]
            self.groups = np.argwhere(filled > 1e-3)

    def to_tensor(self, u8):
        if self.layer.channels == 3:
            return torch.from_numpy(np.array(u8)).float().div_(127.5).sub_(1).movedim(-1, -3)
        x = torch.from_numpy(np.array(u8)).float().div_(255).movedim(-1, -3)
        return x.flatten(-4, -3)

    def batch(self, n, columns=6):
        if self.layer.channels == 3:
            cell, out = 16 * self.layer.upscale, []
            for i in self.rng.randint(0, len(self.data), n):
                x = self.rng.randint(0, self.layer.shape[2] - columns + 1) * cell
                if self.rng.rand() < 0.5:
                    x = min(x + cell // 2, (self.layer.shape[2] - columns) * cell)
                out.append(self.data[i, :, x:x + columns * cell])
        else:
            picks = self.groups[self.rng.randint(0, len(self.groups), n)]
            out = [self.data[i, 4 * g:4 * g + 4] for i, g in picks]
        return self.to_tensor(np.stack(out))

    def held(self, n):
        if self.layer.channels == 3:
            return self.to_tensor(self.data[:n])
        picks = self.groups[np.linspace(0, len(self.groups) - 1, n).astype(int)]
        return self.to_tensor(np.stack([self.data[i, 4 * g:4 * g + 4] for i, g in picks]))


def matte(x, grow):
    """Dilated alpha of [n, 16, h, w] -> [n, 4, 1, h, w] of 0 and 1"""
    a = (x.view(len(x), 4, 4, *x.shape[-2:])[:, :, 3] > 0.05).float()
    return F.max_pool2d(a, 2 * grow + 1, 1, grow)[:, :, None]


def rgba_loss(y, x, grow):
    shape = (len(x), 4, 4, *x.shape[-2:])
    weight = 0.15 + matte(x, grow)
    colour, alpha = (y - x).view(shape).split((3, 1), 2)
    e = colour - torch.rand(len(x), 1, 3, 1, 1, device=x.device) * alpha           # over a random grey
    return (weight * (e.abs() + 4 * e * e)).mean() + 0.5 * (weight * (alpha.abs() + 2 * alpha * alpha)).mean()


class EdgeLoss(torch.autograd.Function):
    """Mean absolute difference of neighbouring errors, those across the borders of cells weighted: a seam there is one
    long line, and seen. Its gradient by hand saves many passes over large pictures."""

    @staticmethod
    def forward(ctx, e, cell):
        slope, total = torch.zeros_like(e), 0
        for dim in (-2, -1):
            n = e.shape[dim] - 1
            d = e.narrow(dim, 1, n) - e.narrow(dim, 0, n)
            weight = torch.ones(n, device=e.device)
            weight[cell - 1::cell] = BORDER
            weight = weight.div_(d.numel()).view(-1, *[1] * (-1 - dim))
            total = total + (d.abs() * weight).sum()
            s = d.sign_().mul_(weight)
            slope.narrow(dim, 1, n).add_(s)
            slope.narrow(dim, 0, n).sub_(s)
        ctx.save_for_backward(slope)
        return total

    @staticmethod
    def backward(ctx, grad):
        return ctx.saved_tensors[0] * grad, None


def rgb_loss(y, x, cell):
    """cell: pixels along a cell's side at this size"""
    e = y - x
    return e.abs().mean() + 4 * e.square().mean() + 0.5 * EdgeLoss.apply(e, cell)


def psnr(codec, y, x):
    """Plate: over the whole picture, of range 2. RGBA: over grey 0.3 and 0.7, inside the dilated matte, of range 1."""
    if not codec.rgba:
        return (10 * torch.log10(4 / (y - x).square().mean((1, 2, 3)))).mean().item()
    shape, total = (len(x), 4, 4, *x.shape[-2:]), 0
    inside = matte(x, 2 * x.shape[-1] // 64).squeeze(2) > 0
    y, x = y.view(shape), x.view(shape)
    for grey in (0.3, 0.7):
        e = (y[:, :, :3] - x[:, :, :3]) - grey * (y[:, :, 3:] - x[:, :, 3:])
        total += 10 * torch.log10(1 / e.square().mean(2)[inside].mean()).item() / 2
    return total


def shake(w, largest):
    """Noise of random strength a picture; 60 % of the cells at full strength, the others at 0.3 of it."""
    strength = torch.rand(len(w), 1, 1, 1) * largest
    cells = torch.where(torch.rand(len(w), 1, *w.shape[-2:]) < 0.6, 1.0, 0.3)
    return w + (strength * cells).to(w) * torch.randn_like(w)


class CodecTrainer:
    def __init__(self, spec, name, cache, held, folder, log, rank=0, processes=1):
        self.layer = next(x for x in layers_of(spec) if x.name == name)
        self.codec, self.folder, self.log = Codec(self.layer), folder, log
        self.rank, self.processes, seed = rank, processes, int(time.time()) + 1000 * rank
        self.pictures = Pictures(cache, self.layer, seed)
        torch.manual_seed(seed)
        self.held = Pictures(held, self.layer, 0).held(24)
        self.path = os.path.join(folder, "codec-%s.pt" % name)
        self.elapsed, self.steps, self.phase, self.optimiser = 0.0, 0, 0, None

    def base(self, full):
        return F.avg_pool2d(full, self.layer.upscale)

    def start(self, codec=None):
        """From the state in the folder, else from a codec trained elsewhere, else from a linear code."""
        if os.path.exists(self.path):
            s = torch.load(self.path)
            self.codec.load_state_dict(s["model"])
            self.elapsed, self.steps, self.phase = s["elapsed"], s["steps"], s["phase"]
            self.begin_phase(self.phase)
            if "optimiser" in s:                    # a carried state has none
                self.optimiser.load(s["optimiser"])
            return
        if codec is not None:
            self.codec.load_state_dict(codec.state_dict())
            self.begin_phase(0)
            self.log("start from other weights: " + self.measure())
            return
        cells = []
        for _ in range(40 if self.layer.channels == 3 else 12):
            x = F.pixel_unshuffle(self.base(self.pictures.batch(32)), 16).permute(0, 2, 3, 1).flatten(0, 2)
            cells.append(x[x.abs().sum(1) > 1])
        self.codec.fit(torch.cat(cells))
        self.begin_phase(0)
        self.log("linear start: " + self.measure())

    def begin_phase(self, phase):
        self.phase, self.phase_steps = phase, 0
        for n, p in self.codec.named_parameters():
            p.requires_grad_(phase == 0 or not n.startswith("enc."))
        large = lambda n, p: p.dim() == 4 and min(p.shape[:2]) >= 32 and not n.startswith("head.4")
        self.optimiser = Optimiser(*split(self.codec.named_parameters(), large))

    def loss(self, y, x):
        if self.codec.rgba:
            return rgba_loss(y, x, max(1, x.shape[-1] // 32))
        return rgb_loss(y, x, 16 * self.layer.upscale if x.shape[-2] > self.layer.height else 16)

    def step(self, progress):
        """One step; progress 0..1 within the phase."""
        full, name = self.pictures.batch(BATCH[self.layer.name]), self.layer.name
        if torch.rand(1) < 0.5:
            full = full.flip(-1)
        x = self.base(full)
        with half():
            loss = self.loss_of(full, x, self.steps % FULL_EVERY[name][self.phase] == 0)
        loss.backward()
        rate = 2e-3 * warm_then_decay(progress, self.phase_steps, 30, 0.5, 0.02)
        self.optimiser.step(rate)
        self.steps += 1
        self.phase_steps += 1
        return loss.item()

    def loss_of(self, full, x, enlarged):
        if self.phase == 0:
            w = self.codec.whiten(x).float()
            noisy, keep = w + 0.1 * torch.randn_like(w), 1e-3 * w.square().mean()
        else:
            with torch.no_grad():
                noisy, keep = shake(self.codec.whiten(x).float(), NOISE[self.layer.name]), 0
        f, y = self.codec.trunk(noisy)
        loss = self.loss(y.float(), x) + keep
        if enlarged:
            loss = loss + self.loss(self.codec.enlarge(f, y).float(), full)
        return loss

    @torch.no_grad()
    def reconstruct(self, noise=0.0):
        base, full = [], []
        for part in self.held.split(4):
            w = self.codec.whiten(self.base(part))
            f, y = self.codec.trunk(w + noise * torch.randn_like(w))
            base.append(self.codec.clamp(y))
            full.append(self.codec.clamp(self.codec.enlarge(f, y)))
        return torch.cat(base), torch.cat(full)

    def figures(self):
        """Held-out PSNR in dB."""
        base, full = self.reconstruct()
        shaken, small = self.reconstruct(0.4)[0], self.base(self.held)
        ratio = lambda y, x: round(psnr(self.codec, y, x), 2)
        return {"base": ratio(base, small), "full": ratio(full, self.held), "base_noise_0.4": ratio(shaken, small)}

    def measure(self):
        return "held-out PSNR " + " ".join("%s %.2f" % kv for kv in self.figures().items())

    def picture(self):
        """Originals over reconstructions, at full size."""
        full = self.reconstruct()[1]
        pick = range(0, 24, 8) if self.layer.channels == 3 else range(0, 24, 3)
        rows = [[to_rgb(v[i], self.layer) for i in pick] for v in (self.held, full)]
        save_sheet(os.path.join(self.folder, "codec-%s.png" % self.layer.name), rows)

    def save(self):
        torch.save({"model": self.codec.state_dict(), "optimiser": self.optimiser.state(), "elapsed": self.elapsed,
                    "steps": self.steps, "phase": self.phase}, self.path + ".part")
        os.replace(self.path + ".part", self.path)

    def tell(self, losses):
        self.log("%5.0f s phase %d step %d loss %.4f %s" % (
            self.elapsed, self.phase, self.steps, np.mean(losses[-50:]), self.measure()))
        self.picture()
        self.save()

    def run(self, minutes, slice_minutes=None, report=60, codec=None):
        """Trains until `minutes` in all are spent, or this slice's are; saves and reports on the way."""
        self.start(codec)
        same(self.codec, self.processes)
        clock = self.elapsed
        began, told, losses = time.time() - clock, clock, []
        end = min(60 * minutes, clock + 60 * (slice_minutes or minutes))
        while clock < end:
            share = clock / (60 * minutes)
            if self.phase == 0 and share > FIRST:
                self.begin_phase(1)
            inside = share / FIRST if self.phase == 0 else (share - FIRST) / (1 - FIRST)
            losses.append(self.step(inside))
            self.elapsed = time.time() - began
            if self.processes == 1 or self.steps % AVERAGE_EVERY == 0:
                clock = average(self.codec.parameters(), self.elapsed, self.processes)
            if self.rank == 0 and self.elapsed > told + report:
                told = self.elapsed
                self.tell(losses)
        if self.rank == 0:
            self.tell(losses or [0])
        return self.codec
