"""Brings the image to the host."""

from __future__ import annotations

import functools
from collections.abc import Generator, Mapping
from pathlib import Path

from pyinfra.api.command import FileUploadCommand, PyinfraCommand
from pyinfra.api.host import Host
from pyinfra.api.operation import operation
from pyinfra.context import host

from roles import foresight, mirror, registry
from roles.errors import UserMistake
from roles.hosts import AS_OURSELVES, attend, attended, fail, read, refusing, remark, run, step, upload, watched
from roles.image import controller, plan, sources
from roles.image.facts import BuiltReading, ImageReading, NewestReading
from roles.image.plan import Asked
from roles.packages import APT, filled, record_of_packages, recorded, unrecorded
from roles.readings import json_in

Commands = Generator[PyinfraCommand, None, None]
CONTEXT = Path(__file__).parent.parent.parent / "container"
# What scripts/venv.sh installed, on the machine that this runs on.
OF_THE_CLONE = CONTEXT.parent / ".venv/packages"
# Where an image is uploaded to, each time under another name.
HANDED = Path("/var/tmp/clawlama-image")


@functools.cache
def context_files() -> tuple[plan.Source, ...]:
    """What an image is built from, read once: every host of a run gets the same."""
    return sources.read(CONTEXT)


@operation()
@refusing
def there(asked: Asked) -> Commands:
    """The host has the image: built there or on this machine from container/ with these settings, or pulled."""
    found = read(host, ImageReading(asked.image))
    if plan.is_there(found, asked.source, plan.inputs(context_files(), asked.build_settings)):
        return
    if asked.source == "pull":
        foresight.note(host, "the image is pulled")
        yield pulled(asked.image)
    else:
        yield from made(asked, plan.present(found), found)


@operation()
@refusing
def newest(asked: Asked) -> Commands:
    """The image has the newest versions that can be had, or the pinned ones; what runs is left alone."""
    found = read(host, ImageReading(asked.image))
    if asked.source == "pull":
        # Whether there is a newer one, a registry says no other way.
        foresight.note(host, "the image is pulled")
        yield pulled(asked.image)
        return
    if is_made_here(asked, found):
        said = controller.resolved(CONTEXT, asked.build_settings)
    else:
        said = read(host, NewestReading(asked.directory, tuple(asked.build_settings.items())))["resolved"]
    versions = plan.newest(found, plan.resolved(said), asked.build_settings)
    for change in plan.changes(plan.present(found), versions):
        foresight.note(host, change)
    if not versions or not plan.is_built(found, plan.inputs(context_files(), asked.build_settings), versions):
        yield from made(asked, versions, found)


def pulled(image: str) -> PyinfraCommand:
    return attended(f"pulling {image}", f"docker pull --quiet {image}", f"stage image: {image} could not be pulled")


def is_made_here(asked: Asked, found: Mapping[str, str]) -> bool:
    return asked.source == "controller" and found["architecture"] == controller.architecture(asked.image)


def made(asked: Asked, versions: Mapping[str, str], found: Mapping[str, str]) -> Commands:
    """Makes the image where the settings want it made, of these versions; the newest where none are given."""
    if is_made_here(asked, found):
        foresight.note(host, lambda: plan.handed_over(controller.size(asked.image) or found["image_bytes"]))
        plan.check_room(found, plan.A_COPY)
        yield step(hand_over, asked, versions)
        return
    if asked.source == "controller":
        yield remark(f"{found['architecture']} is not this machine's architecture: the image is built on the host")
    yield from built(asked, versions, found)


def built(asked: Asked, versions: Mapping[str, str], found: Mapping[str, str]) -> Commands:
    """Builds the image on the host; its sources are kept in the provisioner's directory."""
    files, directory = context_files(), asked.directory
    inputs = plan.inputs(files, asked.build_settings)
    foresight.note(host, "the image is built there")
    plan.check_room(found, plan.A_BUILD)
    if found["debian"] and not found["mmdebstrap"]:
        # build.sh makes a base with it where none can be pulled.
        install = recorded(filled(APT.install, names="mmdebstrap"), record_of_packages(directory))
        yield attended("installing mmdebstrap", install, "could not install mmdebstrap")
    context, packed = f"{directory}/container", f"{directory}/container.tar"
    unpack = f"rm -rf {context} && mkdir {context} && tar -x -f {packed} -C {context} && rm {packed}"
    yield attended(f"making {directory}", f"mkdir -p {directory}", f"could not make {directory}")
    yield FileUploadCommand(sources.packed(files), packed)
    yield attended("copying the image's sources", unpack, f"could not copy the image's sources to {context}")
    yield step(build, asked.image, directory, inputs, {**versions, **asked.build_settings})


