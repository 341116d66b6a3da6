"""Grafts a trained transformer on new codecs: what it has learned of scenes is kept, only the way in and out is new.

The world may have grown since: what slots and words are called tells which embedding is whose. A value or word that is
new begins small, near the mean of its kind; a slot that is new adds nothing and sends the token of slots left unset.

Both codecs see the same clips, so the numbers x of one are nearly a turned image of the other's. The way in is that turn
(the nearest orthogonal matrix, so that noise stays noise); the way out is fitted in closed form: from what the trunk
holds before its last matrix to what the velocity lacks beside its linear part.
"""
import torch

from dit import uniform
from dit_train import logit_normal
from latents import encode_clips, numbers
from spec import differences, plainest, slot_counts

RIDGE, SMALL = 1e-3, 0.1


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


def by_name(was, old_names, new_names):
    """Rows of an embedding by their names; further rows (a slot's unset) stay at the end. New rows: the mean of the old,
    and small numbers to tell them apart."""
    named, rest = was[:len(old_names)], was[len(old_names):]
    fresh = named.mean(0) + SMALL * named.std(0) * torch.randn(len(new_names), was.shape[1])
    for i, name in enumerate(new_names):
        if name in old_names:
            fresh[i] = named[old_names.index(name)]
    return torch.cat([fresh, rest])


def graft_conditions(old, new):
    """Embeddings of slots and words from one model to another that knows other ones."""
    had = {s["name"]: s["values"] for s in old.spec["slots"]}
    unset = torch.stack([old.cond.slot[k]["token"][-1] for k in had]).mean(0)
    for s in new.spec["slots"]:
        mine, name = new.cond.slot[s["name"]], s["name"]
        for kind in ("token", "pool"):
            if name in had:
                mine[kind].copy_(by_name(old.cond.slot[name][kind], had[name], s["values"]))
            else:
                mine[kind].copy_(SMALL * 0.3 * torch.randn(mine[kind].shape) + (unset if kind == "token" else 0))
                mine[kind][-1] = unset if kind == "token" else 0
    words = old.cond.caption["words"]
    new.cond.caption["words"].copy_(by_name(words, old.spec["vocabulary"], new.spec["vocabulary"]))


def slots_as(spec, other, slots):
    """Indices of `spec` told in another model's slots; what that one does not know is left unset there."""
    out = []
    for s in other["slots"]:
        at = next((i for i, mine in enumerate(spec["slots"]) if mine["name"] == s["name"]), None)
        if at is None:
            out.append(torch.full_like(slots[:, 0], len(s["values"])))
            continue
        to = [s["values"].index(v) if v in s["values"] else len(s["values"]) for v in spec["slots"][at]["values"]]
        out.append(torch.tensor(to + [len(s["values"])])[slots[:, at]])
    return torch.stack(out, 1)


def known_clips(old, spec, make, count):
    """Clips of the world such as the old model's world had: all their values it knows, and of slots that it has not the
    first. make(only): the world's stream."""
    had = {s["name"] for s in old.spec["slots"]}
    out, unset = [], torch.tensor(slot_counts(old.spec))
    for clip in make({k: v for k, v in plainest(spec["slots"]).items() if k not in had}):
        if (slots_as(spec, old.spec, torch.tensor([clip["slots"]])) < unset).all():
            out.append(clip)
        if len(out) == count:
            break
    return out


def seen_by(model, clips, spec):
    """The numbers that a model makes of the world's clips, whose slots are those of spec."""
    cache = encode_clips(model, clips)
    cache["slots"] = slots_as(spec, model.spec, cache["slots"])
    return numbers(model, cache)


@torch.no_grad()
def graft(old, new, clips, data, log=print):
    """Gives `new` the transformer and the conditions of `old`. clips: known to both, at base size; data: new numbers."""
    told = differences(new.spec["slots"], old.spec["slots"])
    log("the world has what the weights do not know: " + told if told else "the weights know all slots of the world")
    seen = [seen_by(m, clips, new.spec) for m in (old, new)]
    was = dict(old.denoiser.named_parameters())
    for name, p in new.denoiser.named_parameters():
        if not name.startswith(("dit.in.", "dit.out.", "cond.slot.", "cond.caption.words")):
            if name in was:
                p.copy_(was[name])
    graft_conditions(old, new)
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
