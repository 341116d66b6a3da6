"""The judge of generated shots (generator/eval/judge.h): what its pictures are, the network, its training.

It learns from the world's own scenes as the compositor shows them, and from spoiled ones in which nobody could name the
actor; there the right answer is "none". Pictures are blurred a little at random, since decoders blur.
"""
import json
import subprocess
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from export import read_safetensors, write_safetensors
from muon import warm_then_decay

POSES, HEIGHT, WIDTH, CROP, SLOTS = 6, 72, 128, 48, 32                  # generator/eval/glimpse.h, scene.h
RECORD = np.dtype([("slot", "<i4", SLOTS), ("spoil", "<i4"), ("frame", "u1", (POSES, HEIGHT, WIDTH, 3)),
                   ("crop", "u1", (POSES, CROP, CROP, 3))])
ERASED = 1                                                              # enum spoil
NAMED = "subject action subject_crop action_crop place time weather colour camera style mark company direction".split()
WITH_NONE = "subject action subject_crop action_crop".split()
OF_ACTOR = "colour mark company direction".split()                      # not asked where the actor is spoiled
MIRROR = {"left": "right", "right": "left", "pan-left": "pan-right", "pan-right": "pan-left"}
TRUNKS = {"frame_look": (False, False, 2, (16, 32, 64, 96), 64), "frame_move": (False, True, POSES, (32, 48, 64, 64), 64),
          "crop_look": (True, False, 1, (24, 48, 96, 128), 96), "crop_move": (True, True, POSES, (48, 64, 96, 96), 64)}
# name: crops, stacked, step of poses, channels, features


def record(eval_program, worldgen, path, seed, count):
    """Starts drawing scenes and looking at them, into path.part; the process is returned."""
    with open(path + ".part", "wb") as f:
        return subprocess.Popen([eval_program, "--glimpses", "--worldgen", worldgen, "--seed", str(seed), "--count",
                                 str(count)], stdout=f)


class Trunk(nn.Module):
    def __init__(self, crop, stack, step, channels, features):
        super().__init__()
        self.crop, self.stack, self.step = crop, stack, step
        h, w = (CROP, CROP) if crop else (HEIGHT, WIDTH)
        before, layers = 3 * POSES if stack else 3, []
        for c in channels:
            layers.append(nn.Sequential(nn.Conv2d(before, c, 3, 2, 1, bias=False), nn.BatchNorm2d(c), nn.ReLU()))
            before, h, w = c, (h + 1) // 2, (w + 1) // 2
        self.conv, self.end = nn.Sequential(*layers), nn.Linear(h * w * before, features)

    def forward(self, frames, crops):
        x = crops if self.crop else frames                              # [n, poses, 3, h, w]
        n = len(x)
        x = x.flatten(1, 2) if self.stack else x[:, ::self.step].flatten(0, 1)
        y = self.conv(x.contiguous(memory_format=torch.channels_last))
        y = y.permute(0, 2, 3, 1).flatten(1)                            # the engine's order: row, column, channel
        if not self.stack:
            y = y.view(n, -1, y.shape[-1]).mean(1)
        return F.relu(self.end(F.dropout(y, 0.2, self.training)))


class Judge(nn.Module):
    def __init__(self, attributes):
        super().__init__()
        self.attributes = attributes
        self.trunk = nn.ModuleDict({k: Trunk(*v) for k, v in TRUNKS.items()})
        every, crops = sum(t[4] for t in TRUNKS.values()), sum(t[4] for t in TRUNKS.values() if t[0])
        self.head = nn.ModuleDict({a["name"]: nn.Linear(crops if a["crop_only"] else every, len(a["values"]))
                                   for a in attributes})

    def forward(self, frames, crops):
        f = {k: t(frames, crops) for k, t in self.trunk.items()}
        every = torch.cat(list(f.values()), 1)
        small = torch.cat([f[k] for k in TRUNKS if TRUNKS[k][0]], 1)
        return {a["name"]: self.head[a["name"]](small if a["crop_only"] else every) for a in self.attributes}


