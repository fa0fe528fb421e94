"""Models for a host, by way of the registry on the machine that pyinfra runs on (roles/mirror.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyinfra.api.host import Host

from roles import mirror
from roles.hosts import attend, fail, watched
from roles.mirror import Model
from roles.narrator import size
from roles.settings import Settings

# As the compose file confines the assistant, but for the network: only the host's own loopback leads to the registry.
CONFINED = "--network host --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges:true"


def bring(host: Host, settings: Settings, planned: Mapping[str, Any]) -> bool:
    """What the plan (`clawlama plan --json`) lacks on the volume; what cannot be had so the host pulls by itself."""
    missing = [Model(**one) for one in planned.get("missing", ())]
    if not missing or not mirror.is_for(host, settings.clawlama_mirror):
        return True
    try:
        return take(host, settings, [one for one in missing if is_here(host, one)])
    except mirror.Unreached as unreached:
        host.log(f"not by the registry of the machine that pyinfra runs on ({unreached}): the host pulls by itself")
        return True


def is_here(host: Host, wanted: Model) -> bool:
    """Whether this machine's registry has it, which fetches it if need be."""
    moved = ["asking its registry"]
    try:
        watched(
            host,
            f"fetching {wanted.name} to this machine",
            lambda: mirror.model(wanted, moved.append),
            lambda: moved[-1],
        )
    except mirror.Unreached as unreached:
        host.log(f"{wanted.name} cannot be had from here ({unreached}): the host pulls it by itself")
        return False
    return True


def take(host: Host, settings: Settings, models: Sequence[Model]) -> bool:
    """Into the volume, past Ollama. Raises Unreached where nothing at all comes."""
    if not models:
        return True
    names = " ".join(f"{one.name} {one.kept_as}" for one in models)
    with mirror.reached(host) as line:
        told = f"--env FETCH_FROM={line.address} --env FETCH='{names}'"
        volume, image = settings.clawlama_data, settings.clawlama_image
        script = f"docker run --rm {CONFINED} --volume {volume}:/data {told} {image} fetch"
        done, _, err = attend(host, "taking the model", script, lambda: f"{size(line.carried)} came")
    why = err[-1] if err else "it did not come"
    if not done and not line.carried:
        raise mirror.Unreached(why)
    if done:
        host.log(f"the model came from this machine's registry: {size(line.carried)}")
    return done or fail(host, f"stage model: {why}; {mirror.AGAIN}", err[:-1])