def build(host: Host, image: str, directory: str, inputs: str, environment: Mapping[str, str]) -> bool:
    """Runs build.sh, saying every 15 seconds which step it is at; its whole output is kept in build.log."""
    log = f"{directory}/build.log"
    script = f"sh {directory}/container/scripts/build.sh --tag {image} --inputs {inputs} 2>{log}"
    # Not below $HOME: through sudo that is the invoking user's, and root's files would be left there.
    variables = {"BUILDX_CONFIG": f"{directory}/buildx", **environment}

    def last_lines() -> list[str]:
        return run(host, f"tail -n 200 {log}")[1]

    succeeded, out, _ = attend(host, "building the image", script, lambda: plan.step(last_lines()), _env=variables)
    if not succeeded:
        lines = last_lines()
        return fail(host, f"stage image: {lines[-1] if lines else 'the build failed'} (whole log: {log})", lines[:-1])
    host.log(plan.taken(json_in(out[-1] if out else "") or {}))
    return True


def hand_over(host: Host, asked: Asked, versions: Mapping[str, str]) -> bool:
    """Makes the image on this machine, if need be, and brings it to the host."""
    make = functools.partial(controller.made, asked.image, CONTEXT, asked.build_settings, versions)
    try:
        made = watched(host, "making the image on this machine", make, controller.step)
        if made.built:
            host.log(made.built)
        if mirror.is_for(host, asked.mirror):
            try:
                return take(host, asked.image, made.identity)
            except registry.Unreached as unreached:
                host.log(f"not by this machine's registry ({unreached}): the image is carried whole")
        pack = functools.partial(controller.packed, asked.image, made.identity)
        return load(host, asked.image, watched(host, "packing the image on this machine", pack))
    except controller.NotMade as failed:
        said = f"stage image: {failed} (on this machine; whole log: {controller.LOG})"
        return fail(host, said, failed.lines[:-1])
    except UserMistake as mistake:
        return fail(host, str(mistake))


def take(host: Host, image: str, identity: str) -> bool:
    """From this machine's registry, whatever layers the host has not got. Raises Unreached where nothing comes."""
    put = functools.partial(registry.image, image, identity)
    digest = watched(host, "putting the image into this machine's registry", put)

    def pull(address: str) -> str:
        there = f"{address}/{registry.IMAGES}@{digest}"
        return f"docker pull --quiet {there} && docker tag {there} {image} && docker rmi {there}"

    return mirror.take(host, "the image", pull, f"stage image: {image} could not be taken")


def load(host: Host, image: str, archive: Path) -> bool:
    """Uploads as the user that ssh has, who need not be root, and to the disk: /tmp may be in memory."""
    _, place, _ = run(host, f"rm -f {HANDED}.*; mktemp {HANDED}.XXXXXX", **AS_OURSELVES)
    if not place:
        return fail(host, f"stage image: could not make a file in {HANDED.parent}")
    done, _, err = upload(host, "handing the image over", archive, place[0])
    if done:
        done, _, err = attend(host, "loading the image", f"docker load --quiet --input {place[0]}")
    run(host, f"rm -f {place[0]}", **AS_OURSELVES)
    return done or fail(host, f"stage image: {image} could not be handed over", err)


@operation()
@refusing
def removed(image: str, directory: str) -> Commands:
    """Neither images of ours are there, nor what they were made from and with. What else Docker holds stays."""
    records = (record_of_packages(directory), *([str(OF_THE_CLONE)] if host.name == "@local" else []))
    found = read(host, BuiltReading(image, directory, records))
    for record in found["packages"].split():
        yield attended("removing packages", unrecorded(record), "could not remove packages")
    if found["images"] or found["files"]:
        yield attended("removing images", plan.removal(found, directory), "could not remove the images")
