"""The upstream way of a build: wrong files are refused, silent sites are not waited for.

None of it needs the image: it is done while that is made. What right files become: test_build.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.container.builds import Built, Line, refusing, sites, take_ollama
from tests.testbed.docker import docker
from tests.testbed.image import TOOLS
from tests.testbed.ports import free_port
from tests.testbed.upstream import Releases, Repository, Site, archive_name, black_hole, stand_in_releases

pytestmark = pytest.mark.container
TAG = "clawlama-test:sources"
UNTAGGED = "refused in one line; nothing is tagged, the image there was stays"
NOT_BUILT = "build: the image was not built, nothing was tagged: "
Faults = Mapping[str, Any]


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    return stand_in_releases(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def tools(line: Line) -> Built:
    """What a build makes first: the image that its steps run in, and the versions."""
    built = line.build(sites(refusing(line), refusing(line)), "--resolve")
    assert built.code == 0, built.said[-30:]
    return built


@pytest.fixture(scope="module")
def pins(tools: Built, repository: Repository) -> dict[str, str]:
    """Versions that both sources have, so that no build needs to ask for them."""
    openclaw = tools.result["versions"]["openclaw"]
    return {"CLAWLAMA_NODE_VERSION": repository.version, "CLAWLAMA_OPENCLAW_VERSION": openclaw}


@pytest.fixture
def standing(tools: Built) -> Iterator[str]:  # noqa: ARG001 # that makes an image
    """The id of an image that has the tag already."""
    docker("tag", TOOLS, TAG)
    try:
        yield tagged()
    finally:
        docker("image", "rm", "--force", TAG)


def tagged() -> str:
    return docker("image", "inspect", "--format", "{{.Id}}", TAG, check=False)


OLLAMA_FAULTS: Mapping[str, tuple[Callable[[Releases], Faults], str]] = {
    "another digest": (
        lambda releases: {"instead": {releases.digests: f"{'0' * 64}  ./{archive_name()}\n".encode()}},
        "is not what sha256sum.txt says",
    ),
    "no digest": (
        lambda releases: {"instead": {releases.digests: f"{'0' * 64}  ./another-file\n".encode()}},
        "sha256sum.txt of v{version} has no digest of {archive}",
    ),
    "cut again and again": (
        lambda releases: {"cuts": {releases.archive: 100}},
        "{archive} cannot be had: ",
    ),
    "an error page for the archive": (
        lambda releases: {"error_pages": {releases.archive}},
        "is not what sha256sum.txt says",
    ),
    "an error page for the digests": (
        lambda releases: {"error_pages": {releases.digests}},
        "sha256sum.txt of v{version} has no digest of {archive}",
    ),
}


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize(
    "fault",
    [pytest.param(fault, marks=pytest.mark.fault(f"Ollama's site: {fault}", UNTAGGED)) for fault in OLLAMA_FAULTS],
)
def test_a_wrong_file_of_ollamas_is_refused_in_one_line_and_the_image_of_that_name_stays(
    line: Line, releases: Releases, pins: dict[str, str], standing: str, fault: str
) -> None:
    faults, said = OLLAMA_FAULTS[fault]
    with line.serving(Site(releases.folder, releases.version, **faults(releases))) as url:
        built = line.build(sites(url, refusing(line)) | pins, "--tag", TAG)
    assert built.code == 1
    cause = said.format(version=releases.version, archive=archive_name())
    assert built.said[-1].startswith(f'{NOT_BUILT}CLAWLAMA_OLLAMA_UPSTREAM="{url}": ')
    assert cause in built.said[-1]
    assert tagged() == standing


NODE_FAULTS: Mapping[str, tuple[Callable[[Repository], Faults], str]] = {
    "signed by another key": (
        lambda repository: {"instead": {repository.release: repository.signed_by_another}},
        "GPG error: ",
    ),
    "another package than the signed one": (
        lambda repository: {"instead": {repository.package: changed(repository.folder / repository.package)}},
        "Hash Sum mismatch",
    ),
    "another list than the signed one": (
        lambda repository: {"instead": {repository.packages: changed(repository.folder / repository.packages)}},
        "Hash Sum mismatch",
    ),
    "cut again and again": (
        lambda repository: {"cuts": {repository.package: 100}},
        "Failed to fetch ",
    ),
    "an error page for the release": (
        lambda repository: {"error_pages": {repository.release}},
        "Clearsigned file isn't valid",
    ),
    "an error page for the key": (
        lambda repository: {"error_pages": {repository.key_file}},
        "its key file holds no key, and not {key} (CLAWLAMA_NODE_UPSTREAM_KEY)",
    ),
}


def changed(file: Path) -> bytes:
    """The file's bytes, one of them another; no shorter, no longer."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    return bytes(content)


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize(
    "fault", [pytest.param(fault, marks=pytest.mark.fault(f"Node's site: {fault}", UNTAGGED)) for fault in NODE_FAULTS]
)
def test_a_wrong_file_of_nodes_is_refused_in_one_line_and_the_image_of_that_name_stays(
    line: Line, releases: Releases, repository: Repository, pins: dict[str, str], standing: str, fault: str
) -> None:
    faults, said = NODE_FAULTS[fault]
    assert_node_is_refused(
        line,
        releases,
        Site(repository.folder, **faults(repository)),
        pins | {"CLAWLAMA_NODE_UPSTREAM_KEY": repository.key},
        said.format(key=repository.key),
    )
    assert tagged() == standing


