"""All hosts at a glance: a row a host, as a table and as JSON. Pure but for the end of a run, which shows it."""

from __future__ import annotations

import atexit
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from packaging.version import Version

from roles.clawlama.plan import age, container, missing_models
from roles.clawlama.releases import Held
from roles.narrator import size
from roles.readings import json_in

HEADS = (
    "host", "state", "openclaw", "ollama", "model", "context", "answer", "memory", "free", "backup", "held", "says"
)  # fmt: skip
UNREACHED = "unreached"
RECENT = timedelta(days=7)
LITTLE_DISK = 5 * 1000**3
# The rank of a host that nobody has to see to.
WELL = 9
_rows: dict[str, dict[str, Any]] = {}
_wanted: list[tuple[str, tuple[str, ...]]] = []


def row(found: Mapping[str, str], held: Iterable[Held]) -> dict[str, Any]:
    """What a StateReading tells of a host, and the releases that it holds, for programs; None for what is not known."""
    running, status = container(found["container"]), json_in(found["status"]) or {}
    names = ("proof", "backup", "backup_failed", "backup_checked")
    proof, backup, failed, checked = (status.get(name) or {} for name in names)
    return {
        "state": status.get("state") if running and running.state == "running" else (running and running.state),
        "versions": status.get("versions"),
        "model": status.get("model"),
        "context": status.get("context"),
        "gpu": status.get("gpu"),
        "proof": {"ok": proof.get("ok"), "seconds": proof.get("seconds"), "at": proof.get("at")} if proof else None,
        "memory_used": status.get("memory_used"),
        "disk_free": status.get("disk_free"),
        "backup": {name: backup.get(name) for name in ("at", "id", "bytes")} if backup else None,
        "backup_failed": failed or None,
        "backup_checked": checked or None,
        "releases": [{"name": one.name, "openclaw": one.openclaw, "at": one.proven_at} for one in held],
        "warnings": _warnings(status, failed, checked),
    }


def _warnings(status: Mapping[str, Any], failed: Mapping[str, Any], checked: Mapping[str, Any]) -> list[str]:
    told = [f"{incident['what']}; {incident['fix']}" for incident in status.get("incidents") or ()]
    told += [f"model {model['name']}: {model['reason']}" for model in missing_models(status)]
    told += [f"backup failed: {failed['reason']}"] if failed else []
    return told + ([f"backups cannot be relied on: {checked['reason']}"] if checked and not checked["ok"] else [])


def unreached(host: str) -> dict[str, Any]:
    """The row of a host that did not answer."""
    nothing = row(dict.fromkeys(("container", "status"), ""), ())
    return nothing | {"state": UNREACHED, "warnings": [f"{host} could not be reached"]}


def table(rows: Mapping[str, Mapping[str, Any]], now: datetime) -> list[str]:
    """Aligned lines, those first that need a person first; a dash for what is not known."""
    usual = usual_versions(rows.values())
    found = {host: findings(row, usual, now) for host, row in rows.items()}
    by_need = sorted(rows, key=lambda host: (min((rank for rank, _ in found[host]), default=WELL), host))
    lines = [HEADS, *(_cells(host, rows[host], [words for _, words in found[host]], now) for host in by_need)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def usual_versions(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What most of the hosts run; of as many, the newer one."""
    counted = {name: Counter((row["versions"] or {}).get(name) for row in rows) for name in ("openclaw", "ollama")}
    known = {name: {version: count for version, count in found.items() if version} for name, found in counted.items()}
    return {
        name: max(found, key=lambda version: (found[version], Version(version)))
        for name, found in known.items()
        if found
    }


def findings(row: Mapping[str, Any], usual: Mapping[str, str], now: datetime) -> list[tuple[int, str]]:
    """What somebody should see to: its rank, the most urgent first, and the words; of a host that is well, nothing."""
    versions, backup, free = row["versions"] or {}, row["backup"], row["disk_free"]
    drifted = [name for name in usual if versions.get(name) not in (None, usual[name])]
    old = backup and now - datetime.fromisoformat(backup["at"]) > RECENT
    return [
        *([(0, "")] if row["state"] != "ready" else []),
        *((1, words) for words in row["warnings"]),
        *([(2, f"the disk has {size(free)} left")] if free is not None and free < LITTLE_DISK else []),
        *((3, f"{name} {versions[name]}, most have {usual[name]}") for name in drifted),
        *([(4, f"no backup for {age(backup['at'], now)}")] if old else []),
    ]


def _cells(host: str, row: Mapping[str, Any], says: Iterable[str], now: datetime) -> tuple[str, ...]:
    versions, proof, backup = row["versions"] or {}, row["proof"], row["backup"]
    answer = f"{proof['seconds']} s, {age(proof['at'], now)} ago" if proof and proof["ok"] else None
    cells = (
        *(row["state"] or "not there", versions.get("openclaw"), versions.get("ollama"), row["model"], row["context"]),
        *(answer, row["memory_used"] and size(row["memory_used"]), row["disk_free"] and size(row["disk_free"])),
        *(backup and f"{age(backup['at'], now)} ago", len(row["releases"]), next(filter(None, says), None)),
    )
    return (host, *("-" if cell is None else str(cell) for cell in cells))


def remember(host: str, row: dict[str, Any]) -> None:
    _rows[host] = row


def show_at_the_end(json_file: str, hosts: Iterable[str]) -> None:
    """Has this run's end show the table of these hosts, and write the rows to a file where one is named."""
    if not _wanted:
        _wanted.append((json_file, tuple(hosts)))
        atexit.register(_show)


def _show() -> None:
    [(json_file, hosts)] = _wanted
    rows = {host: _rows.get(host) or unreached(host) for host in hosts}
    for line in table(rows, datetime.now(UTC)):
        print(line, file=sys.stderr)
    if json_file:
        Path(json_file).write_text(json.dumps({"schema": 1, "hosts": rows}, indent=1) + "\n", encoding="utf-8")
