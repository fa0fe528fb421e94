"""What is said of a host that fails."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from roles import failures, hosts

CUT = SimpleNamespace(get_transport=lambda: None)
THERE = SimpleNamespace(get_transport=lambda: SimpleNamespace(is_active=lambda: True))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    why: dict[str, str] = {}
    monkeypatch.setattr(failures, "_why", why)
    return why


def host(client: object) -> Any:
    connector = SimpleNamespace(client=client)
    return SimpleNamespace(name="pi", connector=connector, log=lambda *_, **__: None, log_styled=lambda *_, **__: None)


def test_what_fails_because_its_connection_was_cut_says_so(said: dict[str, str]) -> None:
    hosts.fail(host(CUT), "stage release: could not write to /opt/clawlama")
    assert said["pi"] == (
        "stage release: could not write to /opt/clawlama: the connection to pi is lost (it was cut); "
        "then run the same command again"
    )


def test_what_has_said_so_says_it_once(said: dict[str, str]) -> None:
    hosts.fail(host(CUT), "no answer: the connection to pi is lost (timed out)")
    assert said["pi"] == "no answer: the connection to pi is lost (timed out)"


@pytest.mark.parametrize("client", [THERE, None], ids=["over ssh", "this machine"])
def test_what_fails_for_another_reason_says_nothing_of_it(said: dict[str, str], client: object) -> None:
    hosts.fail(host(client), "stage release: could not write to /opt/clawlama")
    assert said["pi"] == "stage release: could not write to /opt/clawlama"


@pytest.mark.parametrize("hint", ["See 'docker run --help'.", "Run 'docker run --help' for more information"])
def test_what_docker_says_behind_its_reason_is_not_taken_for_the_reason(hint: str) -> None:
    assert hosts.reasons(["docker: Error response from daemon: no such host.", "", hint])[-1].endswith("no such host.")
