"""Runs the benchmarks named on the command line, else all of them, one after the other."""

from __future__ import annotations

import sys

from bench import backup, converge, image, start, turns

BENCHMARKS = {
    "image": image.figures,
    "start": start.figures,
    "turns": turns.figures,
    "converge": converge.figures,
    "backup": backup.figures,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"bench: {unknown[0]!r} is no benchmark; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 64
    for name in names or BENCHMARKS:
        print(f"\n{name}")
        for what, figure in BENCHMARKS[name]():
            print(f"  {what:<58} {figure:>12}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
