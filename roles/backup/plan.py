"""What has to lie on a host so that it can be backed up, by hand and by schedule, and what a backup said. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roles.causes import AGAIN
from roles.errors import UserMistake, plain
from roles.narrator import duration, size
from roles.readings import digests
from roles.scripts import owned
from roles.settings import Settings
from roles.templates import rendered

# The container's user.
OWNER = "10001:10001"
IN_CONTAINER, PROJECT, KEY_IN_CONTAINER = "/backups", "/project", "/run/clawlama-key"
# Of the provisioner's directory: what runs, with its settings, and the record of it.
KEPT = ("docker-compose.yml", "release.json", "secrets")
# What the operator may give, each in a file of the host.
GIVEN = {"password": "a file with a password", "credentials": "a file of variables", "key": "a file with an SSH key"}
RANDOM = "od -An -N32 -tx1 /dev/urandom | tr -d ' \\n'"
CALENDAR = {"hourly": "@hourly", "daily": "@daily", "weekly": "@weekly"}
SECONDS = {"hourly": 3600, "daily": 86400, "weekly": 604800}


@dataclass(frozen=True)
class Scheduler:
    """What runs a script by the clock on a kind of host: files by path, and the commands that begin and end it."""

    files: Mapping[str, str]
    begin: str
    end: str


SYSTEMD = Scheduler(
    {
        "/etc/systemd/system/clawlama-backup.service": "backup.service.j2",
        "/etc/systemd/system/clawlama-backup.timer": "backup.timer.j2",
    },
    "systemctl daemon-reload && systemctl enable clawlama-backup.timer && systemctl restart clawlama-backup.timer",
    "systemctl disable --now clawlama-backup.timer",
)
CRON = Scheduler({"/etc/cron.d/clawlama-backup": "backup.cron.j2"}, "true", "true")
AGENT = "{home}/Library/LaunchAgents/org.clawlama.backup.plist"
LAUNCHD = Scheduler(
    {AGENT: "backup.plist.j2"},
    f"launchctl bootout gui/$(id -u)/org.clawlama.backup 2>/dev/null; launchctl bootstrap gui/$(id -u) {AGENT}",
    "launchctl bootout gui/$(id -u)/org.clawlama.backup",
)


def scheduler(found: Mapping[str, str]) -> Scheduler:
    """The host's own, from a BackupReading."""
    if found["kernel"] == "Darwin":
        files = {path.format(home=found["home"]): name for path, name in LAUNCHD.files.items()}
        return Scheduler(files, LAUNCHD.begin.format(home=found["home"]), LAUNCHD.end)
    return SYSTEMD if found["systemd"] else CRON


@dataclass(frozen=True)
class Tools:
    """Path → content of what shall lie on the host, each file with what it takes to be read there."""

    script_path: str
    script: str
    schedule: Mapping[str, str]


def tools(settings: Settings, hostname: str, found: Mapping[str, str]) -> Tools:
    """What these settings ask for on this host."""
    path = script_path(settings)
    script = rendered("backup.sh.j2", script=path, hostname=hostname, **_runs(settings))
    wanted = settings.clawlama_backup_schedule
    if wanted == "off":
        return Tools(path, script, {})
    told = {"script": path, "calendar": wanted, "cron": CALENDAR[wanted], "seconds": SECONDS[wanted]}
    return Tools(path, script, {place: rendered(name, **told) for place, name in scheduler(found).files.items()})


def script_path(settings: Settings) -> str:
    return f"{settings.clawlama_directory}/backup/backup.sh"


def password_path(settings: Settings) -> str:
    return settings.clawlama_backup_password_file or _own_password(settings)


def _own_password(settings: Settings) -> str:
    return f"{settings.clawlama_directory}/backup/password"


def key_path(settings: Settings) -> str:
    return f"{settings.clawlama_directory}/backup/key"


def given_files(settings: Settings) -> dict[str, str]:
    return {name: getattr(settings, f"clawlama_backup_{name}_file") for name in GIVEN}


def check_given(settings: Settings, found: Mapping[str, str]) -> None:
    """Raises UserMistake for a secret's file that is not on the host, or has nothing in it."""
    for name, file in given_files(settings).items():
        if file and not found[f"given_{name}"]:
            rule = f"must be {GIVEN[name]} on the host, and is none"
            raise UserMistake(f"CLAWLAMA_BACKUP_{name.upper()}_FILE", file, rule, f"make it there, {AGAIN}")


def is_local(settings: Settings) -> bool:
    return settings.clawlama_backup_repository.startswith("/")


