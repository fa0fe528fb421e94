"""What shall run, whether what runs is that, how far it is, and what to say of it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from roles.causes import AGAIN
from roles.clawlama import compose
from roles.clawlama.releases import STOP
from roles.engine import CONTAINER
from roles.errors import UserMistake
from roles.narrator import duration, size
from roles.readings import digests, json_in
from roles.settings import SETTINGS, Settings

SCHEMA = 1
LABEL = "io.clawlama.release"
PERMANENT = 78
# A container that died this often while we watched will not come up.
PATIENCE_RESTARTS = 3
# Nothing at all has changed for so long: a model of 40 GB on a slow disk loads in less.
PATIENCE_SECONDS = 900.0
# A Docker server that is restarted, by a package's upgrade say, is back by then.
SERVER_PATIENCE_SECONDS = 60.0
# What the host itself needs of its memory, where no limit is set.
HOST_SHARE, HOST_LEAST = 8, 512
REGISTRY_MODEL_SETTINGS = (
    "clawlama_model", "clawlama_models", "clawlama_model_file", "clawlama_model_file_host", "clawlama_ollama_url"
)  # fmt: skip


# --- what shall run


@dataclass(frozen=True)
class Release:
    """What is put on the host: the compose file, and the secrets by file name. ``digest`` stands for all of it."""

    compose: str
    digest: str
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def files(self) -> dict[str, str]:
        """Path below the provisioner's directory → sha256 of what it shall hold."""
        contents = {"docker-compose.yml": self.compose} | {
            f"secrets/{name}": content for name, content in self.secrets.items()
        }
        return {path: hashlib.sha256(content.encode()).hexdigest() for path, content in contents.items()}


def release(settings: Settings, found: Mapping[str, str], *, demonstration: bool) -> Release:
    """What these settings mean on this host, from its ReleaseReading."""
    secrets = {
        setting.name.lower(): f"{value}\n"
        for setting in SETTINGS
        if setting.secret and (value := str(getattr(settings, setting.name.lower())))
    }
    demo_file = f"{settings.clawlama_directory}/models/demo.gguf"
    extras = compose.Extras(
        memory=memory_limit(found["memory_kilobytes"]),
        gpus=found["gpus"] == "yes" and not settings.clawlama_ollama_url,
        model_file=demo_file if demonstration else settings.clawlama_model_file_host,
        demonstration=demonstration,
        secrets=tuple(secrets),
    )
    unlabelled = compose.for_host(settings, extras)
    whole = json.dumps([unlabelled, sorted(secrets.items()), found["image"]])
    digest = hashlib.sha256(whole.encode()).hexdigest()
    return Release(compose.for_host(settings, replace(extras, labels={LABEL: digest})), digest, secrets)


def memory_limit(memory_kilobytes: str) -> str:
    """All but an eighth of the host's memory, or 512 MiB where that is more; 0 (no limit) where it is not known."""
    if not memory_kilobytes:
        return "0"
    whole = int(memory_kilobytes) // 1024
    return f"{max(whole - max(whole // HOST_SHARE, HOST_LEAST), HOST_LEAST)}m"


def may_demonstrate(settings: Settings, found: Mapping[str, str]) -> bool:
    """True where the demonstration model is allowed, no model is named, and no real one is in use.

    Then the registry decides. What is in use is what runs, or, where nothing does, what the last release had: a
    registry that is silent for a while must not take anybody's model away.
    """
    named = any(getattr(settings, name) for name in REGISTRY_MODEL_SETTINGS)
    in_use = json_in(found["status"]) or json_in(found["record"]) or {}
    real = bool(in_use.get("model")) and not in_use.get("demonstration")
    return settings.clawlama_demo_model == "true" and not named and not real


# --- whether what runs is that


@dataclass(frozen=True)
class Container:
    """What Docker says of the container."""

    state: str
    health: str
    exit_code: int
    restarts: int
    labels: Mapping[str, str]
    image: str
    ports: frozenset[str]


def container(text: str) -> Container | None:
    """The container from what docker inspect printed; None where there is none."""
    found = json_in(text)
    if found is None:
        return None
    state = found["state"]
    return Container(
        state=state["Status"],
        health=(state.get("Health") or {}).get("Status", ""),
        exit_code=state["ExitCode"],
        restarts=found["restarts"],
        labels=found["labels"] or {},
        image=found["image"],
        ports=frozenset(bound["HostPort"] for bindings in (found.get("ports") or {}).values() for bound in bindings),
    )


