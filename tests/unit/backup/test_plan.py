"""What lies on a host for its backups follows from settings and host; what is there already is left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from roles.backup import plan
from roles.errors import UserMistake
from roles.settings import settings_from

LINUX = {"kernel": "Linux", "home": "/root", "systemd": "yes", "digests": "", "password": "yes", "key": ""}
MAC = LINUX | {"kernel": "Darwin", "home": "/Users/ann", "systemd": ""}
SCRIPT = "/opt/clawlama/backup/backup.sh"


def tools(found: Mapping[str, str] = LINUX, **settings: object) -> plan.Tools:
    return plan.tools(settings_from(settings), "vm", found)


def is_there(found: Mapping[str, str], **settings: object) -> bool:
    return plan.as_wanted(settings_from(settings), tools(found, **settings), found)


def present(wanted: plan.Tools) -> dict[str, str]:
    files = {wanted.script_path: wanted.script, **wanted.schedule}
    digests = (f"{hashlib.sha256(text.encode()).hexdigest()}  {path}" for path, text in files.items())
    return {**LINUX, "digests": "\n".join(digests)}


def test_without_a_schedule_there_is_a_script_and_nothing_that_runs_it() -> None:
    assert (tools().script_path, tools().schedule) == (SCRIPT, {})


@pytest.mark.parametrize(
    ("found", "places"),
    [
        (LINUX, ["/etc/systemd/system/clawlama-backup.service", "/etc/systemd/system/clawlama-backup.timer"]),
        (LINUX | {"systemd": ""}, ["/etc/cron.d/clawlama-backup"]),
        (MAC, ["/Users/ann/Library/LaunchAgents/org.clawlama.backup.plist"]),
    ],
)
def test_each_kind_of_host_keeps_the_clock_in_its_own_way(found: Mapping[str, str], places: list[str]) -> None:
    scheduled = tools(found, clawlama_backup_schedule="daily").schedule
    assert sorted(scheduled) == places
    assert any(SCRIPT in text and "scheduled" in text for text in scheduled.values())


def test_what_is_there_as_it_shall_be_is_left_alone_and_what_differs_is_not() -> None:
    daily = tools(clawlama_backup_schedule="daily")
    assert is_there(present(daily), clawlama_backup_schedule="daily")
    assert not is_there(present(daily), clawlama_backup_schedule="weekly")
    assert not is_there(present(daily)), "a schedule that is no longer wanted"
    assert not is_there(LINUX, clawlama_backup_schedule="daily")
    assert not is_there(present(daily) | {"password": ""}, clawlama_backup_schedule="daily")


def test_a_key_that_is_another_one_now_is_set_anew() -> None:
    here: dict[str, Any] = {
        "clawlama_backup_repository": "sftp:ann@nas:/backups",
        "clawlama_backup_key_file": "/root/key",
    }
    assert f"--volume /opt/clawlama/backup/key:{plan.KEY_IN_CONTAINER}:ro" in tools(**here).script
    assert is_there(present(tools(**here)) | {"key": "yes"}, **here)
    assert not is_there(present(tools(**here)), **here)


@pytest.mark.parametrize("name", ["password", "credentials", "key"])
def test_a_secret_that_is_not_on_the_host_is_named(name: str) -> None:
    setting = f"clawlama_backup_{name}_file"
    with pytest.raises(UserMistake, match=f'{setting.upper()}="/root/secret": must be'):
        plan.check_given(settings_from({setting: "/root/secret"}), {f"given_{name}": ""})
    plan.check_given(settings_from({setting: "/root/secret"}), {f"given_{name}": "yes"})


def test_a_repository_of_sftp_needs_a_key() -> None:
    with pytest.raises(UserMistake, match="set CLAWLAMA_BACKUP_KEY_FILE"):
        settings_from({"clawlama_backup_repository": "sftp:ann@nas:/backups"})


def test_a_local_repository_is_reached_without_a_network_and_one_elsewhere_with_its_credentials() -> None:
    assert "--network none" in tools().script
    assert "--volume /var/backups/clawlama:/backups" in tools().script
    there = tools(
        clawlama_backup_repository="s3:https://s3.example.org/bucket", clawlama_backup_credentials_file="/root/s3.env"
    ).script
    assert "--network bridge" in there
    assert "--env-file /root/s3.env" in there
    assert "CLAWLAMA_BACKUP_REPOSITORY=s3:https://s3.example.org/bucket" in there


@pytest.mark.parametrize("backup", ["latest", "4f2", "4F2A91C0", "$(id)", "a" * 65])
def test_a_backup_is_named_by_its_id(backup: str) -> None:
    with pytest.raises(UserMistake, match="must be a backup's id"):
        plan.chosen(backup)
    assert (plan.chosen(None), plan.chosen("4f2a91c0")) == ("", "4f2a91c0")
