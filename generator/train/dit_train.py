"""Trains the transformer on cached latents, in one process or in two that average their parameters.

Each batch is of one kind: every layer at L1 at any t, at L0 at high t, or mixed at low t. Whole layers are at times
given clean, so that a film can keep its place or its actor. Everything needed to go on is in one file.
"""
import json
import math
import os
import random
import time

import numpy as np
import torch

from dit import Begun, Cells, Denoiser, begun_of, uniform
from evaluate import held_out, mean_loss
from fast import half
from muon import Optimiser, split, warm_then_decay
from plans import density, filled_plan, mixed_plan
from spec import slot_counts
from together import AVERAGE_EVERY, average

RATE = 1.5e-3
BATCH = {"L1": 16, "L0": 32, "mixed": 16, "filled": 24}
KINDS = (("L1", 0.70, 0.0, 1.0), ("L0", 0.14, 0.5, 1.0), ("mixed", 0.05, 0.0, 0.6), ("filled", 0.11, 0.0, 0.75))
                                                                                        # name, share, band of t
FILLED = (0.5, 0.65, 0.8)       # shares of the actor's and effect's cells that have a token
WEIGHT = {"plate": 1.0, "actor": 1.0, "effect": 0.4, "camera": 1.5, "actor_path": 1.5, "effect_path": 0.4}     # of a
# vector 3 in 4 axes are all but dead, so its few live ones need a large weight to be heard
GO_ON = 0.33         # of the clips of a batch, at least so many go on where the cache has such
PLACE_STAYS = 0.7    # of those, the share whose plate is given: a shot has one
BLUR = 0.2           # most noise on what they begin with, since a shot begins with what the model made
HELD = ((0.16, ("plate",)), (0.08, ("actor", "actor_path", "effect", "effect_path")), (0.12, ("plate", "camera")))


def logit_normal(n, low, high, mean=0.4, deviation=1.1):
    """Stratified draws of t from a logit-normal cut to [low, high]."""
    gauss = lambda t: 0.5 * (1 + math.erf((math.log(t / (1 - t)) - mean) / (deviation * math.sqrt(2))))
    a, b = gauss(max(low, 0.008)), gauss(min(high, 0.995))
    u = a + (b - a) * (torch.arange(n) + torch.rand(n)) / n
    return torch.sigmoid(math.sqrt(2) * torch.erfinv(2 * u - 1) * deviation + mean)


class Batches:
    def __init__(self, model, cache, data, held_clips, seed, device):
        """cache: latents, data: numbers (latents.py); the last held_clips are kept out."""
        self.model, self.cache, self.data, self.device = model, cache, data, device
        self.count = len(data["slots"]) - held_clips
        self.rng = np.random.RandomState(seed)
        self.unset = torch.tensor(slot_counts(model.spec))
        begun = begun_of(model.spec, data["slots"], data)
        self.going_on = begun.mask[:self.count].nonzero().flatten().numpy() if begun else ()
        share = len(self.going_on) / self.count
        self.more = (GO_ON - share) / (1 - share)           # drawn anew from those that go on

    def numbers(self, i, slots, dropped):
        """x_0; where a slot was dropped, relative to the prior without it, as it will be in sampling."""
        x = {y.name: self.data["x." + y.name][i].float() for y in self.model.layers}
        if len(dropped):
            z = {y.name: self.cache["z." + y.name][i[dropped]].float() for y in self.model.layers}
            for name, v in self.model.normalise(z, slots[dropped]).items():
                x[name][dropped] = v
        return x

    def take(self, n):
        i = self.rng.randint(0, self.count, n)
        if len(self.going_on):
            i = np.where(self.rng.rand(n) < self.more, self.rng.choice(self.going_on, n), i)
        i = torch.from_numpy(i)
        slots, words = self.data["slots"][i].clone(), self.data["words"][i].clone()
        one = torch.rand(slots.shape) < 0.03
        slots = torch.where(one, self.unset.expand_as(slots), slots)
        x = self.numbers(i, slots, one.any(1).nonzero()[:, 0])
        every = torch.rand(n) < 0.10
        slots[every] = self.unset
        words[torch.rand(n) < 0.30] = -1
        weight = {y.name: 1 + 3 * self.data["matte." + y.name][i] for y in self.model.layers}
        held = torch.zeros(n, len(self.model.layers), dtype=torch.bool)
        draw, at = torch.rand(n), 0.0
        index = {y.name: y.index for y in self.model.layers}
        for share, names in HELD:
            chosen = (draw >= at) & (draw < at + share)
            for name in names:
                held[:, index[name]] |= chosen
            at += share
        begun = begun_of(self.model.spec, self.data["slots"][i], self.data, i)
        if begun:
            held[:, index["plate"]] |= begun.mask & (torch.rand(n) < PLACE_STAYS)
            begun = Begun(begun.mask.to(self.device), {k: v.to(self.device) for k, v in begun.start.items()})
        move = lambda d: {k: v.to(self.device) for k, v in d.items()}
        mattes = {y.name: self.data["matte." + y.name][i] for y in self.model.layers if y.is_grid and y.channels == 4}
        return (move(x), move(weight), slots.to(self.device), words.to(self.device), held.to(self.device),
                move(mattes), begun)


