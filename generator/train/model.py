"""The whole model: codecs, prior, scaling and transformer, under the names of FORMAT.md.

`Whelk` turns a clip into what the transformer sees (encode, normalise) and back (restore, decode); sample.py and
export.py work on it. Latents z and numbers x are dictionaries layer -> [clips, cells, dim].
"""
import torch
import torch.nn as nn

from codec import Codec, VectorCodec
from dit import Denoiser, Named
from spec import layers_of, slot_counts


class Prior(nn.Module):
    """What the slots alone say of a layer's latent: a bias and one table for each product of slots."""

    def __init__(self, spec, layer):
        super().__init__()
        counts, names = slot_counts(spec), [s["name"] for s in spec["slots"]]
        self.features = [[names.index(n) for n in f] for f in layer.features]
        self.counts, width = counts, layer.cells * layer.dim
        self.register_buffer("bias", torch.zeros(width))
        for i, f in enumerate(self.features):
            rows = 1
            for s in f:
                rows *= counts[s]
            self.register_buffer("f%d" % i, torch.zeros(rows, width))

    def rows(self, slots, i):
        """Row of feature i for each clip, and whether all its slots are set."""
        row, known = torch.zeros_like(slots[:, 0]), torch.ones(len(slots), dtype=torch.bool, device=slots.device)
        for s in self.features[i]:
            known &= slots[:, s] < self.counts[s]
            row = row * self.counts[s] + slots[:, s].clamp(max=self.counts[s] - 1)
        return row, known

    def forward(self, slots):
        m = self.bias.expand(len(slots), -1)
        for i in range(len(self.features)):
            row, known = self.rows(slots, i)
            m = m + getattr(self, "f%d" % i)[row] * known[:, None]
        return m


class Norm(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.register_buffer("q", torch.eye(layer.dim))
        self.register_buffer("scale", torch.ones(layer.dim))


class Whelk(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.spec, self.layers = spec, layers_of(spec)
        pick = lambda make: Named(**{x.name: make(x) for x in self.layers})
        self.codec = pick(lambda x: Codec(x) if x.is_grid else VectorCodec(x))
        self.prior = pick(lambda x: Prior(spec, x))
        self.norm = pick(Norm)
        denoiser = Denoiser(spec)
        self.cond, self.dit = denoiser.cond, denoiser.dit
        self.__dict__["denoiser"] = denoiser       # the same modules; not listed twice in the state

    def encode_layer(self, layer, data):
        """Grid: pictures [n, t, channels, h, w] at base size; vector: [n, raw]. -> [n, cells, dim]"""
        codec = self.codec[layer.name]
        if not layer.is_grid:
            return codec.encode(data)[:, None]
        z = codec.encode(data.flatten(0, 1))
        return z.permute(0, 2, 3, 1).reshape(len(data), layer.cells, layer.dim)

    def decode_layer(self, layer, z, full=True):
        """-> (base, full) each [n, t, channels, h, w], or the vector [n, raw]"""
        codec = self.codec[layer.name]
        if not layer.is_grid:
            return codec.decode(z[:, 0])
        t, h, w = layer.shape
        cells = z.reshape(len(z) * t, h, w, layer.dim).permute(0, 3, 1, 2).contiguous()
        both = codec.decode(cells, full)
        return tuple(p.view(len(z), t, *p.shape[1:]) if p is not None else None for p in both)

    def normalise(self, z, slots):
        x = {}
        for layer in self.layers:
            n, v = self.norm[layer.name], z[layer.name]
            m = self.prior[layer.name](slots).view(len(v), layer.cells, layer.dim)
            x[layer.name] = ((v - m) @ n.q) * n.scale
        return x

    def restore(self, x, slots):
        z = {}
        for layer in self.layers:
            n, v = self.norm[layer.name], x[layer.name]
            m = self.prior[layer.name](slots).view(len(v), layer.cells, layer.dim)
            z[layer.name] = (v / n.scale) @ n.q.T + m
        return z

    def unset(self, count):
        """Slots of the null pass."""
        return torch.tensor(slot_counts(self.spec)).expand(count, -1)
