"""What is in a backup is all there after a restore, wherever that is; a backup that is damaged changes nothing."""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.container import models
from tests.container.archives import Done, backup, digests, ended, in_volume, restore
from tests.container.assistant import (
    HARDENED,
    Assistant,
    ask_elsewhere,
    created,
    edit_before_start,
    volume,
)
from tests.container.chat import browser, fresh_page, open_by_link
from tests.container.wire import listening, texts
from tests.testbed.disks import small_volume
from tests.testbed.docker import LABEL, MINUTE, client, docker, run

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]
TINY = {models.tiny(): models.TINY_TARGET}
OPEN_OLLAMA = {"OLLAMA_HOST": "0.0.0.0:11434"}
# Of files in a repository: where each kind lies.
KINDS = ("config", "data/", "index/", "keys/", "snapshots/")
UNCHANGED = "refused in one line; nothing is changed"
# Names that a file system takes; the last is no UTF-8.
ODD_NAMES = r"""
mkdir -p "/data/workspace/a folder/-rf" /data/.config
printf one >"/data/workspace/a folder/-rf/two
lines"
printf two >"/data/workspace/a folder/*?\"'\\\$HOME"
printf three >"/data/workspace/$(printf 'caf\351')"
printf four >/data/workspace/ünïcode-ファイル
ln -s /nowhere /data/workspace/dangling
printf five >/data/.config/of-the-agent
chmod 500 "/data/workspace/a folder/-rf"
"""
CRON = (
    "cron",
    "add",
    "--name",
    "water the plants",
    "--cron",
    "0 9 * * *",
    "--session",
    "isolated",
    "--message",
    "Water",
)


@pytest.fixture(scope="module")
def lived(image: str) -> Iterator[Assistant]:
    """An assistant with a conversation, files, a paired browser, a scheduled job and a setting of its user's own."""
    with volume() as data, ExitStack() as stack:
        edit_before_start(image, data, {"agents": {"defaults": {"thinkingDefault": "off"}}}, {})
        assistant = stack.enter_context(created(image, data, models.TINY_SETTINGS | OPEN_OLLAMA, TINY))
        assistant.wait_ready()
        assert assistant.ask("My favourite colour is blue.", "talk").status == 200
        assistant.sh(ODD_NAMES)
        assistant.sh(f"head -c {FILE_BYTES} /dev/urandom >/data/workspace/large")
        with browser() as chromium:
            open_by_link(fresh_page(chromium), assistant)
        openclaw(assistant, *CRON)
        yield assistant


FILE_BYTES = 30_000_000


