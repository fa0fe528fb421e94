"""The machine, and the first `make up` of its life."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.container import models
from tests.hosts import OTHER_MODEL
from tests.testbed import image
from tests.testbed.docker import docker
from tests.testbed.machine import CLONE, Ended, Machine, bare_machine
from tests.testbed.traces import Traces, traces


@pytest.fixture(scope="package")
def machine() -> Iterator[Machine]:
    with bare_machine() as machine:
        machine.clone(CLONE)
        yield machine


@pytest.fixture(scope="package")
def bare(machine: Machine) -> Traces:
    """What the machine has before anything is done to it."""
    return traces(machine)


@pytest.fixture(scope="package")
def first(machine: Machine, bare: Traces) -> Ended:  # noqa: ARG001 # that comes first
    """The first `make up` of the machine's life. The image it made serves the container tests too."""
    with image.making():
        ended = machine.make_up()
        machine.hand_out(image.NAME)
    return ended


@pytest.fixture(scope="package")
def other_model(machine: Machine) -> None:
    docker("cp", str(models.tiny()), f"{machine.name}:{OTHER_MODEL}")
