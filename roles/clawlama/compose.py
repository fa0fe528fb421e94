"""Renders the compose file: for a host, with its values; and for everybody, with every setting at its default.

``python -m roles.clawlama.compose`` writes the second one, ``container/docker-compose.yml``; ``--check`` compares it.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from roles.settings import BY_NAME, SETTINGS, Settings, environment
from roles.templates import rendered

ROOT = Path(__file__).parent.parent.parent
STANDALONE = ROOT / "container" / "docker-compose.yml"
HEADER = """\
# ClawLama, ready to be pasted into Portainer or Dockge, or for `docker compose up -d`.
# Every ${NAME:-default} is a setting: see .env.example. Written by `make generate` from templates/."""


@dataclass(frozen=True)
class Extras:
    """What a host's compose file has beyond its settings."""

    memory: str
    gpus: bool = False
    model_file: str = ""
    demonstration: bool = False
    secrets: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def model_target(self) -> str:
        """The model file in the container: the container names the model after it."""
        return f"/models/{Path(self.model_file).name}" if self.model_file else ""


def for_host(settings: Settings, extras: Extras) -> str:
    """The compose file of one host: only what differs from the defaults is in its environment."""
    variables = environment(settings, "container")
    if extras.model_file:
        variables["CLAWLAMA_MODEL_FILE"] = extras.model_target
    if extras.demonstration:
        variables["CLAWLAMA_DEMONSTRATION"] = "true"
    variables |= {f"{name.upper()}_FILE": f"/run/secrets/{name}" for name in extras.secrets}
    in_directory = settings.clawlama_data.startswith("/")
    return rendered(
        "docker-compose.yml.j2",
        header="",
        image=settings.clawlama_image,
        environment={name: _literal(value) for name, value in variables.items()},
        port=f"{settings.clawlama_publish_address}:{settings.clawlama_openclaw_port}:{settings.clawlama_openclaw_port}",
        data_type="bind" if in_directory else "volume",
        data=settings.clawlama_data if in_directory else "data",
        volume=settings.clawlama_data,
        model_file=extras.model_file,
        model_target=extras.model_target,
        secrets=extras.secrets,
        labels=extras.labels,
        gpus=extras.gpus,
        memory=settings.clawlama_memory_limit or extras.memory,
        cpus=settings.clawlama_cpus or "0",
    )


def standalone() -> str:
    """The compose file for everybody: each setting a variable with its default; 0 stands for "no limit"."""
    port = _variable("CLAWLAMA_OPENCLAW_PORT")
    return rendered(
        "docker-compose.yml.j2",
        header=HEADER,
        image=_variable("CLAWLAMA_IMAGE"),
        environment={setting.name: _variable(setting.name) for setting in SETTINGS if setting.scope == "container"},
        port=f"{_variable('CLAWLAMA_PUBLISH_ADDRESS')}:{port}:{port}",
        data_type="volume",
        data="data",
        volume=_variable("CLAWLAMA_DATA"),
        model_file="",
        model_target="",
        secrets=(),
        labels={},
        gpus=False,
        memory="${CLAWLAMA_MEMORY_LIMIT:-0}",
        cpus="${CLAWLAMA_CPUS:-0}",
    )


def _variable(name: str) -> str:
    return f"${{{name}:-{BY_NAME[name].default}}}"


def _literal(value: str) -> str:
    """A value that compose must not take for a variable."""
    return value.replace("$", "$$")


def main(arguments: list[str]) -> int:
    """Writes the compose file for everybody; with ``--check`` shows what would change, and returns 1 if anything."""
    wanted = standalone()
    if "--check" not in arguments:
        STANDALONE.write_text(wanted, encoding="utf-8")
        return 0
    found = STANDALONE.read_text(encoding="utf-8") if STANDALONE.is_file() else ""
    if wanted == found:
        return 0
    lines = difflib.unified_diff(found.splitlines(True), wanted.splitlines(True), str(STANDALONE.name), "template", n=0)
    sys.stdout.writelines(lines)
    print("container/docker-compose.yml differs from its template: run `make generate`")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
