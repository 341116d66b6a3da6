#!/usr/bin/python3
"""What takes of the shipped model normally look like: five of every subject's every action, in all places, hours, sizes and
colours, shot by `whelk shoot` and read from its review events. Prints the tables of pipeline/normal.c.

    python3 tests/tool/measure_normal.py build/whelk generator/weights/card.json FOLDER

FOLDER keeps the reels; a second run shoots only what is missing."""
import json
import math
import os
import subprocess
import sys
from statistics import mean, median

EACH = 5
MOST = 60      # shots of one reel


def combinations(card):
    """(subject, action, place, time, colour, size) of every take, the rare ones spread by counting on."""
    values = {s["name"]: s["values"] for s in card["slots"]}
    n = 0
    for row in card["possible"]:
        for action, places in row["actions"].items():
            for i in range(EACH):
                yield {"subject": row["subject"], "action": action, "place": places[n % len(places)],
                       "time": values["time"][n % len(values["time"])],
                       "colour": values["colour"][n % len(values["colour"])],
                       "size": values["size"][(n // 3) % len(values["size"])],
                       "direction": values["direction"][n % 2], "camera": "static"}
                n += 1


def shoot(whelk, folder, takes):
    for first in range(0, len(takes), MOST):
        reel = os.path.join(folder, "%d.reel" % first)
        os.makedirs(reel, exist_ok=True)
        shots = [{"id": "%04d" % (10 * (i + 1)), "seconds": 2.625, "slots": t, "seed": first + i,
                  "prompt": "%(colour)s %(subject)s, %(action)s, %(place)s, %(time)s, %(size)s" % t, "why": "measured"}
                 for i, t in enumerate(takes[first:first + MOST])]
        with open(os.path.join(reel, "storyboard.json"), "w") as f:
            json.dump({"version": 1, "title": "Takes", "width": 480, "height": 270, "fps": 24, "shots": shots}, f)
        subprocess.run([whelk, "shoot", reel, "--quiet"])


def looks(folder, takes):
    """Each take's slots and figures."""
    for first in range(0, len(takes), MOST):
        with open(os.path.join(folder, "%d.reel" % first, "log.jsonl")) as f:
            for event in map(json.loads, f):
                if event.get("kind") == "review" and event.get("take") == "t01" and "sharpness" in event:
                    yield takes[first + int(event["shot"]) // 10 - 1], event


def table(name, of):
    print("%s[] = {" % name)
    for value, typical in of.items():
        print('    {"%s", %.2f},' % (value, typical) if typical >= 0.2 else '    {"%s", %.3f},' % (value, typical))
    print("    {0},\n};")


def by(rows, slot, figure):
    found = {}
    for t, e in rows:
        found.setdefault(t[slot], []).append(figure(t, e))
    return {v: median(x) for v, x in found.items()}


def sharpness(rows):
    """Place, size and hour as factors: medians of what the others leave, by turns."""
    factor = {"place": {}, "size": {}, "time": {}}
    for _ in range(10):
        for slot in factor:
            others = [s for s in factor if s != slot]
            factor[slot] = by(rows, slot, lambda t, e: e["sharpness"] / math.prod(factor[s].get(t[s], 1) for s in others))
    size, time = factor["size"]["medium"], factor["time"]["day"]
    table("sharpness_of_place", {v: x * size * time for v, x in factor["place"].items()})
    table("sharpness_by_size", {v: x / size for v, x in factor["size"].items()})
    table("sharpness_by_time", {v: x / time for v, x in factor["time"].items()})


def main(whelk, card, folder):
    with open(card) as f:
        takes = list(combinations(json.load(f)))
    shoot(whelk, folder, takes)
    rows = list(looks(folder, takes))
    actors = [r for r in rows if r[1]["actor_seen"] > 0.5]
    print("%d takes of %d, %d with an actor to be seen in most frames" % (len(rows), len(takes), len(actors)))
    sharpness(rows)
    table("crisp_of_subject", by(actors, "subject", lambda t, e: e["actor_crisp"]))
    table("steady_of_action", by(actors, "action", lambda t, e: e["actor_steady"]))
    for colour in dict.fromkeys(t["colour"] for t in takes):
        own = [e for t, e in actors if t["colour"] == colour and t["subject"] != "child"]
        print('    {"%s", {%s}},' % (colour, ", ".join("%.2f" % mean(e["actor_" + c] for e in own) for c in ("red", "green", "blue"))))


if __name__ == "__main__":
    main(*sys.argv[1:4])