def foreign(running: Container | None) -> bool:
    """True for a container of our name that somebody else made."""
    return running is not None and LABEL not in running.labels


def check_place(settings: Settings, found: Mapping[str, str]) -> None:
    """From a PlaceReading; raises UserMistake where the container could not be made."""
    if foreign(container(found["container"])):
        rule = "is the name of a container that this provisioner did not make"
        raise UserMistake("container", CONTAINER, rule, f"docker rm -f {CONTAINER} (its volume stays), {AGAIN}")
    if found["switch"]:
        fix = "deploy/upgrade.py and deploy/rollback.py finish it or take it back; run the one that was cut short"
        raise UserMistake("release", "between two", "must be one, and a run was cut short while it changed", fix)
    port, model_file = settings.clawlama_openclaw_port, settings.clawlama_model_file_host
    if holder := port_holder(settings.clawlama_publish_address, port, found):
        fix = f"end that, or set CLAWLAMA_OPENCLAW_PORT to a port that is free, {AGAIN}"
        raise UserMistake("CLAWLAMA_OPENCLAW_PORT", str(port), f"is taken on this machine by {holder}", fix)
    if model_file and not found["model_file"]:
        raise UserMistake("CLAWLAMA_MODEL_FILE_HOST", model_file, "is no file on this machine", f"mend it, {AGAIN}")


def port_holder(address: str, port: int, found: Mapping[str, str]) -> str:
    """Who listens where the container shall; empty where nobody does, or the container itself.

    Docker does not name one that is just being started again among those that publish a port.
    """
    ours = container(found["container"])
    if ours and ours.state in ("running", "restarting") and str(port) in ours.ports:
        return ""
    publishers = found["publishers"].split()
    listening = [line.partition(":")[0] for line in found["listening"].splitlines()]
    if CONTAINER in publishers or not any(_same_place(address, other) for other in listening):
        return ""
    if publishers:
        return f"the container {publishers[0]}"
    pid, _, command = next(iter(found["holders"].splitlines()), "").partition(" ")
    return f"process {pid} ({command.strip()[:60]})" if pid else "a process that cannot be seen from here"


def _same_place(address: str, hexadecimal: str) -> bool:
    """Whether a socket at ``address`` and one at an address in the kernel's notation exclude each other."""
    words = [bytes.fromhex(hexadecimal[start : start + 8])[::-1] for start in range(0, len(hexadecimal), 8)]
    other: IPv4Address | IPv6Address = ip_address(b"".join(words))
    if isinstance(other, IPv6Address) and other.ipv4_mapped:
        other = other.ipv4_mapped
    wanted = IPv4Address(address)
    return other.is_unspecified or (isinstance(other, IPv4Address) and (wanted.is_unspecified or wanted == other))


def check_versions(image: str, found: Mapping[str, str]) -> None:
    """From a ReleaseReading; raises UserMistake where the image's OpenClaw is not the one that last used the state.

    It would change its databases, and there would be no way back: that is an upgrade's business.
    """
    before = ((json_in(found["record"]) or {}).get("versions") or {}).get("openclaw")
    after = (json_in(found["image_labels"]) or {}).get("io.clawlama.openclaw")
    if before and after and before != after:
        rule = f"has OpenClaw {after}, and what ran last is {before}: its data would change, with no way back"
        raise UserMistake("image", image, rule, "deploy/upgrade.py goes there, and comes back if it does not answer")


def as_wanted(wanted: Release, found: Mapping[str, str]) -> bool:
    """True where what runs is what shall run, is alive, and has not failed; it may still be starting."""
    running, status = container(found["container"]), json_in(found["status"]) or {}
    return (
        running is not None
        and running.labels.get(LABEL) == wanted.digest
        and running.state == "running"
        and running.health != "unhealthy"
        and status.get("state") != "failed"
        and digests(found["files"]) == wanted.files
    )


# --- how far it is


@dataclass(frozen=True)
class Ready:
    pass


@dataclass(frozen=True)
class Failed:
    """It will not come up. ``permanent``: nor would the next restart, so it is stopped."""

    stage: str
    reason: str
    permanent: bool = False


@dataclass(frozen=True)
class Waiting:
    """Not there yet. ``topic`` is said when it changes, ``detail`` with it; ``progress`` tells a wait from a stall.

    Where nothing moves for ``patience`` seconds, it is ``otherwise``.
    """

    topic: str
    detail: str = ""
    progress: tuple[object, ...] = ()
    patience: float = PATIENCE_SECONDS
    otherwise: Failed | None = None


