"""The hosts that REPLAY_HOSTS names, from their cassettes; REPLAY_DATA has data for all of them, as JSON."""

import json
import os

_data = json.loads(os.environ.get("REPLAY_DATA", "{}"))
replayed = [
    (f"@replay/{name}", {"_sudo": "macos" not in name, "clawlama_demo_model": "true", **_data})
    for name in os.environ["REPLAY_HOSTS"].split()
]
