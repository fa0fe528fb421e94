"""A registry on the machine that pyinfra runs on: what it holds the world was asked for once (mirror.py leads there).

It listens on this machine's loopback alone. An image is put there by Docker, a model by us.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent
import requests
from gevent.lock import BoundedSemaphore

from roles.narrator import size
from roles.readings import DOCKER_PATH

# Debian's package of it; where that is not installed, its container, to the same ends.
PROGRAM, CONTAINED = "docker-registry", "registry:2"
START_SECONDS = 120
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "clawlama"
LOOPBACK = "127.0.0.1"
LISTENS = re.compile(r"listening on ([0-9.:]+)")
LOG_BYTES = 65536
# It ends when its standard input does: with us, however we end.
ENDS_WITH_US = '"$@" </dev/null & read -r _; kill $!'
IMAGES = "clawlama"
# The present one, and one to go on with while the next is made.
IMAGES_KEPT = 2
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CHUNK = 1024**2
CONNECT_SECONDS, READ_SECONDS = 20, 120
LIMITS = (CONNECT_SECONDS, READ_SECONDS)
# Hosts that want the same wait here for the one that fetches it.
_fetching = BoundedSemaphore()
# Each ends with the pipe that is kept here.
_servers: list[subprocess.Popen[bytes]] = []


class Unreached(Exception):
    """A mirror that cannot be had, or what it cannot get; ``str()`` of it says why, in a few words."""


@dataclass(frozen=True)
class Model:
    """As the container's plan names one. ``source``: its registry's address of it, up to its repository."""

    name: str
    source: str
    tag: str

    @property
    def kept_as(self) -> str:
        """The repository in our registry, whose rules for names are stricter than Ollama's."""
        return f"models/{hashlib.sha256(self.source.encode()).hexdigest()[:16]}"


def address(*, for_hosts: bool = False) -> str:
    """Its host:port; started for whoever asks first. ``for_hosts``: of one on the same blobs that takes nothing in.

    Any user of a host may speak to what that host reaches. Raises Unreached where it did not start.
    """
    found = begun(for_hosts)
    if isinstance(found, Unreached):
        raise found
    return found


@functools.cache
def begun(for_hosts: bool) -> str | Unreached:
    """Tried once: fifty hosts do not wait for the same failure one after the other."""
    try:
        return _start(for_hosts)
    except Unreached as unreached:
        return unreached


def _start(for_hosts: bool) -> str:
    folder, settings = CACHE / "registry", config(for_hosts=for_hosts)
    folder.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(configured(folder, for_hosts)), encoding="utf-8")
    if not for_hosts:
        _tidy(folder, settings)
    command = ["sh", "-c", DOCKER_PATH + ENDS_WITH_US, "sh", *_program(), "serve", str(settings)]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log)
        _servers.append(server)
        until = time.monotonic() + START_SECONDS
        while server.poll() is None and time.monotonic() < until:
            if found := LISTENS.search(os.pread(log.fileno(), LOG_BYTES, 0).decode()):
                return _answering(found[1])
            gevent.sleep(0.05)
    raise Unreached(f"neither {PROGRAM} nor Docker's {CONTAINED} is to be had here")


def _program() -> list[str]:
    if shutil.which(PROGRAM):
        return [PROGRAM]
    ours = [f"--user={os.getuid()}:{os.getgid()}", f"--volume={CACHE}:{CACHE}"]
    return ["docker", "run", "--rm", "--network=host", *ours, CONTAINED]


def _answering(address: str) -> str:
    """A container's loopback is this machine's, unless its Docker is in a virtual machine."""
    try:
        _ours().get(f"http://{address}/v2/", timeout=LIMITS).raise_for_status()
    except requests.RequestException as error:
        raise Unreached(f"the registry here does not answer ({_in_short(error)})") from error
    return address


def config(*, for_hosts: bool) -> Path:
    return CACHE / f"registry{'-for-hosts' if for_hosts else ''}.json"


def configured(folder: Path, for_hosts: bool) -> dict[str, Any]:
    """https://distribution.github.io/distribution/about/configuration/"""
    blobs = {"filesystem": {"rootdirectory": str(folder)}, "delete": {"enabled": True}}
    storage = blobs | {"maintenance": {"readonly": {"enabled": for_hosts}}}
    return {"version": "0.1", "log": {"level": "info"}, "storage": storage, "http": {"addr": f"{LOOPBACK}:0"}}


