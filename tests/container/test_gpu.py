"""A machine with a card. The card and its nvidia-smi are stand-ins; what fetches, checks, unpacks and warns is real."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.container import models
from tests.container.assistant import HARDENED, Assistant, created, volume
from tests.testbed import upstream
from tests.testbed.docker import MINUTE, docker
from tests.testbed.nvidia import CARD, SMI
from tests.testbed.upstream import Releases, Site

pytestmark = pytest.mark.container
FETCHED = "/data/clawlama/gpu/cuda_v13"
BUNDLE = "/srv/bundle.pem"
NOT_USED = f"{CARD} is not used: "


@dataclass(frozen=True)
class Place:
    """What a container on a machine with a card is made of."""

    image: str
    folder: Path
    releases: Releases
    certificate: Path
    bridge: str

    @contextmanager
    def assistant(self, data: str, url: str) -> Iterator[Assistant]:
        given = {"CLAWLAMA_GPU_UPSTREAM": url, "CURL_CA_BUNDLE": BUNDLE}
        settings = models.TINY_SETTINGS | given
        files = {
            models.tiny(): models.TINY_TARGET,
            self.folder / "nvidia-smi": "/usr/local/bin/nvidia-smi",
            upstream.trusting(self.certificate): BUNDLE,
        }
        with created(self.image, data, settings, files, flags=HARDENED) as assistant:
            yield assistant


@pytest.fixture(scope="module")
def place(image: str, bridge: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("gpu")
    smi = folder / "nvidia-smi"
    smi.write_text(SMI)
    smi.chmod(0o755)
    releases = upstream.ollama_releases(image, folder / "releases")
    return Place(image, folder, releases, upstream.certificate(folder, bridge), bridge)


def alarms(assistant: Assistant) -> list[str]:
    return [incident["what"] for incident in assistant.verb("status")["incidents"] if incident["kind"] == "gpu"]


@pytest.mark.fault("a card that Ollama does not use after all", "an alarm in status; the proof fails, saying so")
def test_what_a_card_needs_is_fetched_once_and_a_card_that_is_not_used_is_an_alarm(place: Place) -> None:
    site = Site(place.releases.folder, place.releases.version)
    with volume() as data, upstream.serving(site, place.bridge, place.certificate) as url:
        with place.assistant(data, url) as assistant:
            assistant.wait_ready()
            assert CARD in assistant.logs(), "the banner names it"
            assert assistant.sh(f"cat {FETCHED}/version") == place.releases.version
            assert assistant.sh("cat /usr/local/lib/ollama/cuda_v13/libggml-cuda.so") == "for a GPU alone"
            assert assistant.sh("ls /data/clawlama/gpu") == "cuda_v13\nsha256sum.txt", "nothing else of it is kept"
            # The stand-in is no library: Ollama takes the CPU, without a word of its own.
            assert alarms(assistant) == [f"{NOT_USED}the model is on the CPU: not a dynamic executable"]
            proof = prove(assistant)
            assert (proof["ok"], proof["stage"]) == (False, "gpu")
            assert proof["answer"], "the CPU's"
            assert proof["reason"].startswith(NOT_USED)
        # The site is gone by now: what is there is not asked for again.
        with place.assistant(data, "https://127.0.0.1:9") as again:
            again.wait_ready()
            assert "fetching what Ollama" not in again.logs()


def prove(assistant: Assistant) -> Mapping[str, Any]:
    """The verb's answer, though it fails."""
    command = ("exec", assistant.name, "clawlama", "prove", "--json")
    answer: dict[str, Any] = json.loads(docker(*command, check=False, timeout=5 * MINUTE))
    return answer


FAULTS = {
    "cut": ("the download of what a card needs is cut once", "goes on where it stopped"),
    "digest": (
        "what a card needs does not fit its digest",
        "an alarm in status; nothing of it is kept; the CPU is used",
    ),
    "away": ("the site of what a card needs is away", "an alarm in status with the fix; the CPU is used"),
}


@pytest.mark.soak
@pytest.mark.fault(*FAULTS["cut"])
def test_a_download_that_is_cut_goes_on_where_it_stopped(place: Place) -> None:
    site = Site(place.releases.folder, place.releases.version, cuts={place.releases.archive: 1})
    with (
        volume() as data,
        upstream.serving(site, place.bridge, place.certificate) as url,
        place.assistant(data, url) as assistant,
    ):
        assistant.wait_ready()
        assert assistant.sh(f"cat {FETCHED}/version") == place.releases.version
    assert site.resumed == [place.releases.archive]


@pytest.mark.soak
@pytest.mark.fault(*FAULTS["digest"])
def test_damaged_files_are_not_kept_and_the_cpu_is_used(place: Place) -> None:
    digests = f"{'0' * 64}  ./{upstream.archive_name()}\n".encode()
    site = Site(place.releases.folder, place.releases.version, instead={place.releases.digests: digests})
    with (
        volume() as data,
        upstream.serving(site, place.bridge, place.certificate) as url,
        place.assistant(data, url) as assistant,
    ):
        assistant.wait_ready()
        reason = f"{upstream.archive_name()} is not what its sha256sum.txt says"
        assert alarms(assistant) == [f"{NOT_USED}what Ollama needs for it cannot be had: {reason}"]
        assert assistant.sh("ls /data/clawlama/gpu") == "sha256sum.txt"


@pytest.mark.soak
@pytest.mark.fault(*FAULTS["away"])
def test_a_site_that_is_away_is_an_alarm_and_the_cpu_is_used(place: Place) -> None:
    with volume() as data, place.assistant(data, f"https://{place.bridge}:9") as assistant:
        assistant.wait_ready()
        [alarm] = alarms(assistant)
        assert alarm.startswith(f"{NOT_USED}what Ollama needs for it cannot be had: curl: ")


@pytest.mark.fault("a card was asked for, and the container gets none", "an alarm in status with the fix")
def test_a_card_that_was_asked_for_and_is_not_there_is_an_alarm(place: Place) -> None:
    """Docker tells its containers so; without that there is not a word of cards."""
    asked = (*HARDENED, "--env=NVIDIA_VISIBLE_DEVICES=all")
    files = {models.tiny(): models.TINY_TARGET}
    with (
        volume() as data,
        created(place.image, data, models.TINY_SETTINGS, files, flags=asked) as assistant,
    ):
        assistant.wait_ready()
        assert alarms(assistant) == ["an NVIDIA card was asked for, and none is seen in here"]
