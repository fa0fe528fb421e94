"""The clawlama role, in order."""

from __future__ import annotations

from roles.clawlama import operations, switching
from roles.clawlama.facts import StatusReading
from roles.readings import Reading
from roles.settings import Settings


def check(settings: Settings) -> None:
    operations.possible(name="clawlama: name, port and model file are to be had", settings=settings)


def apply(settings: Settings) -> None:
    operations.released(name="clawlama: the release that the settings ask for", settings=settings)
    operations.ready(name="clawlama: ready")
    operations.proven(name="clawlama: a real answer", settings=settings)
    operations.summed_up(name="clawlama: what there is", settings=settings)


def settle(settings: Settings) -> None:
    """What has to be before a release is left."""
    switching.settled(name="clawlama: no change of releases is under way", settings=settings)
    switching.held(name="clawlama: the present release is held", settings=settings)


def upgrade(settings: Settings) -> None:
    switching.upgraded(name="clawlama: the newest release, proven", settings=settings)
    operations.summed_up(name="clawlama: what there is", settings=settings)


def roll_back(settings: Settings, wanted: object, *, discard_newer: bool) -> None:
    name = f"clawlama: release {wanted or 'before this one'}, proven"
    switching.rolled_back(name=name, settings=settings, wanted=wanted, discard_newer=discard_newer)
    operations.summed_up(name="clawlama: what there is", settings=settings)


def remove(settings: Settings) -> None:
    operations.removed(name="clawlama: no assistant", settings=settings)


def show(settings: Settings) -> None:
    operations.shown(name="clawlama: how it stands", settings=settings)


def readings(settings: Settings) -> list[Reading]:
    """What it asks a host on which there is nothing to do."""
    return [
        operations.place(settings),
        operations.release(settings),
        StatusReading(),
        operations.summary(settings),
    ]
