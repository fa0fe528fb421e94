"""A verb on a whole inventory, batch by batch: python -m deploy.rollout inventories/fleet.py --verb upgrade

Every host is looked at before the first change anywhere, and the whole plan is shown. Then the canary, watched for a
while, then the batches, each proven before the next one begins; the first failure above --max-failed halts it.
--resume goes on from there, after a kill, too. Ends with 0 where all is done, with 1 where it halted or a host failed.
"""

from __future__ import annotations

import argparse
import sys

from roles.errors import UserMistake
from rollout import rolling
from rollout.screen import screen

USAGE, INTERRUPTED = 64, 130


def main(arguments: list[str]) -> int:
    options = parsed(arguments)
    shown = screen(as_json=options.json)
    try:
        return rolling.roll(options, shown)
    except UserMistake as mistake:
        shown.say(f"rollout: {mistake}")
        return USAGE
    except KeyboardInterrupt:
        shown.say("rollout: interrupted; --resume goes on from here")
        return INTERRUPTED


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy.rollout", description=__doc__.splitlines()[0])
    parser.add_argument("inventory", help="an inventory file of pyinfra's")
    parser.add_argument("--verb", choices=rolling.VERBS, default="clawlama", help="what each host gets (clawlama)")
    parser.add_argument(
        "--data", action="append", default=[], metavar="NAME=VALUE", help="for every host, as pyinfra's"
    )
    parser.add_argument("--canary", action="append", default=[], metavar="NAME", help="hosts or groups that go first")
    parser.add_argument("--batch", default="25%", help="hosts at a time after the canary: 5, or 25%% (25%%)")
    parser.add_argument("--max-failed", type=int, default=0, metavar="N", help="goes on with so many failed hosts (0)")
    parser.add_argument("--soak", type=int, default=60, metavar="SECONDS", help="watches the canary for so long (60)")
    parser.add_argument("--skip", action="append", default=[], metavar="HOST", help="leaves this host out")
    parser.add_argument("--plan", action="store_true", help="looks at all hosts, shows the plan, changes nothing")
    parser.add_argument("--yes", action="store_true", help="does not ask before the first change")
    parser.add_argument("--resume", action="store_true", help="goes on with the last rollout that was not finished")
    parser.add_argument("--json", action="store_true", help="an event a line on standard output")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
