"""Codecs: pictures of one layer <-> cells' latents, and the enlarging head (FORMAT.md, section 3).

A linear code fitted in closed form carries most of the energy; convolutions on both sides learn the rest. The same
module is trained by codec_train.py, used by latents.py and written by export.py.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from dit import Named


def conv(i, o, k=3, stride=1, pad=None):
    return nn.Conv2d(i, o, k, stride, k // 2 if pad is None else pad)


def silence(module):
    nn.init.zeros_(module.weight)
    nn.init.zeros_(module.bias)
    return module


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.b = conv(c, c), silence(conv(c, c))

    def forward(self, x):
        return x + self.b(F.relu(self.a(F.relu(x))))


class Codec(nn.Module):
    def __init__(self, layer):
        super().__init__()
        a, b, c = layer.widths
        ch, d, w, k = layer.picture_channels, layer.dim, layer.head, layer.upscale
        self.layer, self.upscale, self.rgba = layer, k, layer.channels == 4
        self.register_buffer("basis", torch.zeros(d, ch * 256))
        self.register_buffer("mean", torch.zeros(ch * 256))
        self.register_buffer("sd", torch.ones(d))
        self.enc = Named(**{"0": conv(4 * ch, a), "1": conv(a, b, 4, 2, 1), "2": conv(b, c, 4, 2, 1),
                            "3": conv(c, c, 4, 2, 1), "res": Residual(c), "out": silence(conv(c, d, 1))})
        self.dec = Named(**{"in": conv(d, c), "res0": Residual(c), "up0": conv(c, 4 * c, 1),
                            "res1": Residual(c), "up1": conv(c, 4 * b, 1), "res2": Residual(b),
                            "up2": conv(b, 4 * a, 1), "res3": Residual(a), "out": silence(conv(a, 4 * ch))})
        self.head = Named(**{"0": conv(a, w), "1": conv(w, w), "2": conv(w, 128, 1), "3": conv(32, 32),
                             "4": silence(conv(32, ch * k * k))})

    def fit(self, cells):
        """The linear part from sample cells [n, channels*256]; RGBA stays about zero, so that nothing is nothing."""
        x = cells.double()
        mean = x.mean(0) * (0 if self.rgba else 1)
        x = x - mean
        value, axis = torch.linalg.eigh(x.T @ x / len(x))
        keep = self.layer.dim
        self.mean.copy_(mean)
        self.basis.copy_(axis.flip(1)[:, :keep].T)
        self.sd.copy_(value.flip(0)[:keep].clamp(min=1e-9).sqrt())

    def whiten(self, x):
        """Pictures [n, channels, h, w] -> whitened cells [n, dim, h/16, w/16]"""
        cells = F.pixel_unshuffle(x, 16) - self.mean.view(1, -1, 1, 1)
        w = F.conv2d(cells, (self.basis / self.sd[:, None])[:, :, None, None])
        y = F.pixel_unshuffle(x, 2)
        for i in "0123":
            y = F.relu(self.enc[i](y))
        return w + self.enc["out"](self.enc["res"](y))

    def encode(self, x):
        return self.whiten(x) * self.sd.view(1, -1, 1, 1)

    def trunk(self, w):
        """Whitened cells -> (features at half size, base picture)"""
        dec = self.dec
        f = dec["res0"](dec["in"](w))
        for i in "012":
            f = dec["res%d" % (int(i) + 1)](F.pixel_shuffle(dec["up" + i](f), 2))
        z = w * self.sd.view(1, -1, 1, 1)
        linear = F.conv2d(z, self.basis.T[:, :, None, None], self.mean)
        return f, F.pixel_shuffle(dec["out"](F.relu(f)), 2) + F.pixel_shuffle(linear, 16)

    def enlarge(self, f, base):
        head, k = self.head, self.upscale
        h = F.relu(head["0"](F.relu(f)))
        h = h + F.relu(head["1"](h))
        h = F.relu(head["3"](F.relu(F.pixel_shuffle(head["2"](h), 2))))
        big = F.interpolate(base, scale_factor=k, mode="bilinear", align_corners=False)
        return big + F.pixel_shuffle(head["4"](h), k)

    def clamp(self, x):
        """Into the range of real pictures: [-1, 1], or alpha in [0, 1] and colour in [0, alpha]."""
        if not self.rgba:
            return x.clamp(-1, 1)
        y = x.view(len(x), -1, 4, *x.shape[-2:])
        alpha = y[:, :, 3:].clamp(0, 1)
        return torch.cat([torch.minimum(y[:, :, :3].clamp(min=0), alpha), alpha], 2).view_as(x)

    def decode(self, z, full=True):
        """Latents [n, dim, h, w] -> (base, full or None), clamped."""
        f, base = self.trunk(z / self.sd.view(1, -1, 1, 1))
        return self.clamp(base), self.clamp(self.enlarge(f, base)) if full else None


class VectorCodec(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.register_buffer("mean", torch.zeros(layer.raw))
        self.register_buffer("basis", torch.zeros(layer.dim, layer.raw))

    def fit(self, v):
        v = v.double()
        self.mean.copy_(v.mean(0))
        v = v - v.mean(0)
        axis = torch.linalg.eigh(v.T @ v / len(v))[1].flip(1)
        self.basis.copy_(axis[:, :len(self.basis)].T)

    def encode(self, v):
        return (v - self.mean) @ self.basis.T

    def decode(self, z):
        return z @ self.basis + self.mean
