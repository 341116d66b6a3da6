#!/usr/bin/env python3
"""Trains whelk-mini from nothing, or further: see README.md. One subcommand a phase; `all` plans them by time."""
import argparse
import json
import os
import subprocess
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import torch

import fast
from spec import MINI_NCR, differences, mini, offered, read_card, same_slots

HELD_SEED, HELD_CLIPS = 1 << 40, 48
GRIDS = ("plate", "actor", "effect")
BEGAN = time.time()


def log(text):
    print("%s %6.0f s  %s" % (time.strftime("%H:%M:%S"), time.time() - BEGAN, text), flush=True)


def inside(args, *names):
    return os.path.join(args.dir, *names)


def specification(args):
    """Kept in the folder from the first phase on, so that a changed world cannot change a model half-trained."""
    path = inside(args, "spec.json")
    if not os.path.exists(path):
        os.makedirs(args.dir, exist_ok=True)
        with open(path + ".part", "w") as f:
            json.dump(mini(read_card(args.worldgen)), f)
        os.replace(path + ".part", path)
    with open(path) as f:
        return json.load(f)


def check_world(args, spec, whose, cure):
    """The numbers of slots in clips mean the world's values: refuses a model that has others."""
    slots = read_card(args.worldgen)["slots"]
    if same_slots(spec["slots"], slots):
        return
    more, less = differences(slots, spec["slots"]), differences(spec["slots"], slots)
    what = [text % which for text, which in (("the world alone has %s", more), ("they alone have %s", less)) if which]
    raise SystemExit("%s: its slots are not those of the world (%s): %s; %s" % (
        whose, args.worldgen, ", and ".join(what) or "they stand in another order", cure))


def check_folder(args):
    check_world(args, specification(args), inside(args, "spec.json"), "go on with the worldgen it was begun with, or "
                "begin a new folder and graft what is trained there on it")


def render_held(args):
    from world import Cache
    Cache(inside(args, "held"), args.worldgen, HELD_SEED, HELD_CLIPS, 4, 2, log)


def render(args):
    """Clips at full size for the codecs, and the held-out ones."""
    from world import Cache
    check_folder(args)
    render_held(args)
    Cache(inside(args, "clips"), args.worldgen, args.seed, args.count, 4, 2, log)


def codec(args):
    from codec_train import CodecTrainer
    from world import Cache
    from together import finish, start
    children = start(args.processes, args.rank, args.port)
    trainer = CodecTrainer(specification(args), args.layer, Cache(inside(args, "clips")),
                           Cache(inside(args, "held")), args.dir, log, args.rank, args.processes)
    other = None
    if args.weights:
        from export import read_model
        other = read_model(args.weights).codec[args.layer]
    trainer.run(args.minutes, args.slice, codec=other)
    finish(children)


def with_codecs(args):
    """A model with the codecs trained so far, or those of the weights one starts from."""
    from model import Whelk
    if getattr(args, "init", None):
        from export import read_model
        model = read_model(args.init)
        check_world(args, model.spec, args.init, "--init goes on only in the same world: give the transformer to a new "
                    "folder with `graft --weights %s`" % args.init)
        return model
    model = Whelk(specification(args)).eval()
    for name in GRIDS:
        state = torch.load(inside(args, "codec-%s.pt" % name))
        model.codec[name].load_state_dict(state["model"])
    vectors = inside(args, "codec-vectors.pt")
    if not os.path.exists(vectors):
        fit_vectors(args, model)
        torch.save({y.name: model.codec[y.name].state_dict() for y in model.layers if not y.is_grid}, vectors)
    for name, state in torch.load(vectors).items():
        model.codec[name].load_state_dict(state)
    return model


def fit_vectors(args, model):
    from world import stream
    clips = list(stream(args.worldgen, args.seed, 2000))
    for layer in model.layers:
        if not layer.is_grid:
            c, v = model.codec[layer.name], torch.stack([torch.from_numpy(clip[layer.name]) for clip in clips])
            c.fit(v)
            with torch.no_grad():
                error = (c.decode(c.encode(v)) - v).square().mean().sqrt()
            log("%s: rms error of the linear code %.5f plate units" % (layer.name, error))


def latents(args):
    from latents import LatentCache, encode_clips
    from world import stream
    if not args.init:
        check_folder(args)
    model, cache, batch = with_codecs(args), LatentCache(inside(args, "latents")), []
    for i, clip in enumerate(stream(args.worldgen, args.seed, args.count)):
        batch.append(clip)
        if len(batch) == 250 or i == args.count - 1:
            cache.add(args.seed + i, encode_clips(model, batch))
            batch = []
            log("encoded %d clips" % (i + 1))


