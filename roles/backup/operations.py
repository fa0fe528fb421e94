"""Puts a host's means of backup in place, has it back up, and has a backup come back."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra.api.command import PyinfraCommand
from pyinfra.api.host import Host
from pyinfra.api.operation import operation
from pyinfra.context import host

from roles.backup import plan
from roles.backup.facts import BackupReading, MeansReading
from roles.hosts import attend, attended, fail, put, read, refusing, remark, run, step
from roles.readings import result
from roles.settings import Settings

Commands = Generator[PyinfraCommand, None, None]


@operation()
@refusing
def prepared(settings: Settings) -> Commands:
    """The script that backs up is on the host, with its password, and what runs it by the clock, if that is wanted."""
    found = read(host, reading(settings))
    plan.check_given(settings, found)
    wanted = plan.tools(settings, host.name.removeprefix("@"), found)
    if plan.as_wanted(settings, wanted, found):
        return
    yield attended("making the place of backups", plan.places(settings), "could not make the place of backups")
    yield attended("setting the secrets of backups", plan.secrets(settings, found), "could not set the secrets")
    yield step(write, wanted)
    yield attended("setting the schedule", plan.scheduling(wanted, found), "could not set the schedule of backups")


@operation()
@refusing
def unscheduled(settings: Settings) -> Commands:
    """Nothing backs the host up by the clock. What was backed up stays, and so do the means."""
    yield from end_schedule(settings)


def end_schedule(settings: Settings) -> Commands:
    found = read(host, reading(settings))
    if plan.is_scheduled(settings, found):
        yield attended("ending the schedule", plan.ending(found), "could not end the schedule of backups")


def write(host: Host, wanted: plan.Tools) -> bool:
    files = {path: (text, "0644") for path, text in wanted.schedule.items()}
    for path, (text, mode) in ({wanted.script_path: (wanted.script, "0755")} | files).items():
        succeeded, _, err = put(host, path, text, mode, "0")
        if not succeeded:
            return fail(host, f"stage backup: could not write {path}", err)
    return True


@operation()
@refusing
def made(settings: Settings) -> Commands:
    """A backup, now."""
    yield step(make, settings)


def make(host: Host, settings: Settings, verb: str = "") -> bool:
    _, out, err = attend(host, "backing up", f"{plan.script_path(settings)} {verb}".strip())
    done = result(out, err)
    if not done["ok"]:
        return fail(host, f"stage backup: {done['reason']}", err[:-1])
    host.log(plan.said(done))
    host.log(f"kept in {settings.clawlama_backup_repository}")
    host.log(f"without its password it is lost: keep a copy of {plan.password_path(settings)} elsewhere")
    return True


@operation()
@refusing
def restored(settings: Settings, backup: str, *, replace: bool) -> Commands:
    """The state is that of a backup: the one named, or the newest. What it replaces is backed up first."""
    yield step(restore, settings, backup, replace)


def restore(host: Host, settings: Settings, backup: str, replace: bool) -> bool:
    script = plan.script_path(settings)
    holds_state, _, _ = run(host, plan.holds_state(settings))
    if holds_state and not replace:
        fix = "--data replace=yes backs it up, then replaces it"
        return fail(host, f"stage restore: {settings.clawlama_data} holds a state already; {fix}")
    if holds_state and not make(host, settings, "keep"):
        return False
    # One that runs comes back with the state that there is then, whichever that is.
    ran, _, _ = run(host, "docker stop --time 15 clawlama")
    _, out, err = attend(host, "restoring", plan.restoring(script, backup, replace=replace))
    if ran:
        run(host, "docker start clawlama")
    done = result(out, err)
    if not done["ok"]:
        return fail(host, f"stage restore: {done['reason']}; the state is as it was", err[:-1])
    host.log(f"restored backup {done['id'][:8]}")
    return True


def reading(settings: Settings) -> BackupReading:
    files = {f"{name}_file": file for name, file in plan.given_files(settings).items()}
    return BackupReading(settings.clawlama_directory, **files)


@operation()
@refusing
def removed(settings: Settings) -> Commands:
    """Nothing backs the host up. Backups stay, and so does the password without which they are lost."""
    yield from end_schedule(settings)
    left = read(host, MeansReading(settings.clawlama_directory, settings.clawlama_backup_repository))
    if left["means"]:
        yield attended("removing the means", plan.removal(settings, left), "could not remove the means of backups")
    if left["means"] and plan.are_there(settings, left):
        repository, password = settings.clawlama_backup_repository, plan.password_path(settings)
        yield remark(f"backups in {repository} are kept, with their password, {password}")
