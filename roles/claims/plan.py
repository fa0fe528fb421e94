"""How a host is claimed, and what its answer means. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

FILE, LOG = "rollout.claim", "audit.log"
# A claim that nobody has renewed for so long is that of a run which is gone.
LEASE_MINUTES = 20
RULE = "wait for its end, or for {lease} minutes after its last sign of life"


@dataclass(frozen=True)
class Claim:
    """``run``: the rollout's name. ``who``: user and machine. ``dead``: runs that are known to be gone."""

    run: str
    who: str
    verb: str
    dead: tuple[str, ...] = ()


ENTER = "mkdir -p {directory} && cd {directory} || exit 1\n"
ENTER_IF_THERE = "cd {directory} 2>/dev/null || exit 0\n"
# Between a look at who has it and what follows nobody else may come: two cannot both make a folder. One that is left
# behind by what was killed in that moment is in nobody's way for long.
ALONE = """
tries=0
until mkdir {file}.lock 2>/dev/null; do
  test -w . || exit 1
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || rmdir {file}.lock 2>/dev/null
  sleep 0.1
done
trap 'rmdir {file}.lock' EXIT
"""
# The words stand in a line: run, who, since, verb.
CLAIM = """
held=$(cat {file} 2>/dev/null)
name=${{held%%	*}}
case {dead} in
  *" $name "*) gone=yes ;;
  *) gone=$(find {file} -mmin +{lease} 2>/dev/null) ;;
esac
if [ "$name" = {run} ]; then touch {file}; echo mine; exit 0; fi
if [ -n "$held" ] && [ -z "$gone" ]; then echo "theirs	$held"; exit 0; fi
since=$(date -u '+%Y-%m-%dT%H:%M:%SZ')
printf '%s\\t%s\\t%s\\t%s\\n' {run} {who} "$since" {verb} >{file} || exit 1
printf '%s begun: %s by %s in %s\\n' "$since" {verb} {who} {run} >>{log}
if [ -n "$held" ]; then echo "taken	$held"; else echo mine; fi
"""
FREE = """
name=$(cut -f 1 {file} 2>/dev/null)
[ "$name" != {run} ] || rm -f {file}
printf '%s %s: %s by %s in %s\\n' "$(date -u '+%Y-%m-%dT%H:%M:%SZ')" {result} {verb} {who} {run} >>{log}
"""


def claiming(directory: str, claim: Claim) -> str:
    """The script that claims a host, or renews that; it prints ``mine``, ``taken`` or ``theirs`` with who has it."""
    dead = f" {' '.join(claim.dead)} "
    return (ENTER + ALONE + CLAIM).format(**_words(directory, claim), dead=shlex.quote(dead), lease=LEASE_MINUTES)


def freeing(directory: str, claim: Claim, result: str) -> str:
    """The script that gives a host back. ``result``: a line for its log."""
    return (ENTER_IF_THERE + ALONE + FREE).format(**_words(directory, claim), result=shlex.quote(result))


def _words(directory: str, claim: Claim) -> dict[str, str]:
    words = {"run": claim.run, "who": claim.who, "verb": claim.verb}
    return {name: shlex.quote(word) for name, word in words.items()} | {
        "directory": directory,
        "file": FILE,
        "log": LOG,
    }


def holder(line: str) -> str:
    """Who has it, in words, from the script's last line."""
    _, run, who, since, verb = [*line.split("\t"), "", "", "", "", ""][:5]
    return f"{who} has been at work here since {since} ({verb}, run {run})"
