"""Many machines, for deploy/rollout.py: to be copied and changed.

Every list is a group; a host stands in as many as it belongs to, and what the groups differ in is in group_data/. The
group `canary` goes first. Names are what ~/.ssh/config calls the machines.
"""

import csv
from pathlib import Path

# By site: each may have a mirror, a backup repository or a proxy of its own, in group_data/berlin.py and the like.
# The image is made once, on this machine, and each host takes from here what it has not got.
_ONCE = {"clawlama_image_source": "controller"}
berlin = (["berlin-1", "berlin-2", "berlin-3"], _ONCE)
rome = (["rome-1", "rome-2", ("rome-gpu", {"clawlama_model": "gpt-oss:20b"})], _ONCE)

# By role: what is tried first, and who has a card.
canary = ["berlin-1"]
gpu = ["rome-gpu"]


# Hosts may come from elsewhere as well: from a table with a head line (name, group, settings in small letters) ...
def _from_csv(path: Path) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Group → its hosts with their settings. An empty cell is no setting."""
    groups: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        settings = {name: value for name, value in row.items() if value and name not in ("name", "group")}
        groups.setdefault(row["group"], []).append((row["name"], settings))
    return groups


_TABLE = Path(__file__).parent / "hosts.csv"
if _TABLE.exists():
    globals().update(_from_csv(_TABLE))

# ... or from a command that prints a name a line:
# cloud = subprocess.run(["cloud", "list"], capture_output=True, text=True, timeout=60, check=True).stdout.split()
