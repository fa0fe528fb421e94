"""Runs the benchmarks named on the command line, else all of them; with --check fails on a limit that is missed."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator

from bench import backup, byhand, carried, converge, fleet, idle, image, kv, memory, start, threads, turns
from bench.limits import Figure, misses

BENCHMARKS = {
    "image": image.figures,
    "start": start.figures,
    "turns": turns.figures,
    "threads": threads.figures,
    "kv": kv.figures,
    "memory": memory.figures,
    "byhand": byhand.figures,
    "idle": idle.figures,
    "converge": converge.figures,
    "fleet": fleet.figures,
    "carried": carried.figures,
    "backup": backup.figures,
}


CHECK = "--check"


def main(arguments: list[str]) -> int:
    names = [name for name in arguments if name != CHECK]
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"bench: {unknown[0]!r} is no benchmark; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 64
    missed = [line for name in names or BENCHMARKS for line in missed_by(name)]
    for line in missed:
        print(f"bench: missed: {line}", file=sys.stderr)
    return 1 if missed and CHECK in arguments else 0


def missed_by(name: str) -> Iterator[str]:
    """One that breaks off has missed; the rest, hours of them, are measured all the same."""
    try:
        yield from misses(shown(name))
    except Exception as error:
        traceback.print_exc()
        yield f"{name}: broke off: {error!r}"


def shown(name: str) -> Iterator[Figure]:
    """A benchmark's figures, each printed when it is there."""
    print(f"\n{name}")
    for figure in BENCHMARKS[name]():
        print(f"  {figure.what:<62} {figure.shown:>12}", flush=True)
        yield figure


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
