"""The transformer that removes noise from all layers of a shot together (FORMAT.md, sections 5 and 6).

Numbers travel as dictionaries layer name -> [batch, cells, dim], cells in raster order (t, y, x). A plan says how
finely each layer is cut into tokens: "L1" (the cell), "L0" (the quad), a LongTensor [batch, n] of the quads that stay
fine while the others are merged, or Cells: those that have a token while the others, being empty, have none.
Parameter names are those of the file format.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from fast import Linear, attention, squared_relu, unit
from spec import layers_of, slot_counts

FREQUENCIES = (0.4, 0.8, 1.6, 3.1)
LEAST_T = 0.02          # the linear part of a velocity is that of this t at least


class Geometry:
    """Where the cells and quads of one layer lie."""

    def __init__(self, layer):
        t, h, w = layer.shape
        self.shape = layer.shape
        cell = torch.arange(layer.cells).view(t, h, w)
        at = torch.stack(torch.meshgrid(torch.arange(t), torch.arange(h), torch.arange(w), indexing="ij"), -1)
        self.centres = {"L1": at.reshape(-1, 3).float() if layer.is_grid else torch.zeros(1, 3)}
        self.quad = layer.quad
        if not layer.quad:
            return
        a, b, c = layer.quad
        cut = lambda x: x.reshape(t // a, a, h // b, b, w // c, c, -1).permute(0, 2, 4, 1, 3, 5, 6)
        self.order = cut(cell).reshape(-1, a * b * c)                  # [quads, cells of a quad]
        self.place = torch.argsort(self.order.flatten())               # cell -> its position in that order
        self.centres["L0"] = cut(at).reshape(len(self.order), -1, 3).float().mean(1)
        self.quads, self.size = self.order.shape
        self.coarse_shape = (t // a, h // b, w // c)

    def gather(self, x):
        """[batch, cells, d] -> [batch, quads, cells of a quad, d]"""
        return x[:, self.order.to(x.device)]

    def scatter(self, x):
        """The inverse of gather."""
        return x.flatten(1, 2)[:, self.place.to(x.device)]


def position_features(centres, layer, layers, level):
    f = [torch.sin(centres * w + p) for w in FREQUENCIES for p in (0.0, math.pi / 2)]
    one_hot = torch.zeros(len(centres), layers + 2)
    one_hot[:, layer] = 1
    one_hot[:, layers + (0 if level == "L0" else 1)] = 1
    return torch.cat(f + [one_hot], 1)


class Cells:
    """A plan of one layer: the cells [batch, n] that have a token."""

    def __init__(self, which):
        self.which, self.count = which, which.shape[1]

    def index(self, x):
        return self.which[..., None].expand(-1, -1, x.shape[-1])

    def spread(self, u, cells):
        """Tokens -> every cell [batch, cells, c], zero where there is none."""
        return u.new_zeros(len(u), cells, u.shape[-1]).scatter(1, self.index(u), u)

    def collect(self, x):
        return torch.gather(x, 1, self.index(x))


class Begun:
    """Of a batch, the clips that go on from another: mask [batch] of bool, and of each vector layer the first poses
    {name: [batch, coordinates * poses]}. What they begin with is known: the first group of actor and effect is given clean."""

    def __init__(self, mask, start):
        self.mask, self.start = mask, start

    def cells(self, layer):
        """The known cells [batch, cells]; None: the layer has no groups."""
        if not layer.is_grid or layer.shape[0] == 1:
            return None
        first = torch.arange(layer.cells, device=self.mask.device) < layer.cells // layer.shape[0]
        return self.mask[:, None] & first


def begun_of(spec, slots, data, which=slice(None)):
    """Who goes on among clips of the world: slots [n, count], data: start.<layer> of all clips, which: their rows there."""
    if "goes_on" not in spec:
        return None
    names = [s["name"] for s in spec["slots"]]
    at = names.index(spec["goes_on"]["slot"])
    value = spec["slots"][at]["values"].index(spec["goes_on"]["value"])
    start = {k[6:]: v[which].to(slots.device).float() for k, v in data.items() if k.startswith("start.")}
    return Begun(slots[:, at] == value, start)


class Tokens:
    """How one batch is cut into tokens: for each layer its span, and for mixed sizes the bookkeeping."""

    def __init__(self, geometry, plan):
        self.spans, self.plan, self.mixed, at = {}, plan, {}, 0
        for name, g in geometry.items():
            p = plan.get(name, "L1")
            if isinstance(p, torch.Tensor):
                self.mixed[name] = m = Mixed(g, p)
                count = m.count
            elif isinstance(p, Cells):
                count = p.count
            else:
                count = len(g.centres[p])
            self.spans[name] = (at, at + count)
            at += count
        self.count = at


class Mixed:
    """Fine quads first (all their cells), then the coarse ones."""

    def __init__(self, g, fine):
        batch, n = fine.shape
        is_fine = torch.zeros(batch, g.quads, dtype=torch.bool, device=fine.device)
        is_fine.scatter_(1, fine, True)
        self.fine = fine
        self.coarse = (~is_fine).nonzero()[:, 1].view(batch, g.quads - n)
        self.count = n * g.size + g.quads - n
        order = g.order.to(fine.device)
        row = torch.empty(batch, g.quads, g.size, dtype=torch.long, device=fine.device)
        at_fine = torch.arange(n * g.size, device=fine.device).view(1, n, g.size).expand(batch, -1, -1)
        at_coarse = (n * g.size + torch.arange(g.quads - n, device=fine.device)).view(1, -1, 1)
        expand = lambda i: i[..., None].expand(-1, -1, g.size)
        row.scatter_(1, expand(self.fine), at_fine)
        row.scatter_(1, expand(self.coarse), at_coarse.expand(batch, -1, g.size))
        base = torch.arange(batch, device=fine.device).view(-1, 1)
        self.row_of_cell = (g.scatter(row[..., None])[..., 0] + base * self.count).flatten()
        cells = len(g.place)
        self.cell_of_fine = (order[self.fine].flatten(1) + base * cells).flatten()
        self.cell_of_coarse = (order[self.coarse].flatten(1) + base * cells).flatten()
        self.g = g

    def spread(self, u):
        """Tokens [batch, count, c] -> every cell's token [batch, cells, c]."""
        return u.flatten(0, 1).index_select(0, self.row_of_cell).view(len(u), -1, u.shape[-1])

    def collect(self, x):
        """Cells -> tokens: a fine token takes its cell, a coarse one the mean of its cells."""
        b, _, c = x.shape
        flat = x.reshape(-1, c)
        fine = flat.index_select(0, self.cell_of_fine).view(b, -1, c)
        coarse = flat.index_select(0, self.cell_of_coarse).view(b, -1, self.g.size, c).mean(2)
        return torch.cat([fine, coarse], 1)

    def pick(self, quads, which):
        """[batch, quads, size, d], [batch, n] -> [batch, n, size, d]"""
        return torch.gather(quads, 1, which[..., None, None].expand(-1, -1, *quads.shape[2:]))