def loss_of(denoiser, layers, batch, t, plan):
    """Weighted velocity loss; held layers, and what others begin with, are given clean and do not count."""
    x0, weight, slots, words, held, _, begun = batch
    noise = {k: torch.randn_like(v) for k, v in x0.items()}
    xt, given = {}, {}
    for y in layers:
        known = begun.cells(y) if begun else None
        given[y.name] = held[:, y.index, None] if known is None else known | held[:, y.index, None]
        mine = (t[:, None] * ~given[y.name])[..., None]
        xt[y.name] = (1 - mine) * x0[y.name] + mine * noise[y.name]
        if known is not None:
            xt[y.name] += (BLUR * torch.rand(len(t), 1, 1) * known[..., None]).to(t.device) * torch.randn_like(noise[y.name])
    v = denoiser(xt, t, slots, words, plan, held, begun)
    total, each = 0, {}
    for y in layers:
        k = y.name
        calm = (1.5 / (1 + x0[k].square().mean((1, 2)))).clamp(max=1)       # a clip far off its prior: not louder
        w = weight[k] / weight[k].mean() * ~given[k] * calm[:, None]
        if isinstance(plan.get(k), Cells):
            w = w * torch.zeros_like(w).scatter(1, plan[k].which, 1)
        e = (v[k].float() - (noise[k] - x0[k])).square().mean(-1)
        each[k] = (w * e).sum() / w.sum().clamp(min=1)
        total = total + WEIGHT[k] * each[k]
    return total / sum(WEIGHT.values()), each