@pytest.fixture(scope="module")
def archive(lived: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "assistant.tar"
    done = backup(path, "--container", lived.name)
    assert done.code == 0, done.said
    return path


def test_everything_is_there_on_a_new_volume_and_the_conversation_goes_on(
    lived: Assistant, archive: Path, image: str, bridge: str
) -> None:
    with volume() as data:
        done = restore(archive, "--container", "nobody", "--volume", data, "--image", image)
        assert done.code == 0, done.said
        assert digests(image, data) == digests(image, lived.volume)
        with listening(bridge) as (wire, url), ExitStack() as stack:
            ask_elsewhere(image, data, url)
            there = stack.enter_context(created(image, data, models.TINY_SETTINGS | OPEN_OLLAMA, TINY))
            wire.upstream = there.ollama_url
            there.wait_ready()
            assert there.token == lived.token
            assert there.config()["agents"]["defaults"]["thinkingDefault"] == "off"
            assert devices(there) == devices(lived) != []
            assert "water the plants" in openclaw(there, "cron", "list")
            there.ask("Which one is it?", "talk")
            assert any("My favourite colour is blue." in text for text in texts(wire.requests[-1], "user"))


@pytest.mark.parametrize("count", [3, pytest.param(30, marks=pytest.mark.soak)])
def test_the_assistant_goes_on_answering_while_it_is_backed_up(
    lived: Assistant, tmp_path: Path, tell: Callable[[str], None], count: int
) -> None:
    talking, gaps = threading.Event(), Gaps(lived)
    threading.Thread(target=talk, args=(lived, talking), daemon=True).start()
    with gaps:
        archives = [tmp_path / f"{number}.tar" for number in range(count)]
        for path in archives:
            done = backup(path, "--container", lived.name)
            assert done.code == 0, done.said
    talking.set()
    image = lived.inspect(".Image")
    for path in archives:
        with volume() as data:
            done = restore(path, "--container", "nobody", "--volume", data, "--image", image)
            assert done.code == 0, done.said
    assert gaps.longest < 5
    tell(f"{count} backups during a conversation: longest time without an answer from /healthz {gaps.longest:.1f} s")


@pytest.mark.fault("a byte of an archive flipped, or its end cut off", UNCHANGED)
@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_every_damaged_byte_is_found_before_anything_is_touched(
    archive: Path, image: str, tmp_path: Path, count: int
) -> None:
    chance = random.Random(count)
    whole = archive.read_bytes()
    damaged = tmp_path / "damaged.tar"
    with standing(image) as data:
        before = digests(image, data)
        for _ in range(count):
            at = chance.randrange(len(whole))
            damaged.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :])
            refused(damaged, image, data, "or a damaged one: its digest at the end is not that of what is in it")
        for _ in range(max(2, count // 10)):
            damaged.write_bytes(whole[: chance.randrange(len(whole))])
            refused(damaged, image, data, "or a damaged one")
        assert digests(image, data) == before


@pytest.mark.fault("a byte of a repository flipped", UNCHANGED)
@pytest.mark.parametrize("count", [5, pytest.param(100, marks=pytest.mark.soak)])
def test_every_damaged_byte_of_a_repository_is_found_before_anything_is_touched(
    archive: Path, image: str, count: int
) -> None:
    chance = random.Random(count)
    with repository(image, archive) as backups, standing(image) as data:
        before = digests(image, data)
        files = in_volume(image, backups, "find /data -type f -size +0 -printf '%s %p\n' | sort").splitlines()
        for _, kind in zip(range(count), itertools.cycle(KINDS), strict=False):
            size, path = chance.choice([file for file in files if f"/data/{kind}" in file]).split()
            flip = FLIP_ONE.format(path=path, at=chance.randrange(int(size)), bit=1 << chance.randrange(8))
            in_volume(image, backups, flip)
            done = tried(image, data, backups)
            assert done.code == 1, path
            assert "damaged" in done.last or "cannot be" in done.last, done.said
            in_volume(image, backups, flip)
        assert digests(image, data) == before
        done = tried(image, data, backups)
        assert done.code == 0, done.said


@pytest.mark.fault("the wrong password for a backup", UNCHANGED)
def test_a_wrong_password_is_refused(lived: Assistant, image: str, tmp_path: Path) -> None:
    right, wrong, path = tmp_path / "right", tmp_path / "wrong", tmp_path / "secret.tar"
    right.write_text("correct horse\n")
    right.chmod(0o600)
    wrong.write_text("battery staple\n")
    done = backup(path, "--container", lived.name, "--password-file", str(right))
    assert done.code == 0, done.said
    with standing(image) as data:
        before = digests(image, data)
        onto = ("--container", "nobody", "--volume", data, "--image", image, "--replace")
        for password in (["--password-file", str(wrong)], []):
            done = restore(path, *onto, *password)
            assert done.code == 1
            assert "the password is not that of" in done.said
        assert digests(image, data) == before
        done = restore(
            path,
            "--container",
            "nobody",
            "--volume",
            data,
            "--image",
            image,
            "--replace",
            "--password-file",
            str(right),
        )
        assert done.code == 0, done.said
        assert digests(image, data) == digests(image, lived.volume)


@pytest.mark.fault("a backup of a newer OpenClaw than the image's", UNCHANGED)
def test_a_backup_of_a_newer_release_is_refused(archive: Path, image: str, tmp_path: Path) -> None:
    versions = tmp_path / "versions.json"
    versions.write_text('{"versions":{"openclaw":"2026.1.1"}}')
    with repository(image, archive) as backups, standing(image) as data:
        before = digests(image, data)
        done = tried(image, data, backups, f"--volume={versions}:/usr/local/share/clawlama/proof.json:ro")
        assert done.code == 1
        assert "which may not understand its data; upgrade the image, then restore" in done.last
        assert digests(image, data) == before


@pytest.mark.fault("a backup that is not one of ClawLama's", UNCHANGED)
def test_what_somebody_else_backed_up_is_refused(archive: Path, image: str) -> None:
    with repository(image, archive) as backups, standing(image) as data:
        before = digests(image, data)
        made = docker(
            "run", "--rm", f"--label={LABEL}", f"--volume={backups}:/backups", "--env=RESTIC_PASSWORD=clawlama",
            "--entrypoint=restic", image, "--repo=/backups", "--no-cache", "--json", "backup", "/etc/hostname",
        )  # fmt: skip
        theirs = json.loads(made.splitlines()[-1])["snapshot_id"]
        done = tried(image, data, backups, f"--env=CLAWLAMA_BACKUP_ID={theirs}")
        assert done.code == 1
        assert "has no manifest, so it is not one of ClawLama's" in done.last
        assert digests(image, data) == before


@pytest.mark.fault("too little room for a restore", UNCHANGED)
def test_a_restore_that_does_not_fit_is_refused(archive: Path, image: str, tmp_path: Path) -> None:
    with small_volume(tmp_path, 60) as data:
        in_volume(image, data, STAND)
        before = digests(image, data)
        done = restore(archive, "--container", "nobody", "--volume", data, "--image", image, "--replace")
        assert done.code == 1
        assert "are needed on the disk beside the present state" in done.said
        assert digests(image, data) == before


@pytest.mark.fault("too little room for a backup", "said in one line; the next one, with more room, is whole")
def test_a_backup_that_does_not_fit_changes_nothing_and_the_next_is_whole(image: str, tmp_path: Path) -> None:
    beside = "--env=CLAWLAMA_BACKUP_REPOSITORY=/backups/repository"
    with standing(image) as data, small_volume(tmp_path, 60) as backups:
        in_volume(image, data, f"head -c {FILE_BYTES} /dev/urandom >/data/workspace/large")
        in_volume(image, backups, f"head -c {FILE_BYTES} /dev/zero >/data/other")
        before = digests(image, data)
        full = engine(image, data, backups, "backup", beside)
        assert full.code == 1
        assert full.last.endswith("the disk is full; free some of it")
        assert digests(image, data) == before
        in_volume(image, backups, "rm /data/other")
        done = engine(image, data, backups, "backup", beside)
        assert done.code == 0, done.said
        with volume() as elsewhere:
            done = engine(image, elsewhere, backups, "restore", beside)
            assert done.code == 0, done.said
            assert digests(image, elsewhere) == before


@pytest.mark.fault("a restore onto a volume that holds a state", "refused, unless told to replace it")
def test_a_state_that_is_there_is_replaced_only_when_told_to(archive: Path, image: str) -> None:
    with standing(image) as data:
        before = digests(image, data)
        done = restore(archive, "--container", "nobody", "--volume", data, "--image", image)
        assert done.code == 1
        assert "holds a state already, which would be lost" in done.said
        assert digests(image, data) == before


@pytest.mark.fault("restore killed at any moment", "the old state or the new one, and the next run finishes")
def test_a_restore_that_is_killed_leaves_one_state_or_the_other(
    lived: Assistant, archive: Path, image: str, tell: Callable[[str], None]
) -> None:
    new, left = digests(image, lived.volume), []
    with repository(image, archive) as backups, standing(image) as data:
        took = restored(image, data, backups)
        for step in range(10):
            in_volume(image, data, "chmod -R u+rwX /data; rm -rf /data/workspace /data/.config; " + STAND)
            old = digests(image, data)
            restored(image, data, backups, killed_after=took * (step + 0.5) / 10)
            # As the next start does.
            found = settled(image, data)
            assert found in (old, new)
            left.append("old" if found == old else "new")
        restored(image, data, backups)
        assert digests(image, data) == new
    tell(f"restores killed: {left.count('old')} left the old state, {left.count('new')} the new one")


@pytest.mark.fault(
    "a byte of the repository flipped since the backup", "the check that is due says so, and remembers it"
)
def test_a_check_tries_the_newest_backup_and_finds_a_damaged_one(image: str) -> None:
    with standing(image) as data, volume() as backups:
        engine(image, data, backups, "backup")
        good = engine(image, data, backups, "check")
        assert good.code == 0, good.said
        in_volume(image, backups, FLIP)
        not_due = engine(image, data, backups, "check", "--env=CLAWLAMA_CHECK_DAYS=7")
        assert not_due.code == 0, not_due.said
        due = engine(image, data, backups, "check")
        assert due.code == 1
        assert "cannot be trusted" in due.last
        assert json.loads(in_volume(image, data, "cat /data/clawlama/backup_checked.json"))["ok"] is False
        assert in_volume(image, data, "ls /data/clawlama") == "backup.json\nbackup.lock\nbackup_checked.json\nlock"


# Done twice it is undone.
FLIP_ONE = """
chmod u+w {path}
node -e 'const file = require("fs").openSync("{path}", "r+"), byte = Buffer.alloc(1);
require("fs").readSync(file, byte, 0, 1, {at}); byte[0] ^= {bit}; require("fs").writeSync(file, byte, 0, 1, {at})'
"""
# One byte in the middle of the largest pack.
FLIP = """
file=$(find /data/data -type f -printf '%s %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2)
chmod u+w $file
printf X | dd of=$file bs=1 seek=$(($(stat -c %s $file) / 2)) conv=notrunc status=none
"""
# Another state, with a name that the backup has, and one that it has not.
STAND = """
mkdir -p /data/workspace /data/.config /data/openclaw
echo mine >/data/workspace/large
echo mine >/data/.config/own
echo mine >/data/openclaw/own
"""
FINISH = """
for concern in paths volume restore; do . /usr/local/lib/clawlama/$concern.sh; done
holds_volume
settle_restore
"""
REPLACE = "--env=CLAWLAMA_RESTORE_REPLACE=true"


@contextmanager
def standing(image: str) -> Iterator[str]:
    """A volume with a state that is to stay."""
    with volume() as data:
        in_volume(image, data, STAND)
        yield data


def refused(path: Path, image: str, data: str, said: str) -> None:
    done = restore(path, "--container", "nobody", "--volume", data, "--image", image, "--replace")
    assert done.code == 1
    assert said in done.said


@contextmanager
def repository(image: str, archive: Path) -> Iterator[str]:
    """A volume with the repository that an archive is made of."""
    with volume() as backups, archive.open("rb") as packed:
        command = ("run", "--rm", "-i", f"--label={LABEL}", f"--volume={backups}:/backups", image, "unpack")
        run(client(), *command, stdin=packed)
        yield backups


def restored(image: str, data: str, backups: str, killed_after: float | None = None) -> float:
    """Restores, or is killed in it; the seconds that it took."""
    began = time.monotonic()
    name = docker(
        "run", "--detach", f"--label={LABEL}", *HARDENED, "--network=none", REPLACE,
        f"--volume={data}:/data", f"--volume={backups}:/backups", image, "restore",
    )[:12]  # fmt: skip
    try:
        if killed_after is not None:
            threading.Event().wait(killed_after)
            docker("kill", name, check=False)
            return killed_after
        assert docker("wait", name) == "0", docker("logs", name)
        return time.monotonic() - began
    finally:
        docker("rm", "--force", "--volumes", name)


def tried(image: str, data: str, backups: str, *flags: str) -> Done:
    """A restore, however it ends."""
    return engine(image, data, backups, "restore", REPLACE, *flags)


def engine(image: str, data: str, backups: str, verb: str, *flags: str) -> Done:
    """A verb in a container of its own, however it ends."""
    volumes = (f"--volume={data}:/data", f"--volume={backups}:/backups", "--hostname=here", "--network=none")
    command = (client(), "run", "--rm", f"--label={LABEL}", *HARDENED, *volumes, *flags, image, verb)
    # Where restic finds no room for its very last pack it stands still, and is given up after four minutes.
    return ended(*command, timeout=10 * MINUTE)


def settled(image: str, data: str) -> str:
    in_volume(image, data, FINISH)
    return digests(image, data)


def openclaw(assistant: Assistant, *arguments: str) -> str:
    """What OpenClaw's own command line says in the container."""
    return docker("exec", assistant.name, "openclaw", *arguments, timeout=120)


def devices(assistant: Assistant) -> list[str]:
    """The ids of paired devices."""
    listed = json.loads(openclaw(assistant, "devices", "list", "--json"))
    return sorted(device["deviceId"] for device in listed["paired"])


def talk(assistant: Assistant, over: threading.Event) -> None:
    while not over.is_set():
        assistant.ask("Go on.", "chatter")


class Gaps:
    """How long /healthz was silent at most, in seconds, asked ten times a second."""

    def __init__(self, assistant: Assistant) -> None:
        self.url, self.longest, self._over = f"{assistant.url}/healthz", 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Gaps:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        heard = time.monotonic()
        while not self._over.wait(0.1):
            with suppress(OSError), urlopen(self.url, timeout=10) as reply:
                assert reply.status == 200
            now = time.monotonic()
            self.longest, heard = max(self.longest, now - heard), now
