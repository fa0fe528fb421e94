"""A host is claimed for a rollout, or given back: deploy/rollout.py runs it, with --data for what it says of itself.

``results``: a file with a line for the log of each host, which is given back; else it is claimed, or that is renewed.
"""

import json
from pathlib import Path

from pyinfra.context import host

import roles.claims.tasks
from roles.begin import begin
from roles.claims.plan import Claim

settings = begin(host, alone_there=False)
claim = Claim(
    str(host.data.get("run")), str(host.data.get("who")), str(host.data.get("verb")), tuple(str(host.data.dead).split())
)
results = host.data.get("results")
if results:
    roles.claims.tasks.free(settings, claim, json.loads(Path(results).read_text(encoding="utf-8"))[host.name])
else:
    roles.claims.tasks.claim(settings, claim)