class Trainer:
    def __init__(self, model, cache, data, folder, rank=0, world=1, device="cpu", held_clips=48, log=print):
        self.model, self.folder, self.rank, self.world, self.log = model, folder, rank, world, log
        for y in model.layers:                          # of the clean numbers, for the linear part of velocities
            model.dit.var[y.name].copy_(data["x." + y.name].float().square().mean((0, 1)).clamp(min=1e-4))
        self.net = Denoiser(model.spec).to(device)
        self.net.load_state_dict(model.denoiser.state_dict())
        self.ema = model.denoiser                       # the model itself holds the average
        self.batches = Batches(model, cache, data, held_clips, int(time.time()) + 1000 * rank, device)
        self.held_data = {k: v[-held_clips:] for k, v in data.items()}
        self.device, self.path = device, os.path.join(folder, "dit.pt")
        matrix = lambda n, p: n.startswith("dit.block.") and p.dim() == 2 and "mod_bias" not in n
        self.optimiser = Optimiser(*split(self.net.named_parameters(), matrix), matrix_rate=1.3, decay=0.03)
        self.steps, self.samples, self.elapsed, self.warm = 0, 0, 0.0, 60

    def resume(self, weights=None):
        """From the full state, else from given weights with a short warm-up, else from nothing."""
        if os.path.exists(self.path):
            s = torch.load(self.path, map_location=self.device)
            self.net.load_state_dict(s["net"])
            self.ema.load_state_dict(s["ema"])
            if "optimiser" in s:                    # a carried state has none
                self.optimiser.load(s["optimiser"])
            self.steps, self.samples, self.elapsed = s["steps"], s["samples"], s["elapsed"]
        elif weights is not None:
            self.net.load_state_dict(weights)
            self.steps, self.warm = 1000, 100           # the average starts as slow as it ended

    def save(self):
        torch.save({"net": self.net.state_dict(), "ema": self.ema.state_dict(), "optimiser": self.optimiser.state(),
                    "steps": self.steps, "samples": self.samples, "elapsed": self.elapsed}, self.path + ".part")
        os.replace(self.path + ".part", self.path)

    def step(self, progress):
        r, at = random.Random(self.steps).random(), 0.0        # the same kind in all processes
        for kind, share, low, high in KINDS:
            at += share
            if r < at:
                break
        batch, layers = self.batches.take(BATCH[kind]), self.model.layers
        t = logit_normal(BATCH[kind], low, high).to(self.device)
        if kind == "mixed":
            plan = mixed_plan(layers, density(layers, batch[0]), jitter=0.3)
        elif kind == "filled":
            plan = filled_plan(batch[5], random.choice(FILLED), jitter=0.3)
        else:
            plan = uniform(kind, layers)
        with half(torch.device(self.device).type):
            loss, _ = loss_of(self.net, layers, batch, t, plan)
        loss.backward()
        self.optimiser.step(RATE * warm_then_decay(progress, self.steps_here, self.warm), clip=1.0)
        self.steps += 1
        self.steps_here += 1
        self.samples += BATCH[kind] * self.world
        keep = min(0.998, (1 + self.steps) / (20 + self.steps))
        with torch.no_grad():
            for e, p in zip(self.ema.parameters(), self.net.parameters()):
                e.lerp_(p, 1 - keep)
        return loss.item()

    def report(self, losses, look):
        result = held_out(self.model, self.held_data)
        line = {"minutes": round(self.elapsed / 60, 2), "samples": self.samples, "steps": self.steps,
                "train": round(float(np.mean(losses)), 4), "mean": round(mean_loss(result), 4), "held": result}
        with open(os.path.join(self.folder, "metrics.jsonl"), "a") as f:
            f.write(json.dumps(line) + "\n")
        short = " ".join("%s %s" % (k, "/".join("%.3f" % result["L1"][t][k] for t in result["L1"]))
                         for k in ("plate", "actor", "effect", "actor_path"))
        self.log("%.1f min %d samples train %.4f held-out %.4f  %s  L0 %.4f mixed %.4f" % (
            self.elapsed / 60, self.samples, line["train"], line["mean"], short,
            mean_loss(result, "L0"), mean_loss(result, "mixed")))
        self.save()
        if look:
            look(self.model, self.samples)

    def run(self, minutes, slice_minutes=None, every=4.0, look=None, total=None):
        """Trains until `minutes` in all; the rate falls towards `total` minutes (default: the same)."""
        total = 60 * (total or minutes)
        end = min(60 * minutes, self.elapsed + 60 * (slice_minutes or minutes))
        began, told, losses = time.time() - self.elapsed, self.elapsed, []
        self.steps_here, clock = 0, self.elapsed
        while clock < end:
            losses.append(self.step(self.elapsed / total))
            self.elapsed = time.time() - began
            if self.world == 1 or self.steps % AVERAGE_EVERY == 0:
                clock = average(self.net.parameters(), self.elapsed, self.world)
            if self.rank == 0 and self.elapsed > told + 60 * every:
                told = self.elapsed
                self.report(losses, look)
                losses = []
        if self.rank == 0:
            self.report(losses or [0], look)
        return self.model