def _tidy(folder: Path, settings: Path) -> None:
    """Lets go of all but the newest images, unless another run of pyinfra's has the registry open, too."""
    lock = (CACHE / "registry.lock").open("wb")
    # Shared, and for as long as this process lives, once nobody else had it.
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        tags = folder.glob(f"docker/registry/v2/repositories/{IMAGES}/_manifests/tags/*")
        if old := sorted(tags, key=lambda tag: tag.stat().st_mtime, reverse=True)[IMAGES_KEPT:]:
            for tag in old:
                shutil.rmtree(tag)
            command = [*_program(), "garbage-collect", "--delete-untagged", str(settings)]
            subprocess.run(command, capture_output=True, check=False)
    fcntl.flock(lock, fcntl.LOCK_SH)
    atexit.register(lock.close)


def image(name: str, identity: str) -> str:
    """Puts an image of this machine's Docker there, unless it is; its digest. Raises Unreached.

    Whatever has its tag there is taken for it only where Docker's own id of the image says so.
    """
    tag = identity.removeprefix("sha256:")[:12]
    with _fetching:
        if not (known := _digest_of_image(tag, identity)):
            there = f"{address()}/{IMAGES}:{tag}"
            push = f'docker tag "$1" {there} && docker push --quiet {there} && docker rmi {there}'
            command = ["sh", "-c", f"{DOCKER_PATH} {push}", "sh", name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            known = _digest_of_image(tag, identity)
            if done.returncode != 0 or not known:
                raise Unreached((done.stderr.splitlines() or ["Docker's push said nothing"])[-1])
    return known


def _digest_of_image(tag: str, identity: str) -> str:
    """The id is the digest of its configuration, which names its layers; with containerd's store, of its manifest."""
    manifest = _held(IMAGES, tag)
    digest = _digest(manifest)
    return digest if manifest and identity in (digest, json.loads(manifest)["config"]["digest"]) else ""


def model(wanted: Model, said: Callable[[str], None]) -> str:
    """Puts a model there, unless it is; its manifest's digest. ``said`` hears how far it is. Raises Unreached.

    A registry that is silent, or does not know it, matters only where we have not got it either.
    """
    with _fetching, requests.Session() as session:
        try:
            manifest = _asked(session, f"{wanted.source}/manifests/{wanted.tag}", headers={"Accept": MANIFEST}).content
            kept = f"http://{address()}/v2/{wanted.kept_as}"
            for blob in _blobs(manifest):
                _carry(session, blob, wanted.source, kept, said)
            _put(f"{kept}/manifests/{wanted.tag}", data=manifest, headers={"Content-Type": MANIFEST})
        except (requests.RequestException, ValueError, KeyError) as error:
            manifest = _held(wanted.kept_as, wanted.tag)
            if not manifest:
                raise Unreached(_in_short(error)) from error
    return _digest(manifest)


def _blobs(manifest: bytes) -> list[Mapping[str, Any]]:
    read = json.loads(manifest)
    return [*read["layers"], read["config"]]


def _carry(
    session: requests.Session, blob: Mapping[str, Any], source: str, kept: str, said: Callable[[str], None]
) -> None:
    """Streamed from the one to the other, which takes it only where its digest is right."""
    digest, whole = blob["digest"], int(blob["size"])
    if _ours().head(f"{kept}/blobs/{digest}", timeout=LIMITS).ok:
        return
    with _asked(session, f"{source}/blobs/{digest}", stream=True) as reply:
        place = _ours().post(f"{kept}/blobs/uploads/", timeout=LIMITS)
        place.raise_for_status()
        moved = _told(reply.iter_content(CHUNK), whole, said)
        _put(place.headers["Location"], params={"digest": digest}, data=moved)


def _put(url: str, **options: Any) -> None:
    _ours().put(url, timeout=LIMITS, **options).raise_for_status()


def _told(chunks: Iterator[bytes], whole: int, said: Callable[[str], None]) -> Iterator[bytes]:
    moved = 0
    for chunk in chunks:
        moved += len(chunk)
        said(f"{size(moved)} of {size(whole)}")
        yield chunk


def _asked(session: requests.Session, url: str, **options: Any) -> requests.Response:
    reply = session.get(url, timeout=LIMITS, **options)
    reply.raise_for_status()
    return reply


def _held(repository: str, tag: str) -> bytes:
    """The manifest that our registry has by that name; empty for none. Raises Unreached where it has ended."""
    url = f"http://{address()}/v2/{repository}/manifests/{tag}"
    try:
        reply = _ours().get(url, headers={"Accept": MANIFEST}, timeout=LIMITS)
    except requests.RequestException as error:
        raise Unreached(f"the registry here does not answer ({_in_short(error)})") from error
    return reply.content if reply.ok else b""


def _digest(manifest: bytes) -> str:
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _ours() -> requests.Session:
    """Past whatever proxy there is for the rest of the world."""
    session = requests.Session()
    session.trust_env = False
    return session


def _in_short(error: Exception) -> str:
    reply = getattr(error, "response", None)
    return f"HTTP {reply.status_code}" if reply is not None else type(error).__name__
