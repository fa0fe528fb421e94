"""The host with a card, whose repository is its own."""

import os
from pathlib import Path

from tests.testbed.nvidia import SITE

_folder = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "hosts"
_key = (_folder / "nvidia-key").read_text(encoding="utf-8")
vm = [("vm", {"_sudo": True, "clawlama_nvidia_upstream": SITE, "clawlama_nvidia_upstream_key": _key})]
