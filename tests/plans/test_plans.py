"""Whole deploys, played on hosts that are not there: what is done to each of them is what was reviewed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.plans import cassette
from tests.plans.play import Played, journal, play, standing

GOLDEN = Path(__file__).parent / "golden"
HOSTS = cassette.names()
# No host needs more commands than this; a cut after the last one is no cut.
MOST_COMMANDS = 24
MOST_ROUND_TRIPS = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


@pytest.fixture(scope="module")
def first(folder: Path) -> Played:
    return play(folder, *HOSTS)


@pytest.fixture(scope="module")
def first_journals(folder: Path, first: Played) -> Mapping[str, str]:
    assert first.code == 0, first.said
    return {host: journal(folder, host) for host in HOSTS}


@pytest.fixture(scope="module")
def second(folder: Path, first_journals: Mapping[str, str]) -> Played:
    assert first_journals
    return play(folder, *HOSTS)


@pytest.mark.parametrize("host", HOSTS)
def test_what_is_done_to_a_host_is_what_was_reviewed(first_journals: Mapping[str, str], host: str) -> None:
    """A wanted difference is taken over by `make golden`, and reviewed with the change that made it."""
    golden = GOLDEN / f"{host}.journal"
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(first_journals[host], encoding="utf-8")
    assert first_journals[host] == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("host", HOSTS)
def test_a_second_run_changes_nothing_in_few_round_trips(
    folder: Path, first_journals: Mapping[str, str], second: Played, host: str
) -> None:
    assert set(second.of(host).values()) == {"no_change"}
    news = journal(folder, host).removeprefix(first_journals[host]).splitlines()
    assert len(news) <= MOST_ROUND_TRIPS
    assert [line for line in news if not line.startswith("? ")] == []


def test_no_golden_journal_is_of_a_host_that_is_gone() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.journal")) == HOSTS


def test_an_image_that_is_to_be_pulled_is_pulled_once_and_never_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPLAY_DATA", json.dumps({"clawlama_image_source": "pull"}))
    pulled = play(tmp_path, "debian-13.synthetic")
    assert pulled.code == 0, pulled.said
    said = journal(tmp_path, "debian-13.synthetic")
    assert said.count("docker pull --quiet") == 1
    assert "build.sh" not in said
    assert set(play(tmp_path, "debian-13.synthetic").of("debian-13.synthetic").values()) == {"no_change"}


@pytest.mark.large
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.soak)])
def test_a_connection_lost_at_any_command_is_made_good_by_the_next_run(
    tmp_path: Path, first_journals: Mapping[str, str], every: int
) -> None:
    """Each host once for each of its commands (here for every third of all), cut before and after that has worked."""
    hosts = [f"{host}!{moment}" for host in HOSTS for moment in moments(first_journals[host])][::every]
    cut = play(tmp_path, *hosts)
    assert cut.code != 0
    assert "Traceback" not in cut.said
    for host in hosts:
        assert journal(tmp_path, host).endswith("! the connection is lost\n"), host
    again = play(tmp_path, *hosts, REPLAY_STEADY="1")
    assert again.code == 0, again.said
    after = play(tmp_path, *hosts, REPLAY_STEADY="1")
    for host in hosts:
        assert set(after.of(host).values()) == {"no_change"}, host


def moments(said: str) -> list[str]:
    commands = sum(line.startswith("$ ") for line in said.splitlines())
    assert 0 < commands <= MOST_COMMANDS
    return [f"{number}{when}" for number in range(1, commands + 1) for when in ("", "+")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"PlaceReading.holders": None}, "nobody recorded what this host says to PlaceReading.holders"),
        ({"DockerReading.systemd": ""}, "nobody recorded what this does to the host: test -x /etc/init.d/docker"),
    ],
)
def test_what_nobody_recorded_fails_the_host(tmp_path: Path, changes: Mapping[str, str | None], said: str) -> None:
    """The counterproof: nothing is made up."""
    standing(tmp_path, "debian-13.synthetic", changes)
    played = play(tmp_path, "debian-13.synthetic")
    assert played.code != 0
    assert said in played.said