@dataclass(frozen=True)
class Restarts:
    """How many Docker had counted when we began to look, and after how many more it is given up."""

    seen: int
    patience: int


Outlook = Waiting | Ready | Failed
AWAY = Waiting(
    "the Docker server does not answer",
    patience=SERVER_PATIENCE_SECONDS,
    otherwise=Failed("container", "the Docker server went away and is not back; run the same command again"),
)


def outlook(found: Mapping[str, str], restarts_before: int, patience: int = PATIENCE_RESTARTS) -> Outlook:
    """How far the container is, from a StatusReading. One that says that it failed is about to end: that end counts.

    ``patience``: after so many restarts it is given up.
    """
    running, restarts = container(found["container"]), Restarts(restarts_before, patience)
    if running is None:
        return Failed("container", "it is gone") if found["gone"] else AWAY
    last_words = last_status(found["log"])
    status = json_in(found["status"])
    if running.state != "running" or status is None:
        return _silent(running, last_words, restarts)
    if status.get("schema") != SCHEMA:
        return Failed("status", wrong_schema(status))
    if status["state"] == "ready":
        return Ready()
    if given_up := _given_up(running, last_words, restarts):
        return given_up
    done = status.get("progress") or {}
    detail = status.get("message", "")
    if done.get("total"):
        detail = f"{size(done['completed'])} of {size(done['total'])}"
    return Waiting(status["state"], detail, (status["state"], status["stage"], detail, done.get("completed")))


def _silent(running: Container, last_words: Mapping[str, Any], restarts: Restarts) -> Outlook:
    """The container is down, or is up and cannot be asked yet."""
    if given_up := _given_up(running, last_words, restarts):
        return given_up
    if running.state in ("exited", "dead"):
        # Its restart policy holds for its own end only. Docker 20.10 takes its own crash for somebody's wish, too.
        return Failed("container", last_words.get("reason") or "it has been stopped; run the same command again")
    topic = "starting" if running.state == "running" else running.state
    return Waiting(topic, progress=(running.state, running.restarts))


def _given_up(running: Container, last_words: Mapping[str, Any], before: Restarts) -> Failed | None:
    """Why it will not come up. Docker may have started it again before anybody saw the end that cannot be mended."""
    restarts = running.restarts - before.seen
    ended_so = running.exit_code == PERMANENT and running.state != "running"
    stage, reason = last_words.get("stage", "container"), last_words.get("reason", "")
    if ended_so or (restarts > 0 and last_words.get("permanent")):
        return Failed(stage, reason, permanent=True)
    if restarts >= before.patience:
        return Failed(stage, reason or "it does not stay up")
    return None


def last_status(log: str) -> dict[str, Any]:
    """The container's last words: the last status among its log's lines; {} for none."""
    statuses = (found for line in reversed(log.splitlines()) if (found := json_in(line)) and "stage" in found)
    return next(statuses, {})


def for_people(log: str) -> list[str]:
    """The log up to its last words (after them the next start has begun), without statuses, which are for programs."""
    lines = log.splitlines()
    statuses = [number for number, line in enumerate(lines) if json_in(line) is not None]
    end = statuses[-1] if statuses else len(lines)
    return [line for line in lines[:end] if json_in(line) is None]


def wrong_schema(answer: Mapping[str, Any]) -> str:
    return f"the container speaks schema {answer.get('schema')}, this provisioner {SCHEMA}: build the image anew"


# --- proof and record


def needs_proof(found: Mapping[str, str]) -> bool:
    """True unless the container has a good proof, and it is one of the release that runs."""
    running, status, record = container(found["container"]), json_in(found["status"]), json_in(found["record"])
    proven = (record or {}).get("release")
    good = ((status or {}).get("proof") or {}).get("ok")
    return not good or running is None or proven != running.labels.get(LABEL)


