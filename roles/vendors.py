"""Installing from a vendor's signed repository, or from the distribution: what is asked of a host, and what is done."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass

from pyinfra.api.command import PyinfraCommand
from pyinfra.api.host import Host

from roles.hosts import attended, read
from roles.packages import APT, Manager, Repository, filled, recorded
from roles.readings import Reading

Commands = Generator[PyinfraCommand, None, None]
# Commands that end with whether it was to be had.
Installing = Generator[PyinfraCommand, None, bool]
SYSTEM = (
    'if test -e /etc/os-release; then . /etc/os-release; echo "$ID $VERSION_ID $PRETTY_NAME"; '
    'else echo "macos $(sw_vers -productVersion) macOS $(sw_vers -productVersion)"; fi'
)


@dataclass(frozen=True)
class PackagesReading(Reading):
    """Which of some packages are installed, as the command ``installed`` says, and which of ``tools`` are missing."""

    installed: str
    tools: str

    def questions(self) -> Mapping[str, str]:
        missing = f"for tool in {self.tools}; do command -v $tool >/dev/null || echo $tool; done"
        return {"installed": self.installed, "missing_tools": missing}


@dataclass(frozen=True)
class KeyReading(Reading):
    """What a repository's site has for a key: nothing where it does not answer, else `fetched`, its fingerprint (none
    for what is no key), and the key itself."""

    fetch: str
    url: str

    def questions(self) -> Mapping[str, str]:
        fingerprint = (
            "GNUPGHOME=$folder gpg --show-keys --with-colons $folder/key | awk -F: '$1 == \"fpr\" { print $10; exit }'"
        )
        return {
            "key": f"folder=$(mktemp -d); {filled(self.fetch, url=self.url, file='$folder/key')} >&2 && "
            f'{{ echo fetched "$({fingerprint})"; cat $folder/key; }}; rm -rf $folder'
        }


def packages(host: Host, manager: Manager, names: Iterable[str]) -> dict[str, str]:
    """Which of ``names`` are installed on the host, and which of the manager's tools are missing there."""
    installed = filled(manager.installed, names=" ".join(names))
    return read(host, PackagesReading(installed, " ".join(manager.tools)))


def key(host: Host, manager: Manager, repository: Repository, upstream: str) -> str:
    """What the site offers for the repository's key; see KeyReading."""
    return read(host, KeyReading(manager.fetch, f"{upstream}/{repository.key}"))["key"]


def tools(manager: Manager, found: Mapping[str, str], record: str) -> Commands:
    """What fetching and checking a key takes is there. ``record``: the file of what is to go again some day."""
    lacking = tuple(name for tool in found["missing_tools"].split() for name in manager.tools[tool])
    if lacking and manager is APT:
        listed = " ".join(lacking)
        noted = recorded(filled(manager.install, names=listed), record)
        yield attended(f"installing {listed}", noted, f"could not install {listed}")
    elif lacking:
        yield install(manager, lacking)


def write(files: Mapping[str, str]) -> Commands:
    """Files that everybody may read, and root alone write."""
    for path, content in files.items():
        script = f"mkdir -p $(dirname {path}) && printf %s {shlex.quote(content)} >{path} && chmod 644 {path}"
        yield attended(f"writing {path}", script, f"could not write {path}")


def remove(manager: Manager, names: tuple[str, ...]) -> Commands:
    if names:
        listed = " ".join(names)
        yield attended(f"removing {listed}", filled(manager.remove, names=listed), f"could not remove {listed}")


def install(manager: Manager, names: tuple[str, ...]) -> PyinfraCommand:
    listed = " ".join(names)
    return attended(f"installing {listed}", filled(manager.install, names=listed), f"could not install {listed}")
