"""The contact sheet: always the same scenes and noise, five frames each, to see a model get better."""
import time

import torch

from picture import film_strip, save_sheet
from sample import noise, sample
from spec import word_ids

POSES = (2, 9, 16, 23, 30)
SCENES = (
    "cat dive pool day orange right medium static; an orange cat dives into a pool",
    "cat run beach dusk orange right medium follow; an orange cat runs along the beach at dusk",
    "dog jump meadow day white left close static; a white dog jumps in a meadow",
    "horse run desert dusk black right wide static; a black horse runs through the desert at dusk",
    "child walk city night red left medium static; a child walks through the city at night",
    "bird fly mountains day blue right wide pan_right; a blue bird flies over the mountains",
    "fish swim underwater day yellow left close static; a yellow fish swims under water",
    "ball bounce snow day red right medium static; a red ball bounces in the snow",
    "car drive city night red left medium follow; a red car drives through the city at night",
    "boat sail beach dusk white right wide static; a white boat sails off the beach at dusk",
    "rocket launch desert night white right wide static; a rocket takes off in the desert at night",
    "balloon float meadow day green right medium push_in; a green balloon floats over a meadow",
)


def conditions(spec, scenes=SCENES):
    """-> slots [n, count], words [n, 32]; a value the world does not have is left unset."""
    slots, words = [], []
    for scene in scenes:
        values, caption = scene.split(";")
        row = []
        for slot, value in zip(spec["slots"], values.split()):
            known = [v.replace(" ", "_") for v in slot["values"]]
            fits = [i for i, v in enumerate(known) if v == value or v.endswith("_" + value)]
            row.append(fits[0] if fits else len(known))
        ids = word_ids(spec, caption)
        slots.append(row)
        words.append(ids + [-1] * (32 - len(ids)))
    return torch.tensor(slots), torch.tensor(words)


@torch.no_grad()
def contact_sheet(model, path, seed=3, guidance=None, plan=None, height=126, log=print):
    slots, words = conditions(model.spec)
    began = time.thread_time()
    x = sample(model, slots, words, noise(model.layers, len(slots), seed), guidance=guidance, plan=plan)
    sampled = time.thread_time()
    z = model.restore(x, slots)
    strips = [film_strip(model, z, i, POSES, height) for i in range(len(slots))]
    half = len(strips) // 2
    save_sheet(path, [strips[i] + strips[half + i] for i in range(half)])
    n = len(slots)
    log("%s: CPU seconds a clip: sampling %.2f, decoding and composing %.2f" % (
        path, (sampled - began) / n, (time.thread_time() - sampled) / n))