@pytest.mark.usefixtures("tools")
@pytest.mark.fault("Node's site: a key that is not the one set", UNTAGGED)
def test_a_repository_of_another_key_than_the_one_set_is_refused_in_one_line_that_names_both(
    line: Line, releases: Releases, repository: Repository, pins: dict[str, str], standing: str
) -> None:
    wanted = "0123456789ABCDEF" * 2 + "01234567"
    said = f"its key file holds {repository.key}, and not {wanted}"
    settings = pins | {"CLAWLAMA_NODE_UPSTREAM_KEY": wanted}
    assert_node_is_refused(line, releases, Site(repository.folder), settings, said)
    assert tagged() == standing


def assert_node_is_refused(line: Line, releases: Releases, node: Site, settings: Mapping[str, str], said: str) -> None:
    """Beside an Ollama that is as it should be."""
    with line.serving(Site(releases.folder, releases.version)) as ollama_url, line.serving(node) as node_url:
        built = line.build(sites(ollama_url, node_url) | dict(settings), "--tag", TAG)
    assert built.code == 1
    assert built.said[-1].startswith(f'{NOT_BUILT}CLAWLAMA_NODE_UPSTREAM="{node_url}": ')
    assert said in built.said[-1]


@pytest.mark.usefixtures("tools")
@pytest.mark.fault("the download of Ollama is cut off", "it goes on where it stopped")
def test_a_download_that_is_cut_goes_on_where_it_stopped(line: Line, releases: Releases) -> None:
    site = Site(releases.folder, cuts={releases.archive: 1})
    with line.serving(site) as url:
        assert "bin/ollama root 755" in take_ollama(line, url, releases.version)
    assert site.resumed == [releases.archive]


@pytest.mark.usefixtures("tools")
def test_auto_takes_each_part_from_where_it_is_to_be_had_and_says_so(line: Line, releases: Releases) -> None:
    nowhere = refusing(line)
    with line.serving(Site(releases.folder, releases.version)) as url:
        built = line.build(sites(url, nowhere), "--resolve")
    assert built.result["sources"] == {"node": "registries", "ollama": "upstream"}
    assert built.result["versions"]["ollama"] == releases.version
    assert f"resolve: Ollama: from upstream, {url} answers" in built.said
    [node] = [line for line in built.said if line.startswith("resolve: Node: ")]
    assert node.startswith(f"resolve: Node: from the package registry; {nowhere}: Failed to connect")


@pytest.mark.usefixtures("tools")
@pytest.mark.fault("an error page in place of the newest release", UNTAGGED)
def test_an_error_page_in_place_of_the_newest_release_is_refused_in_one_line(line: Line, releases: Releases) -> None:
    with line.serving(Site(releases.folder, releases.version, error_pages=frozenset({"latest"}))) as url:
        built = line.build(sites(url, refusing(line)), "--resolve")
    assert built.code == 1
    refused = f'build: nothing was built: resolve: CLAWLAMA_OLLAMA_UPSTREAM="{url}": its /latest leads to no release; '
    assert built.said[-1].startswith(refused)


@pytest.mark.usefixtures("tools")
def test_an_ollama_that_only_its_site_has_is_refused_in_one_line_where_the_site_is_out_of_reach(line: Line) -> None:
    built = line.build(sites(refusing(line), refusing(line)) | {"CLAWLAMA_OLLAMA_VERSION": "0.30.0"}, "--resolve")
    assert built.code == 1
    assert built.said[-1].startswith('build: nothing was built: resolve: CLAWLAMA_OLLAMA_VERSION="0.30.0": ')
    assert built.said[-1].endswith("set CLAWLAMA_OLLAMA_VERSION=0.24.0")


@pytest.mark.usefixtures("tools")
@pytest.mark.fault("all sites of a build are silent", "ten seconds are lost at most")
def test_silent_sites_cost_a_build_ten_seconds_at_most(line: Line, pins: dict[str, str]) -> None:
    with black_hole(line.address) as silent:
        refused = resolve_from(line, f"{line.address}:{free_port()}", pins)
        waited = resolve_from(line, silent, pins)
    assert waited.result["sources"] == {"node": "registries", "ollama": "registries"}
    for part in ("Node", "Ollama"):
        assert any(
            said.startswith(f"resolve: {part}: from the package registry; https://{silent}") for said in waited.said
        )
    assert f"build: {silent}/debian:bookworm-slim is not pulled (its registry said nothing" in "\n".join(waited.said)
    assert waited.seconds - refused.seconds <= 10


def resolve_from(line: Line, site: str, pins: Mapping[str, str]) -> Built:
    """With base, Node and Ollama all asked of one site."""
    base = {"CLAWLAMA_BASE": f"{site}/debian:bookworm-slim"}
    return line.build(sites(f"https://{site}", f"https://{site}") | base | dict(pins), "--resolve")


@pytest.mark.usefixtures("tools")
@pytest.mark.fault("a silent site, and no other may be asked", UNTAGGED)
def test_a_silent_site_that_alone_may_be_asked_is_refused_in_one_line(line: Line, standing: str) -> None:
    with black_hole(line.address) as silent:
        upstream = {"CLAWLAMA_SOURCES": "upstream"} | sites(f"https://{silent}", f"https://{silent}")
        built = line.build(upstream, "--tag", TAG)
    assert built.code == 1
    assert built.said[-1].startswith(f'build: nothing was built: resolve: CLAWLAMA_NODE_UPSTREAM="https://{silent}": ')
    assert tagged() == standing
