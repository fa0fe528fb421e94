"""Models for a host, by way of the registry on the machine that pyinfra runs on (roles/registry.py)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from pyinfra.api.host import Host

from roles import mirror, registry
from roles.hosts import watched
from roles.registry import Model
from roles.settings import Settings

# As the compose file confines the assistant, but for the network: only the host's own loopback leads to the registry.
CONFINED = "--network host --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges:true"


def bring(host: Host, settings: Settings, planned: Mapping[str, Any]) -> bool:
    """What the plan (`clawlama plan --json`) lacks on the volume; what cannot be had so the host pulls by itself."""
    missing = [Model(**one) for one in planned.get("missing", ())]
    if not missing or not mirror.is_for(host, settings.clawlama_mirror):
        return True
    try:
        return take(host, settings, {one.name: place for one in missing if (place := put_here(host, one))})
    except registry.Unreached as unreached:
        host.log(f"not by the registry of the machine that pyinfra runs on ({unreached}): the host pulls by itself")
        return True


def put_here(host: Host, wanted: Model) -> str:
    """Where this machine's registry has it, as REPOSITORY@DIGEST, which fetches it if need be; empty if it cannot."""
    moved = ["asking its registry"]
    fetch = functools.partial(registry.model, wanted, moved.append)
    try:
        digest = watched(host, f"fetching {wanted.name} to this machine", fetch, lambda: moved[-1])
    except registry.Unreached as unreached:
        host.log(f"{wanted.name} cannot be had from here ({unreached}): the host pulls it by itself")
        return ""
    return f"{wanted.kept_as}@{digest}"


def take(host: Host, settings: Settings, places: Mapping[str, str]) -> bool:
    """Into the volume, past Ollama: models by their names. Raises Unreached where nothing at all comes."""
    names = " ".join(f"{name} {place}" for name, place in places.items())
    volume, image = settings.clawlama_data, settings.clawlama_image

    def fetch(address: str) -> str:
        told = f"--env FETCH_FROM={address} --env FETCH='{names}'"
        return f"docker run --rm {CONFINED} --volume {volume}:/data {told} {image} fetch"

    return not places or mirror.take(host, "the model", fetch, "stage model")
