"""What a layered model consists of: its layers, slots, words and sizes, as model.json holds them.

A specification is the plain dictionary that becomes model.json (generator/model/FORMAT.md, section 9); `Layer`
answers the questions the trainer asks of one entry. No other file knows a size or a layer's name by heart.
"""
import json
import re
import subprocess

SLOTS = {
    "subject": "cat dog horse child bird fish butterfly ball car boat rocket balloon",
    "action": "walk run jump dive sit fly swim bounce drive sail launch float",
    "place": "pool beach meadow forest city desert snow mountains underwater",
    "time": "day dusk night",
    "colour": "orange red yellow green blue white black",
    "direction": "left right",
    "size": "wide medium close",
    "camera": "static pan_left pan_right push_in pull_out follow",
}
LEVELS = ("L0", "L1")


class Layer:
    """One entry of spec["layers"], with what follows from it."""

    def __init__(self, index, entry):
        self.index = index
        self.__dict__.update(entry)
        self.is_grid = self.kind == "grid"
        self.shape = tuple(self.grid) if self.is_grid else (1, 1, 1)
        self.cells = self.shape[0] * self.shape[1] * self.shape[2]
        if self.is_grid:
            self.picture_channels = self.channels * self.frames
            self.height, self.width = 16 * self.shape[1], 16 * self.shape[2]
        if not self.quad:
            self.quad = None

    @property
    def levels(self):
        return LEVELS if self.quad else ("L1",)


def layers_of(spec):
    return [Layer(i, entry) for i, entry in enumerate(spec["layers"])]


def slot_counts(spec):
    return [len(s["values"]) for s in spec["slots"]]


def words_of(caption):
    """The caption's words as the engine splits them."""
    return [w for w in re.split("[^a-z0-9]+", caption.lower()) if w]


def word_ids(spec, caption, limit=32):
    index = spec.setdefault("_word_index", {w: i for i, w in enumerate(spec["vocabulary"])})
    return [index[w] for w in words_of(caption) if w in index][:limit]


def public(spec):
    """The specification without what the trainer keeps beside it."""
    return {k: v for k, v in spec.items() if not k.startswith("_")}


def grid(name, shape, dim, channels, frames, upscale, widths, head, quad, features):
    return {"name": name, "kind": "grid", "grid": shape, "dim": dim, "channels": channels, "frames": frames,
            "upscale": upscale, "widths": widths, "head": head, "quad": quad, "features": features}


def vector(name, raw, dim, features):
    return {"name": name, "kind": "vector", "raw": raw, "dim": dim, "quad": None, "features": features}


def base(name, poses, layers, transformer, slots, vocabulary, caption_dim, steps):
    return {"version": 2, "family": "whelk", "name": name, "licence": "MIT",
            "weights": name + ".safetensors", "sha256": "", "poses_per_second": 12, "poses": poses, "group": 4,
            "plate": {"width": 2.33333, "height": 1}, "layers": layers, "transformer": transformer,
            "slots": slots, "vocabulary": vocabulary, "caption_dim": caption_dim,
            "sampler": {"steps": steps, "shift": 1.8, "guidance": 1.0},
            "ncr": {"coarse_above": 0.6, "mixed_above": 0.3, "least_filled": 0.5}, "card": {}, "training": {}}


PLAIN = ("weather", "style", "mark", "company", "pace", "part")     # not said: clear, picture-book, plain, alone, steady, first
ACTING = ["subject", "action", "direction", "part"]
MINI_LAYERS = [
    grid("plate", [1, 6, 14], 64, 3, 1, 4, [48, 96, 144], 48, [1, 2, 2],
         [["place"], ["time"], ["place", "time"], ["place", "direction"], ["place", "weather"], ["weather", "time"],
          ["place", "style"]]),
    grid("actor", [8, 4, 4], 96, 4, 4, 2, [80, 128, 176], 48, [2, 2, 2],
         [["subject", "action"], ["subject", "direction", "part"], ["subject", "colour"], ["subject", "mark"], ["subject", "style"], ["time"],
          ["weather"], ["subject2", "company"], ["colour2"], ["company", "direction"]]),
    grid("effect", [8, 2, 2], 48, 4, 4, 2, [48, 64, 96], 32, None,
         [["action", "place"], ["action", "direction", "part"], ["subject"], ["time"], ["weather", "place"], ["style"]]),
    vector("camera", 96, 48, [["size", "camera", "part"], ACTING, ["place"], ["camera", "direction", "pace"], ["company", "size"]]),
    vector("actor_path", 128, 48,
           [ACTING, ["place", "action"], ["size", "action"], ["size", "camera"], ["direction", "pace", "part"], ["company", "action"],
            ["company", "direction"], ["subject2", "company"]]),
    vector("effect_path", 128, 48,
           [ACTING, ["place", "action"], ["size", "action"], ["size", "camera"], ["direction", "pace", "part"], ["weather", "size"]]),
]