def _runs(settings: Settings) -> dict[str, object]:
    repository, directory = settings.clawlama_backup_repository, settings.clawlama_directory
    local = is_local(settings)
    return {
        "image": settings.clawlama_image,
        "data": settings.clawlama_data,
        "password": _own_password(settings),
        "network": "none" if local else "bridge",
        "mounts": [
            f"{directory}:{PROJECT}:ro",
            *([f"{repository}:{IN_CONTAINER}"] if local else []),
            *([f"{key_path(settings)}:{KEY_IN_CONTAINER}:ro"] if settings.clawlama_backup_key_file else []),
        ],
        "check_days": settings.clawlama_backup_check_days,
        "credentials": settings.clawlama_backup_credentials_file,
        "variables": [
            f"CLAWLAMA_BACKUP_REPOSITORY={IN_CONTAINER if local else repository}",
            "CLAWLAMA_BACKUP_PASSWORD_FILE=/run/clawlama-password",
            f"CLAWLAMA_BACKUP_PROJECT='{' '.join(f'{PROJECT}/{name}' for name in KEPT)}'",
            f"CLAWLAMA_BACKUP_KEEP_LAST={settings.clawlama_backup_keep_last}",
            f"CLAWLAMA_BACKUP_KEEP_DAYS={settings.clawlama_backup_keep_days}",
            f"CLAWLAMA_BACKUP_MODELS={settings.clawlama_backup_models}",
        ],
    }


def places(settings: Settings) -> str:
    """The script that makes the directories: that of a local repository is the container's user's alone."""
    own = f"mkdir -p {settings.clawlama_directory}/backup"
    if not is_local(settings):
        return own
    repository = settings.clawlama_backup_repository
    return f"{own} {repository} && chmod 700 {repository} && {owned(OWNER, repository)}"


def secrets(settings: Settings, found: Mapping[str, str]) -> str:
    """The script that sets what only the container's user may read: the password, and the key where one is given."""
    return f"umask 077; {_password(settings, found)} && {_key(settings)}"


def _password(settings: Settings, found: Mapping[str, str]) -> str:
    """The operator's, or one of 256 random bits, made once; never an argument."""
    if settings.clawlama_backup_password_file:
        return _kept(f"cat {settings.clawlama_backup_password_file}", _own_password(settings))
    return "true" if found["password"] else _kept(RANDOM, _own_password(settings))


def _key(settings: Settings) -> str:
    file, place = settings.clawlama_backup_key_file, key_path(settings)
    return _kept(f"cat {file}", place) if file else f"rm -f {place}"


def _kept(source: str, place: str) -> str:
    return f"{source} >{place}.new && {owned(OWNER, f'{place}.new')} && mv {place}.new {place}"


def scheduling(wanted: Tools, found: Mapping[str, str]) -> str:
    """The script that begins the schedule that is wanted, or ends one that is not."""
    return scheduler(found).begin if wanted.schedule else ending(found)


def ending(found: Mapping[str, str]) -> str:
    clock = scheduler(found)
    return f"{clock.end} 2>/dev/null; rm -f {' '.join(clock.files)}"


def chosen(backup: object) -> str:
    """The id of a backup as the operator gave it, empty for the newest; raises UserMistake for what is none."""
    wanted = "" if backup is None else str(backup)
    if not re.fullmatch("(?:[0-9a-f]{4,64})?", wanted):
        rule = "must be a backup's id, 4 to 64 digits of 0-9 and a-f"
        raise UserMistake("backup", plain(wanted), rule, "leave it out for the newest")
    return wanted


def holds_state(settings: Settings) -> str:
    """The script that succeeds where there is a state that could be lost."""
    look = "test -e /data/openclaw"
    return (
        f"docker run --rm --volume {settings.clawlama_data}:/data --entrypoint sh {settings.clawlama_image} -c '{look}'"
    )


def restoring(script: str, backup: str, *, replace: bool) -> str:
    return f"REPLACE={str(replace).lower()} ID={backup} {script} restore"


def as_wanted(settings: Settings, wanted: Tools, found: Mapping[str, str]) -> bool:
    """Whether script, secrets and schedule are there as they shall be, and no other schedule is."""
    files = {wanted.script_path: wanted.script, **wanted.schedule}
    shall = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}
    key_is = bool(found["key"]) or not settings.clawlama_backup_key_file
    return digests(found["digests"]) == shall and bool(found["password"]) and key_is


def is_scheduled(settings: Settings, found: Mapping[str, str]) -> bool:
    return bool(digests(found["digests"]).keys() - {script_path(settings)})


def said(result: Mapping[str, Any]) -> str:
    """One line on a backup that was made."""
    unread = f"; {len(result['unread'])} files could not be read" if result.get("unread") else ""
    return (
        f"backup {result['id']}: {result['files']} files, {size(result['bytes'])}, of which "
        f"{size(result['bytes_added'])} new, in {duration(result['seconds'])}; "
        f"the assistant stood still for {result['paused_ms']} ms{unread}"
    )


def are_there(settings: Settings, left: Mapping[str, str]) -> bool:
    """Whether there may be backups, from a MeansReading: of a repository elsewhere it is not known."""
    return left["backups"] == "yes" or not is_local(settings)


def removal(settings: Settings, left: Mapping[str, str]) -> str:
    """The script that removes the means, but for the password where there may be backups."""
    place = f"{settings.clawlama_directory}/backup"
    if are_there(settings, left):
        return f"rm -f {place}/backup.sh {key_path(settings)}"
    return f"rm -rf {place}; rmdir {settings.clawlama_backup_repository} 2>/dev/null || true"