def fitted(args, refit=False):
    """The model with prior and scaling, the latents, and the numbers the transformer sees. Started from weights, all
    but the transformer stays as it is there."""
    from latents import LatentCache, alone, fit, numbers
    model, path = with_codecs(args), inside(args, "fitted.pt")
    cache = alone(model.spec, LatentCache(inside(args, "latents")).load())
    if getattr(args, "init", None):
        torch.save({"prior": model.prior.state_dict(), "norm": model.norm.state_dict(), "explained": {},
                    "clips": len(cache["slots"])}, path)
        return model, cache, numbers(model, cache)
    if refit or not os.path.exists(path):
        told = fit(model, cache, log)
        torch.save({"prior": model.prior.state_dict(), "norm": model.norm.state_dict(), "explained": told,
                    "clips": len(cache["slots"])}, path)
    state = torch.load(path)
    model.prior.load_state_dict(state["prior"])
    model.norm.load_state_dict(state["norm"])
    return model, cache, numbers(model, cache)


def fit_command(args):
    fitted(args, refit=True)


def dit(args):
    from dit_train import Trainer
    from sheet import contact_sheet
    from together import finish, start
    device = "cuda" if torch.cuda.is_available() else "cpu"
    world = 1 if device == "cuda" else args.processes
    children = start(world, args.rank, args.port)
    model, cache, data = fitted(args)
    trainer = Trainer(model, cache, data, args.dir, args.rank, world, device, HELD_CLIPS, log)
    trainer.resume(model.denoiser.state_dict() if args.init else None)
    look = lambda m, n: contact_sheet(m, inside(args, "sheet-%07d.png" % n), log=log)
    trainer.run(args.minutes, args.slice, args.every, look)
    finish(children)


def graft_command(args):
    """The transformer of other weights put on this folder's codecs, as a state for `dit` to go on from."""
    from dit_train import Trainer
    from export import read_model
    from graft import graft, known_clips
    from world import stream
    check_folder(args)
    model, cache, data = fitted(args)
    trainer = Trainer(model, cache, data, args.dir, held_clips=HELD_CLIPS, log=log)
    old = read_model(args.weights)
    clips = known_clips(old, model.spec, lambda only: stream(args.worldgen, args.seed, 50 * args.count, only=only), args.count)
    graft(old, model, clips, data, log)
    trainer.net.load_state_dict(model.denoiser.state_dict())
    trainer.steps = 1000                            # the average starts as slow as it ended
    trainer.report([0], None)


def trained(args):
    """The model with everything trained so far; the transformer's running average."""
    model, _, data = fitted(args)
    state = torch.load(inside(args, "dit.pt"), map_location="cpu")
    model.denoiser.load_state_dict(state["ema"])
    return model.eval(), data, state


def sample(args):
    from export import read_model
    from sheet import contact_sheet
    model = read_model(args.weights) if args.weights else trained(args)[0]
    contact_sheet(model, args.out or inside(args, "sheet.png"), args.rng, args.guidance, log=log)


def ncr(args):
    from evaluate import ncr_table, policy_table
    model, data, state = trained(args)
    held = {k: v[-HELD_CLIPS:] for k, v in data.items()}
    rows = ncr_table(model, held)
    with open(inside(args, "ncr.json"), "w") as f:
        json.dump({"samples": state["samples"], "clips": HELD_CLIPS, "sampling": policy_table(rows), "rows": rows}, f,
                  indent=1)
    for r in rows:
        log("%-20s t %.2f %4d tokens %6.3f GFLOP %6.1f ms  plate %.4f actor %.4f subject %.4f" % (
            r["plan"], r["t"], r["tokens"], r["gflop"], r["cpu_ms"], r["loss"]["plate"], r["loss"]["actor"],
            r["subject"]["actor"]))
    for p in policy_table(rows):
        log("%-42s %6.1f tokens %7.3f GFLOP %7.1f ms  %s  subject %.4f" % (
            p["policy"], p["tokens"], p["gflop"], p["cpu_ms"], p["loss"], p["subject"]["actor"]))


def export(args):
    from evaluate import held_out
    from export import write_json, write_model
    from sheet import contact_sheet
    model, data, state = trained(args)
    result = held_out(model, {k: v[-HELD_CLIPS:] for k, v in data.items()})
    render_held(args)
    codecs = {name: measure_codec(args, model, name) for name in GRIDS}
    facts = torch.load(inside(args, "fitted.pt"))
    training = {"samples": state["samples"], "minutes": round(state["elapsed"] / 60, 1), "held_out_loss": result["L1"]}
    model.spec["training"], model.spec["ncr"] = training, MINI_NCR
    model.spec["card"] = offered(model.spec["card"])
    write_model(model, args.out)
    write_json(os.path.join(args.out, "card.json"), model.spec["card"])
    write_json(os.path.join(args.out, "metrics.json"), {
        **training, "clips": facts["clips"], "explained_by_slots": facts["explained"], "held_out": result,
        "codecs_psnr_db": codecs, "parameters": sum(p.numel() for p in model.denoiser.parameters())})
    contact_sheet(model, os.path.join(args.out, "contact-sheet.png"), height=72, log=log)
    log("exported to " + args.out)


