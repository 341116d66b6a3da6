#!/usr/bin/env python3
"""Trains whelk-mini from nothing, or further: see README.md. One subcommand a phase; `all` plans them by time."""
import argparse
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import fast


def golden(args):
    from golden import write_golden
    write_golden(args.out)


def parser():
    p = argparse.ArgumentParser(description=__doc__)
    sub = p.add_subparsers(dest="command", required=True)
    g = sub.add_parser("golden", help="write the tiny model and its computed values")
    g.add_argument("--out", default="tests/golden/whelk-tiny")
    g.set_defaults(run=golden)
    return p


if __name__ == "__main__":
    arguments = parser().parse_args()
    fast.prepare()
    sys.exit(arguments.run(arguments))
