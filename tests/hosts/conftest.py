"""The machine, and the first `make up` of its life."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.container import models
from tests.hosts import OTHER_MODEL
from tests.testbed import image
from tests.testbed.docker import docker
from tests.testbed.machine import CLONE, Ended, Machine, bare_machine
from tests.testbed.traces import Traces, traces

# What comes after it.
IMAGE_IS_THERE = "Starting operation: clawlama: the release"


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
    """The first `make up` of its life. The image that it makes serves the container tests, too, once that is there."""
    with ThreadPoolExecutor() as beside, ExitStack() as being_made:
        being_made.enter_context(image.making())

        def hand_out() -> None:
            with being_made.pop_all():
                machine.hand_out(image.NAME)

        handed_out = list[Future[None]]()
        ended = machine.make_up({IMAGE_IS_THERE: lambda _: handed_out.append(beside.submit(hand_out))})
        handed_out[0].result()
    return ended


@pytest.fixture(scope="package")
def other_model(machine: Machine) -> None:
    docker("cp", str(models.tiny()), f"{machine.name}:{OTHER_MODEL}")
