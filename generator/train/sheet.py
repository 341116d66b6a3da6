"""The contact sheet: always the same scenes and noise, five frames each, to see a model get better."""
import re
import time
from itertools import zip_longest

import torch

from picture import film_strip, save_sheet
from sample import noise, sample
from spec import plainest, word_ids

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
    "rabbit jump farm day white right medium static clear; a white rabbit jumps on a farm",
    "duck swim river dawn yellow left medium static clear; a yellow duck swims on a river at dawn",
    "turtle swim underwater day green right medium static; a green turtle swims under water",
    "elephant walk meadow day blue right wide tilt_up clear; a blue elephant walks through the meadow the camera tilts up",
    "plane fly mountains dusk red left wide static clear; a red plane flies over the mountains at dusk",
    "cat sit room night black right medium static clear picture_book scarf; a black cat with a scarf sits in the room at night",
    "dog run city day orange right medium follow rain; an orange dog runs through the city in the rain",
    "horse walk forest day white left wide static snowfall; a white horse walks through the forest while it snows",
    "car drive farm day purple right medium static cloudy; a purple car drives on a farm on a cloudy day",
    "cat dive pool dusk orange left medium static clear watercolour spots; a spotted orange cat dives into a pool watercolour",
    "bird fly river day red right medium static clear cut_out stripes; a striped red bird flies over a river paper cut out",
    "boat sail beach night white right wide static clear poster; a white boat sails off the beach at night poster style",
)


def conditions(spec, scenes=SCENES):
    """-> slots [n, count], words [n, 32]. Values stand in the order of the world's slots; those left out at the end are the
    plainest of theirs. A scene with a value that the model does not have is passed over."""
    slots, words, plain = [], [], plainest(spec["slots"])
    for scene in scenes:
        values, caption = scene.split(";")
        row, values = [], values.split()
        for slot, value in zip_longest(spec["slots"], values[:len(spec["slots"])]):
            known = [re.sub("[ -]", "_", v) for v in slot["values"]]
            unsaid = 0 if slot["name"] in plain else len(known)
            row.append(unsaid if value is None else known.index(value) if value in known else -1)
        if min(row) < 0 or len(values) > len(row):
            continue
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
