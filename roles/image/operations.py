"""Builds the image on the host."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path

from pyinfra.api.command import FileUploadCommand, PyinfraCommand
from pyinfra.api.host import Host
from pyinfra.api.operation import operation
from pyinfra.context import host

from roles.errors import UserMistake
from roles.hosts import apt_install, attend, attended, fail, read, refusal, run, step
from roles.image import plan, sources
from roles.image.facts import ImageReading
from roles.readings import json_in

CONTEXT = Path(__file__).parent.parent.parent / "container"


@operation()
def built(image: str, directory: str, build_settings: Mapping[str, str]) -> Generator[PyinfraCommand, None, None]:
    """``image`` is there, built from container/ with these settings; its sources are kept in ``directory``."""
    found = read(host, ImageReading, image=image)
    files = sources.read(CONTEXT)
    inputs = plan.inputs(files, build_settings)
    if plan.is_built(found, inputs):
        return
    try:
        plan.check_room(found)
    except UserMistake as mistake:
        yield refusal(str(mistake))
        return
    if found["debian"] and not found["mmdebstrap"]:
        # build.sh makes a base with it where none can be pulled.
        yield attended("installing mmdebstrap", apt_install(("mmdebstrap",)), "could not install mmdebstrap")
    context, packed = f"{directory}/container", f"{directory}/container.tar"
    unpack = f"rm -rf {context} && mkdir {context} && tar -x -f {packed} -C {context} && rm {packed}"
    yield attended(f"making {directory}", f"mkdir -p {directory}", f"could not make {directory}")
    yield FileUploadCommand(sources.packed(files), packed)
    yield attended("copying the image's sources", unpack, f"could not copy the image's sources to {context}")
    yield step(build, image, directory, inputs, plan.build_environment(found, build_settings))


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