def depthwise(u, weight, shape):
    """3x3 in the plane of each t over tokens in raster order; channels stay last in memory."""
    b, n, c = u.shape
    t, h, w = shape
    x = u.reshape(b * t, h, w, c).permute(0, 3, 1, 2)
    with torch.autocast(u.device.type, enabled=False):          # oneDNN is 40 times slower at it in bfloat16
        y = F.conv2d(x.to(weight.dtype), weight, padding=1, groups=c)
    return y.permute(0, 2, 3, 1).reshape(b, n, c).to(u.dtype)


# A 3x3 convolution on cells, fed with tokens twice as large and averaged over each, is a 3x3 convolution on the
# coarse grid whose taps are FOLD K FOLD^T (two neighbouring cells of one quad see the same token).
FOLD = torch.tensor([[0.5, 0.0, 0.0], [0.5, 1.0, 0.5], [0.0, 0.0, 0.5]])


def fold(weight):
    f = FOLD.to(weight)
    return f @ weight @ f.T


class Block(nn.Module):
    def __init__(self, width, heads, conv_layers):
        super().__init__()
        self.heads = heads
        self.qkv = Linear(width, 3 * width, bias=False)
        self.o = Linear(width, width, bias=False)
        self.fc1 = Linear(width, 4 * width)
        self.fc2 = Linear(4 * width, width)
        self.conv = nn.ParameterDict()
        for name in conv_layers:
            identity = torch.zeros(4 * width, 1, 3, 3)
            identity[:, :, 1, 1] = 1
            self.conv[name] = nn.Parameter(identity)
        self.mod_bias = nn.Parameter(torch.zeros(6, width))
        self.qk_scale = nn.Parameter(torch.full((1,), (1.5 * math.sqrt(width // heads)) ** 0.5))
        for p in (self.o.weight, self.fc2.weight, self.fc2.bias):
            nn.init.zeros_(p)

    def attention(self, y):
        b, n, d = y.shape
        q, k, v = self.qkv(y).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        q = unit(q) * self.qk_scale.square()                # the scale of both at once
        return self.o(attention(q, unit(k), v).transpose(1, 2).reshape(b, n, d))

    def convolve(self, u, tokens, geometry):
        spans = [tokens.spans[name] for name in tokens.spans]
        parts = list(u.split([z - a for a, z in spans] + [u.shape[1] - spans[-1][1]], 1))
        for i, name in enumerate(tokens.spans):
            if name not in self.conv:
                continue
            g, weight = geometry[name], self.conv[name]
            if name in tokens.mixed:
                m = tokens.mixed[name]
                parts[i] = m.collect(depthwise(m.spread(parts[i]), weight, g.shape))
            elif isinstance(tokens.plan.get(name), Cells):
                p = tokens.plan[name]
                parts[i] = p.collect(depthwise(p.spread(parts[i], len(g.centres["L1"])), weight, g.shape))
            elif tokens.plan.get(name, "L1") == "L0":
                parts[i] = depthwise(parts[i], fold(weight), g.coarse_shape)
            else:
                parts[i] = depthwise(parts[i], weight, g.shape)
        return torch.cat(parts, 1)

    def forward(self, x, mod, tokens, geometry):
        m = (mod + self.mod_bias).unsqueeze(2)
        norm = lambda x: F.layer_norm(x, x.shape[-1:])
        x = torch.addcmul(x, m[:, 2], self.attention(torch.addcmul(m[:, 1], norm(x), 1 + m[:, 0])))
        u = self.convolve(self.fc1(torch.addcmul(m[:, 4], norm(x), 1 + m[:, 3])), tokens, geometry)
        return torch.addcmul(x, m[:, 5], self.fc2(squared_relu(u)))


class Named(nn.Module):
    """A bag of modules and parameters under the format's names ("in", "0", "L1")."""

    def __init__(self, **items):
        super().__init__()
        for name, item in items.items():
            self.put(name, item)

    def put(self, name, item):
        (self.register_parameter if isinstance(item, nn.Parameter) else self.add_module)(name, item)
        return item

    def __getitem__(self, name):
        return self._modules[name] if name in self._modules else self._parameters[name]


class Buffers(nn.Module):
    def __init__(self, items):
        super().__init__()
        for name, item in items.items():
            self.register_buffer(name, item)

    def __getitem__(self, name):
        return self._buffers[name]


def table(rows, columns, std):
    return nn.Parameter(torch.randn(rows, columns) * std)


class Conditions(nn.Module):
    """Slots and caption -> tokens [batch, slots + 1, d] and the pooled vector [batch, d]."""

    def __init__(self, spec, width):
        super().__init__()
        self.slot = Named()
        self.names = [s["name"] for s in spec["slots"]]
        for name, count in zip(self.names, slot_counts(spec)):
            self.slot.put(name, Named(token=table(count + 1, width, 0.3), pool=table(count + 1, width, 0.3)))
        cd = spec["caption_dim"]
        self.caption = Named(words=table(len(spec["vocabulary"]), cd, 1.0), pool=table(width, cd, 0.02))
        self.caption.put("0", nn.Linear(cd, width))
        self.caption.put("1", nn.Linear(width, width))

    def forward(self, slots, words):
        """slots [batch, count], unset = count; words [batch, n] word ids, -1 = none."""
        tokens = [self.slot[n]["token"][slots[:, i]] for i, n in enumerate(self.names)]
        pool = sum(self.slot[n]["pool"][slots[:, i]] for i, n in enumerate(self.names))
        there = (words >= 0).float()[..., None]
        u = (self.caption["words"][words.clamp(min=0)] * there).sum(1) / there.sum(1).clamp(min=1)
        tokens.append(self.caption["1"](F.silu(self.caption["0"](u))))
        return torch.stack(tokens, 1), pool + F.linear(u, self.caption["pool"])


class Dit(nn.Module):
    def __init__(self, spec):
        super().__init__()
        layers, shape = layers_of(spec), spec["transformer"]
        d = shape["width"]
        self.width, self.layers = d, layers
        self.geometry = {x.name: Geometry(x) for x in layers}
        entry, leave, pos, held = Named(), Named(), Named(), Named()
        features = {}
        for x in layers:
            levels = {level: x.dim * (self.geometry[x.name].size if level == "L0" else 1) for level in x.levels}
            entry.put(x.name, Named(**{l: Linear(n, d) for l, n in levels.items()}))
            leave.put(x.name, Named(**{l: Linear(d, n) for l, n in levels.items()}))
            centres = self.geometry[x.name].centres
            pos.put(x.name, Named(**{l: nn.Parameter(torch.zeros(len(centres[l]), d)) for l in levels}))
            held.put(x.name, nn.Parameter(torch.zeros(d)))
            for l in levels:
                features[x.name, l] = position_features(centres[l], x.index, len(layers), l)
                nn.init.zeros_(leave[x.name][l].weight)
                nn.init.zeros_(leave[x.name][l].bias)
        self.features = features
        pos.put("proj", nn.Linear(24 + len(layers) + 2, d))
        if "goes_on" in spec:
            group, poses = spec["group"], spec["poses"]
            start = {x.name: nn.Linear(x.raw // poses * group, d) for x in layers if not x.is_grid}
            for linear in start.values():
                nn.init.zeros_(linear.weight)
                nn.init.zeros_(linear.bias)
            self.start = Named(**start)
        self.add_module("in", entry)
        self.add_module("out", leave)
        self.pos, self.held = pos, held
        self.var = Buffers({x.name: torch.ones(x.dim) for x in layers})
        self.t = Named(**{"0": nn.Linear(128, d), "1": nn.Linear(d, d)})
        self.mod, self.final = nn.Linear(d, 6 * d), nn.Linear(d, 2 * d)
        conv = [x.name for x in layers if x.is_grid]
        self.block = nn.ModuleList(Block(d, shape["heads"], conv) for _ in range(shape["blocks"]))
        for m in (self.mod, self.final):
            nn.init.zeros_(m.weight)
            nn.init.zeros_(m.bias)
        self.mod.bias.data.view(6, d)[[2, 5]] = 1

    def positions(self, name, level):
        f = self.features[name, level].to(self.pos["proj"].weight)
        return self.pos["proj"](f) + self.pos[name][level]

    def embed(self, name, x, plan, tokens):
        g, into = self.geometry[name], self._modules["in"][name]
        if name in tokens.mixed:
            m, quads = tokens.mixed[name], g.gather(x)
            fine = into["L1"](m.pick(quads, m.fine).flatten(1, 2).contiguous())
            fine = fine + self.positions(name, "L1")[g.order.to(x.device)[m.fine].flatten(1)]
            coarse = into["L0"](m.pick(quads, m.coarse).flatten(2).contiguous())
            return torch.cat([fine, coarse + self.positions(name, "L0")[m.coarse]], 1)
        if isinstance(plan, Cells):
            return into["L1"](plan.collect(x)) + self.positions(name, "L1")[plan.which]
        if plan == "L0":
            x = g.gather(x).flatten(2)
        return into[plan](x.contiguous()) + self.positions(name, plan)

    def known(self, y, plan, tokens, held, begun):
        """1 for each token [batch, n, 1] that holds a number given clean; None: there are none."""
        cells = begun.cells(y) if begun is not None else None
        if held is not None:
            whole = held[:, y.index, None].expand(-1, y.cells)
            cells = whole if cells is None else cells | whole
        if cells is None:
            return None
        g, cells = self.geometry[y.name], cells[..., None]
        if y.name in tokens.mixed:
            m, quads = tokens.mixed[y.name], g.gather(cells)
            there = torch.cat([m.pick(quads, m.fine).flatten(1, 2), m.pick(quads, m.coarse).any(2)], 1)
        elif isinstance(plan, Cells):
            there = plan.collect(cells)
        else:
            there = g.gather(cells).any(2) if plan == "L0" else cells
        return there.float()

    def skip(self, name, x, t):
        """What of the velocity is linear in x_t, axis by axis: c(t) x_t with the least squared error where the clean
        numbers have variance s. It goes round the transformer, which then has no noise to carry."""
        t, s = t.clamp(min=LEAST_T).view(-1, 1, 1), self.var[name]
        return (t - (1 - t) * s) / ((1 - t).square() * s + t.square()) * x

    def leave(self, name, h, plan, tokens):
        """What the transformer adds to the linear part of the velocities."""
        g, out = self.geometry[name], self._modules["out"][name]
        if name in tokens.mixed:
            m, n = tokens.mixed[name], tokens.mixed[name].fine.shape[1] * g.size
            dim = out["L1"].out_features
            fine = out["L1"](h[:, :n].contiguous()).view(len(h), -1, g.size, dim)
            coarse = out["L0"](h[:, n:].contiguous()).view(len(h), -1, g.size, dim)
            both, which = torch.cat([fine, coarse], 1), torch.cat([m.fine, m.coarse], 1)
            return g.scatter(m.pick(both, torch.argsort(which, 1)))
        if isinstance(plan, Cells):
            return plan.spread(out["L1"](h.contiguous()), len(g.centres["L1"]))
        v = out[plan](h.contiguous())
        return g.scatter(v.view(len(v), g.quads, g.size, -1)) if plan == "L0" else v

    def forward(self, x, t, condition_tokens, pool, plan, held=None, begun=None):
        """x {layer: [batch, cells, dim]}, t [batch], held [batch, layers] of bool or None, begun: a Begun or None ->
        velocities like x; zero in cells that have no token, of no meaning in those given clean."""
        plan = {y.name: plan.get(y.name, "L1") for y in self.layers}
        tokens = Tokens(self.geometry, plan)
        parts = []
        for y in self.layers:
            e = self.embed(y.name, x[y.name], plan[y.name], tokens)
            there = self.known(y, plan[y.name], tokens, held, begun)
            if there is not None:
                e = e + there * self.held[y.name]
            if begun is not None and y.name in begun.start:
                e = e + begun.mask[:, None, None] * self.start[y.name](begun.start[y.name])[:, None]
            parts.append(e)
        h = torch.cat(parts + [condition_tokens], 1)
        f = torch.exp(-math.log(1000.0) * torch.arange(64, device=t.device) / 64)
        angle = 100 * t[:, None] * f
        c = self.t["1"](F.silu(self.t["0"](torch.cat([angle.cos(), angle.sin()], 1))))
        c = F.silu(c + pool)
        mod = self.mod(c).view(len(t), 6, self.width)
        for block in self.block:
            h = block(h, mod, tokens, self.geometry)
        a, b = self.final(c)[:, None].chunk(2, -1)
        h = torch.addcmul(b, F.layer_norm(h[:, :tokens.count], (self.width,)), 1 + a)
        parts = h.split([z - a for a, z in tokens.spans.values()], 1)
        v = {}
        for y, part in zip(self.layers, parts):
            p, linear = plan[y.name], self.skip(y.name, x[y.name], t)
            if isinstance(p, Cells):
                linear = p.spread(p.collect(linear), y.cells)
            v[y.name] = self.leave(y.name, part, p, tokens).float() + linear
        return v


class Denoiser(nn.Module):
    """Conditions and transformer together; its state's names are the file's (cond.*, dit.*)."""

    def __init__(self, spec):
        super().__init__()
        self.cond = Conditions(spec, spec["transformer"]["width"])
        self.dit = Dit(spec)

    def forward(self, x, t, slots, words, plan=None, held=None, begun=None):
        return self.dit(x, t, *self.cond(slots, words), plan or {}, held, begun)


def uniform(level, layers):
    return {x.name: level for x in layers if x.quad}