def record(found: Mapping[str, str], proof: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The release as it is kept: what upgrade and rollback go back to."""
    running, status = container(found["container"]), json_in(found["status"]) or {}
    return {
        "schema": SCHEMA,
        "release": running.labels.get(LABEL) if running else None,
        "image": running.image if running else None,
        "versions": status.get("versions"),
        "model": status.get("model"),
        "demonstration": status.get("demonstration"),
        "compose": digests(found["files"]).get("docker-compose.yml"),
        "proof": dict(proof),
        "at": now.isoformat(timespec="seconds"),
    }


def present(found: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The record of what is here, from a ReleaseReading: the last proof's, or a new one for what was not proven.

    Raises UserMistake where there is no release of ours.
    """
    known, running = json_in(found["record"]) or {}, container(found["container"])
    label = running.labels.get(LABEL) if running else known.get("release")
    if not label:
        raise UserMistake(
            "release", "", "must be one that deploy/clawlama.py made, and there is none", "run that first"
        )
    return known if known.get("release") == label else record(found, {}, now)


# --- what is said at the end


def computing(said: Mapping[str, Any]) -> str:
    """What computes: threads of this host's, or an Ollama elsewhere; from a plan or a status."""
    return f"{said['threads']} threads" if said.get("threads") else "Ollama elsewhere"


def summary(found: Mapping[str, str], settings: Settings, address: str, now: datetime) -> list[str]:
    """The last lines of a deploy. ``address``: the ssh destination of a remote host, empty for this machine."""
    running, status = container(found["container"]), json_in(found["status"]) or {}
    proof = (json_in(found["record"]) or {}).get("proof") or status.get("proof") or {}
    link = (json_in(found["link"]) or {}).get("url", "")
    if address and settings.clawlama_publish_address == "0.0.0.0" and found["address"]:
        # By its address: OpenClaw takes a private one as it is, a name only if it is told of it.
        link = link.replace("//127.0.0.1:", f"//{found['address']}:", 1)
    lines = [
        f"versions: {_versions(status.get('versions') or {}, running.labels if running else {})}",
        f"model: {status.get('model')}, profile {status.get('profile')}, context {status.get('context')} tokens, "
        f"{computing(status)}",
        *(f"  because {reason}" for reason in status.get("why") or ()),
        *([f"speed: {status['speed']['words']}"] if status.get("speed") else []),
        *(f"model {model['name']} is not to be had: {model['reason']}" for model in missing_models(status)),
        *(_DEMONSTRATION if status.get("demonstration") else ()),
        f"question: {proof.get('question')}",
        f"answer: {proof.get('answer')} ({_timing(proof, now)})",
    ]
    if address and settings.clawlama_publish_address.startswith("127."):
        port = settings.clawlama_openclaw_port
        lines.append(f"first: ssh -L {port}:127.0.0.1:{port} {address}")
    return [*lines, f"chat: {link}"]


_DEMONSTRATION = (
    "THIS MODEL IS A DEMONSTRATION: it shows that everything works, its answers are worth nothing.",
    "No model registry answered. For a real model set CLAWLAMA_MODEL=qwen3:4b or CLAWLAMA_MODEL_FILE_HOST=/a/file.gguf",
    "in .env, and run the same command again.",
)


def _versions(versions: Mapping[str, str], labels: Mapping[str, str]) -> str:
    sources = {name: labels.get(f"io.clawlama.{name}.source", "") for name in versions}
    return ", ".join(
        f"{name} {number}{f' ({sources[name]})' if sources[name] else ''}" for name, number in versions.items()
    )


def missing_models(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those that a status says are not to be had."""
    return [model for model in status.get("models") or () if not model["ok"]]


def _timing(proof: Mapping[str, Any], now: datetime) -> str:
    took = f"took {proof.get('seconds')} s"
    right = {True: "right, ", False: "WRONG, "}.get(proof.get("correct"), "")  # type: ignore[arg-type]
    if not proof.get("at"):
        return f"{right}{took}"
    return f"{right}{took}, {age(proof['at'], now)} ago"


def age(at: str, now: datetime) -> str:
    """How long ago that was, in words, of a time as ISO 8601 has it; of none in the future."""
    found = datetime.fromisoformat(at)
    return duration(max(0.0, (now - (found if found.tzinfo else found.replace(tzinfo=UTC))).total_seconds()))


def removal(found: Mapping[str, str], directory: str) -> list[str]:
    """The scripts that remove what a LeftReading found; a container of our name that somebody else made stays."""
    running = container(found["container"])
    ours = running is not None and not foreign(running)
    files = " ".join(f"{directory}/{name}" for name in found["files"].split())
    return [
        *([f"{STOP} >/dev/null; docker rm --force {CONTAINER} >/dev/null"] if ours else []),
        *([f"docker network rm {found['network']} >/dev/null"] if found["network"] else []),
        *([f"docker image rm {' '.join(found['images'].split())} >/dev/null"] if found["images"] else []),
        *([f"rm -rf {files}"] if files else []),
    ]