# Where coarse tokens may stand and how many cells go without (generator/ncr.h): measured, see generator/README.md.
MINI_NCR = {"coarse_above": 0.7, "mixed_above": 0.7, "least_filled": 0.8, "weight": {"actor": 64}}


def mini(card):
    """whelk-mini. Slots and words come from the world's capability card."""
    slots = [{"name": s["name"], "values": list(s["values"])} for s in card["slots"]]
    for s in slots:
        if s["name"] in PLAIN:
            s["default"] = s["values"][0]
    spec = base("whelk-mini", 32, MINI_LAYERS, {"width": 192, "blocks": 6, "heads": 4}, slots,
                list(card["vocabulary"]), 64, 8)
    spec["card"], spec["ncr"], spec["goes_on"], spec["guests"] = card, MINI_NCR, GOES_ON, 2
    return spec


def tiny():
    """A model of random numbers in the same format, small enough for the golden tests."""
    layers = [
        grid("plate", [1, 4, 6], 4, 3, 1, 4, [8, 8, 8], 8, [1, 2, 2], [["place"], ["place", "time"]]),
        grid("actor", [4, 4, 4], 6, 4, 4, 2, [8, 8, 8], 8, [2, 2, 2], [["colour"], ["time"]]),
        grid("effect", [4, 2, 2], 4, 4, 4, 2, [8, 8, 8], 8, None, [["action"]]),
        vector("camera", 48, 4, [["size", "camera"]]),
        vector("actor_path", 64, 4, [["subject", "action", "direction"]]),
        vector("effect_path", 64, 4, [["action", "place"]]),
    ]
    slots = [{"name": k, "values": v.split()} for k, v in SLOTS.items()]
    slots.append({"name": "part", "values": ["first", "next"], "default": "first"})
    words = "a cat dog dives runs into the pool beach at night day orange red left right slowly".split()
    spec = base("whelk-tiny", 16, layers, {"width": 32, "blocks": 2, "heads": 2}, slots, words, 64, 4)
    spec["goes_on"] = GOES_ON
    return spec


GOES_ON = {"slot": "part", "value": "next"}      # of clips that begin with the last group of another
SECOND = ("subject2", "colour2", "mark2")       # of a second actor: unset where there is none


def offered(card):
    """The world's card as a model's: parts are the engine's to ask for, and it can put a third beside two (FORMAT.md, 11)."""
    slots = [s for s in card["slots"] if s["name"] != "part"]
    return {**card, "slots": slots + [{**s, "name": s["name"][:-1] + "3"} for s in slots if s["name"] in SECOND]}


def plainest(slots):
    """The first value of each slot, {name: value}: clear weather, alone ... and nobody second."""
    return {s["name"]: s["values"][0] for s in slots if s["name"] not in SECOND}


def differences(slots, others):
    """What slots[] has that others[] has not, as one line: "weather, style; subject: rabbit duck"; "" where nothing."""
    known = {s["name"]: s["values"] for s in others}
    whole = [s["name"] for s in slots if s["name"] not in known]
    parts = ["%s: %s" % (s["name"], " ".join(v for v in s["values"] if v not in known[s["name"]])) for s in slots
             if s["name"] in known and set(s["values"]) - set(known[s["name"]])]
    return "; ".join(([", ".join(whole)] if whole else []) + parts)


def same_slots(slots, others):
    """Values in the same order too, since clips and latents hold their numbers."""
    return [(s["name"], list(s["values"])) for s in slots] == [(s["name"], list(s["values"])) for s in others]


def read_card(worldgen):
    """The world's capability card, from the program that draws the world."""
    return json.loads(subprocess.run([worldgen, "--card"], check=True, stdout=subprocess.PIPE).stdout)
