"""Keys made for a test, which sign what a vendor's key would sign."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.testbed.docker import run


@dataclass(frozen=True)
class Keyring:
    home: str

    def generate(self, name: str) -> str:
        """A new key's fingerprint."""
        self._gpg("--quick-generate-key", name, "ed25519", "sign", "never")
        listed = self._gpg("--with-colons", "--list-keys", name)
        return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))

    def sign(self, name: str, file: Path, target: Path) -> None:
        """The file with its signature around it, as apt's InRelease is."""
        self._gpg("--local-user", name, "--output", str(target), "--clearsign", str(file))

    def sign_apart(self, name: str, file: Path, target: Path) -> None:
        self._gpg("--local-user", name, "--output", str(target), "--armor", "--detach-sign", str(file))

    def export(self, name: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self._gpg("--output", str(target), "--armor", "--export", name)

    def _gpg(self, *arguments: str) -> str:
        return run("gpg", "--batch", "--homedir", self.home, "--passphrase", "", *arguments)


@contextmanager
def keyring() -> Iterator[Keyring]:
    # In a short path: gpg keeps sockets beside its keys.
    with tempfile.TemporaryDirectory() as home:
        try:
            yield Keyring(home)
        finally:
            run("gpgconf", "--homedir", home, "--kill", "gpg-agent")