def attributes_of(slots):
    """slots: the card's, in the world's order."""
    names, out = [s["name"] for s in slots], []
    for name in NAMED:
        slot = names.index(name.split("_")[0])
        values = list(slots[slot]["values"]) + (["none"] if name in WITH_NONE else [])
        out.append({"name": name, "slot": slot, "values": values, "crop_only": name.endswith("_crop")})
    return out


def labels_of(attributes, slot, spoil):
    """-> {name: [n]}; -1: not asked. A slot left unset is not asked."""
    out, spoiled = {}, spoil != 0
    for a in attributes:
        y = slot[:, a["slot"]].astype(np.int64)
        none = a["name"] in WITH_NONE
        y = np.where(y < len(a["values"]) - none, y, -1)
        if none:
            y = np.where(spoiled, len(a["values"]) - 1, y)
        elif a["name"] in OF_ACTOR or a["name"] == "weather":
            y = np.where(spoiled if a["name"] != "weather" else spoil == ERASED, -1, y)
        out[a["name"]] = torch.from_numpy(y)
    return out


def mirrored(attributes, labels, which):
    """Labels after the pictures in `which` were turned left to right."""
    for a in attributes:
        turned = torch.tensor([a["values"].index(MIRROR.get(v, v)) for v in a["values"]])
        y = labels[a["name"]]
        labels[a["name"]] = torch.where(which & (y >= 0), turned[y.clamp(min=0)], y)


def blurred(x, sigma):
    """[n, poses, 3, h, w], each of n with a sigma of its own."""
    tap = torch.exp(-torch.arange(-2.0, 3) ** 2 / (2 * sigma[:, None] ** 2 + 1e-6))
    tap = tap / tap.sum(1, keepdim=True)
    y, n = x.flatten(1, 2).transpose(0, 1), len(x)                      # [18, n, h, w]
    y = F.conv2d(F.pad(y, (2, 2, 0, 0), "replicate"), tap.view(n, 1, 1, 5), groups=n)
    y = F.conv2d(F.pad(y, (0, 0, 2, 2), "replicate"), tap.view(n, 1, 5, 1), groups=n)
    return y.transpose(0, 1).reshape(x.shape)