def measure_codec(args, model, name):
    """Held-out PSNR of one codec."""
    from codec_train import CodecTrainer
    from world import Cache
    cache = Cache(inside(args, "held"))
    t = CodecTrainer(model.spec, name, cache, cache, args.dir, log)
    t.codec = model.codec[name]
    return t.figures()


def judge(args):
    """The judge of `make eval`: scenes of the world as the compositor shows them, then its training."""
    from judge import JudgeTrainer, record
    parts = [inside(args, "glimpses-%d" % k) for k in range(args.processes)]
    os.makedirs(args.dir, exist_ok=True)
    if not all(os.path.exists(p) for p in parts):
        each = args.count // args.processes
        children = [record(args.eval, args.worldgen, p, args.seed + k, each) for k, p in enumerate(parts)]
        if any([c.wait() for c in children]):
            raise SystemExit("the judge's scenes could not be recorded")
        for p in parts:
            os.replace(p + ".part", p)
    trainer = JudgeTrainer(read_card(args.worldgen)["slots"], parts, log)
    if args.weights:
        trainer.load(args.weights)
    trainer.run(args.minutes, 1e-3 if args.weights else 2e-3)
    trainer.save(args.out)


def everything(args):
    """All phases in `minutes`: a quarter for the codecs, a tenth for clips and latents, then the transformer."""
    me, common = [sys.executable, os.path.abspath(__file__)], ["--dir", args.dir, "--worldgen", args.worldgen]
    run = lambda *a: subprocess.run(me + list(a) + common, check=True)
    m = args.minutes
    run("render", "--count", str(int(min(4000, 25 * m))))
    jobs = [("plate", 0.25 * m), ("actor", 0.25 * m), ("effect", 0.06 * m)]
    known = ["--weights", args.weights] if args.weights else []
    children = [subprocess.Popen(me + ["codec", "--layer", n, "--minutes", "%.1f" % t] + known + common) for n, t in jobs]
    if any(c.wait() for c in children):
        raise SystemExit("a codec's training failed")
    run("latents", "--count", str(int(min(100000, 100 * m))))
    if known:
        run("graft", *known)
    left = m - (time.time() - BEGAN) / 60
    run("dit", "--minutes", "%.1f" % left)
    run("export", "--out", args.out)


def pack_command(args):
    from carry import pack
    size, parts = pack(args.dir, args.out, int(args.part_mb * 1e6))
    log("%.1f MB in %d parts in %s" % (size / 1e6, parts, args.out))


def unpack_command(args):
    from carry import unpack
    log("put back into %s: %s; `latents` next, then `dit`" % (args.dir, ", ".join(unpack(args.source, args.dir))))


def golden(args):
    from golden import write_golden
    write_golden(args.out)


def parser():
    p = argparse.ArgumentParser(description=__doc__)
    sub = p.add_subparsers(dest="command", required=True)

    def add(name, run, text, **options):
        c = sub.add_parser(name, help=text)
        c.add_argument("--dir", default="build/train")
        c.add_argument("--worldgen", default="build/worldgen")
        for key, value in options.items():
            kind = value if isinstance(value, type) else type(value)
            c.add_argument("--" + key.replace("_", "-"), type=kind, default=None if isinstance(value, type) else value)
        c.set_defaults(run=run)
        return c

    add("render", render, "full-size clips for the codecs", count=1500, seed=1)
    add("codec", codec, "one layer's codec", minutes=20.0, slice=float, weights=str, processes=1, rank=0,
        port=29534).add_argument(
        "--layer", choices=GRIDS, required=True)
    add("latents", latents, "clips to latents", count=8000, seed=10000000, init=str)
    add("fit", fit_command, "prior and scaling again, from the latents")
    add("dit", dit, "the transformer", minutes=60.0, slice=float, every=4.0, init=str, processes=2, rank=0, port=29533)
    add("graft", graft_command, "a trained transformer on new codecs", weights="generator/weights", count=500,
        seed=20000000)
    add("sample", sample, "a contact sheet", weights=str, out=str, guidance=1.0, rng=3)
    add("ncr", ncr, "the table of plans on held-out clips", init=str)
    add("export", export, "the model's folder", out="generator/weights", init=str)
    add("all", everything, "every phase within a time", minutes=180.0, out="generator/weights", weights=str)
    add("judge", judge, "the judge of `make eval`", count=16000, minutes=30.0, seed=7000000, processes=2, eval="build/eval", weights=str,
        out="generator/eval/judge.safetensors")
    add("pack", pack_command, "the state, small, in parts", out="state", part_mb=16.0)
    add("unpack", unpack_command, "a packed state into a new folder", source="state")
    add("golden", golden, "the tiny model and its computed values", out="tests/golden/whelk-tiny")
    return p


if __name__ == "__main__":
    arguments = parser().parse_args()
    fast.prepare()
    sys.exit(arguments.run(arguments))
