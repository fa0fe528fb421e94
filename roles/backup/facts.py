"""What lies on the host of former backups, and what runs things there by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roles.readings import Reading

# Wherever one of a kind of host may be.
SCHEDULES = (
    "/etc/systemd/system/clawlama-backup.* /etc/cron.d/clawlama-backup "
    '"$HOME"/Library/LaunchAgents/org.clawlama.backup.plist'
)


@dataclass(frozen=True)
class BackupReading(Reading):
    """Digests of our script and of every schedule of ours, what keeps the clock, and which secrets there are."""

    directory: str
    password_file: str
    credentials_file: str
    key_file: str

    def questions(self) -> Mapping[str, str]:
        return {
            "digests": f"for file in {self.directory}/backup/backup.sh {SCHEDULES}; do "
            'test -e "$file" && if command -v sha256sum >/dev/null; then sha256sum "$file"; '
            'else shasum -a 256 "$file"; fi; done',
            "kernel": "uname -s",
            "home": 'echo "$HOME"',
            "systemd": "test -d /run/systemd/system && echo yes",
            "password": self._is_kept("password", self.password_file),
            "key": self._is_kept("key", self.key_file),
            "given_password": f"test -s '{self.password_file}' && echo yes",
            "given_credentials": f"test -s '{self.credentials_file}' && echo yes",
            "given_key": f"test -s '{self.key_file}' && echo yes",
        }

    def _is_kept(self, name: str, file: str) -> str:
        kept = f"{self.directory}/backup/{name}"
        return f"test -s {kept} && {{ test -z '{file}' || cmp -s '{file}' {kept}; }} && echo yes"


@dataclass(frozen=True)
class MeansReading(Reading):
    """Whether our script is there, and whether backups are in a local repository."""

    directory: str
    repository: str

    def questions(self) -> Mapping[str, str]:
        return {
            "means": f"test -d {self.directory}/backup && echo yes",
            "backups": f"test -e {self.repository}/config && echo yes",
        }
