"""What a program leaves on a machine: packages, users, and files that no package owns."""

from __future__ import annotations

from dataclasses import dataclass

from tests.testbed.docker import MINUTE
from tests.testbed.machine import CLONE, Machine

PLACES = "/etc /opt /root /home /usr/local /var/backups /var/tmp /var/spool /var/lib/systemd"
PACKAGES = "dpkg-query --show --showformat '${Package} ${db:Status-Status}\\n' | sed -n 's/ installed$//p'"
USERS = "cut -d : -f 1 /etc/passwd /etc/group"
FILES = f"""
cat /var/lib/dpkg/info/*.list | LC_ALL=C sort -u >/tmp/owned
find {PLACES} -xdev -path {CLONE} -prune -o -not -type d -print 2>/dev/null | LC_ALL=C sort -u |
  LC_ALL=C comm -23 - /tmp/owned
"""


@dataclass(frozen=True)
class Traces:
    packages: frozenset[str]
    users: frozenset[str]
    files: frozenset[str]


def traces(machine: Machine) -> Traces:
    """Those that are on a Debian machine now."""
    return Traces(*(frozenset(machine.sh(asked, MINUTE).splitlines()) for asked in (PACKAGES, USERS, FILES)))