class JudgeTrainer:
    def __init__(self, slots, parts, log, held=600):
        self.attributes, self.log = attributes_of(slots), log
        data = [np.memmap(p, RECORD, "r") for p in parts]
        self.data, self.held = [d[held:] if i == 0 else d for i, d in enumerate(data)], data[0][:held]
        self.net = Judge(self.attributes).to(memory_format=torch.channels_last)
        self.rng = np.random.RandomState(int(time.time()))

    def tensors(self, r):
        turn = lambda x: torch.from_numpy(np.ascontiguousarray(x)).float().div_(127.5).sub_(1).movedim(-1, 2)
        return turn(r["frame"]), turn(r["crop"]), labels_of(self.attributes, r["slot"], r["spoil"])

    def batch(self, n):
        d = self.data[self.rng.randint(len(self.data))]
        frames, crops, labels = self.tensors(d[np.sort(self.rng.choice(len(d), n, False))])
        which = torch.rand(n) < 0.5
        frames[which], crops[which] = frames[which].flip(-1), crops[which].flip(-1)
        mirrored(self.attributes, labels, which)
        soft, light = torch.rand(n).mul(1.2), 1 + 0.1 * (torch.rand(n, 1, 1, 1, 1) - 0.5)
        third = slice(0, n // 3)                                        # the only ones blurred: it takes its time
        frames[third], crops[third] = blurred(frames[third], 0.6 * soft[third]), blurred(crops[third], soft[third])
        return frames.mul_(light), crops.mul_(light), labels

    def loss(self, frames, crops, labels):
        said = self.net(frames, crops)
        return sum(F.cross_entropy(said[k], labels[k], ignore_index=-1, label_smoothing=0.05) for k in said) / len(said)

    @torch.no_grad()
    def accuracy(self):
        """Share of right answers on held-out scenes, spoiled ones too."""
        self.net.eval()
        right, asked = {}, {}
        for i in range(0, len(self.held), 50):
            frames, crops, labels = self.tensors(self.held[i:i + 50])
            for k, y in self.net(frames, crops).items():
                ok = (y.argmax(1) == labels[k]) & (labels[k] >= 0)
                right[k] = right.get(k, 0) + ok.sum().item()
                asked[k] = asked.get(k, 0) + (labels[k] >= 0).sum().item()
        self.net.train()
        return {k: round(100 * right[k] / asked[k], 1) for k in right}

    def run(self, minutes, rate=2e-3, size=48):
        optimiser = torch.optim.AdamW(self.net.parameters(), lr=rate, weight_decay=0.02)
        began, told, steps, losses = time.time(), 0, 0, []
        while time.time() - began < 60 * minutes:
            now = (time.time() - began) / (60 * minutes)
            for group in optimiser.param_groups:
                group["lr"] = rate * warm_then_decay(now, steps, 50, 0.3, 0.01)
            loss = self.loss(*self.batch(size))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            steps += 1
            losses.append(loss.item())
            if time.time() - began > told + 60:
                told = time.time() - began
                self.log("judge: step %d loss %.4f %s" % (steps, np.mean(losses[-50:]), self.accuracy()))
        self.log("judge: end, %s" % self.accuracy())

    @torch.no_grad()
    def load(self, path):
        """Goes on from a saved judge: its norms are folded away, so new ones are fitted that change nothing."""
        state = {k: v.float() for k, v in read_safetensors(path).items()}
        frames, crops, _ = self.batch(96)
        for name, trunk in self.net.trunk.items():
            x = crops if trunk.crop else frames
            x = x.flatten(1, 2) if trunk.stack else x[:, ::trunk.step].flatten(0, 1)
            for i, (conv, norm, _) in enumerate(trunk.conv):
                conv.weight.copy_(state["%s.conv.%d.weight" % (name, i)].permute(3, 2, 0, 1))
                y, bias = conv(x), state["%s.conv.%d.bias" % (name, i)]
                norm.running_mean.copy_(y.mean((0, 2, 3)))
                norm.running_var.copy_(y.var((0, 2, 3)))
                norm.weight.copy_((norm.running_var + norm.eps).sqrt())
                norm.bias.copy_(bias + norm.running_mean)
                x = F.relu(y + bias.view(-1, 1, 1))
            trunk.end.weight.copy_(state[name + ".end.weight"].T)
            trunk.end.bias.copy_(state[name + ".end.bias"])
        for name, head in self.net.head.items():
            head.weight.copy_(state["head.%s.weight" % name].T)
            head.bias.copy_(state["head.%s.bias" % name])
        self.log("judge: go on from %s, %s" % (path, self.accuracy()))

    def save(self, path):
        """Norms folded into the kernels; kernels as [3][3][in][out]."""
        out = {}
        for name, trunk in self.net.trunk.items():
            for i, (conv, norm, _) in enumerate(trunk.conv):
                scale = norm.weight / (norm.running_var + norm.eps).sqrt()
                out["%s.conv.%d.weight" % (name, i)] = (conv.weight * scale.view(-1, 1, 1, 1)).permute(2, 3, 1, 0)
                out["%s.conv.%d.bias" % (name, i)] = norm.bias - norm.running_mean * scale
            out[name + ".end.weight"], out[name + ".end.bias"] = trunk.end.weight.T, trunk.end.bias
        for name, head in self.net.head.items():
            out["head.%s.weight" % name], out["head.%s.bias" % name] = head.weight.T, head.bias
        about = {"attributes": json.dumps(self.attributes), "accuracy": json.dumps(self.accuracy())}
        write_safetensors(path, {k: v.detach().contiguous().half() for k, v in out.items()}, about)
