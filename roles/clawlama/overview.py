"""All hosts at a glance: a row a host, as a table and as JSON. Pure but for the end of a run, which shows it."""

from __future__ import annotations

import atexit
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from roles.clawlama.plan import age, container, missing_models
from roles.clawlama.releases import Held
from roles.narrator import size
from roles.readings import json_in

HEADS = (
    "host", "state", "openclaw", "ollama", "model", "context", "answer", "memory", "free", "backup", "held", "says"
)  # fmt: skip
_rows: dict[str, dict[str, Any]] = {}
_wanted: list[str] = []


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


def table(rows: Mapping[str, Mapping[str, Any]], now: datetime) -> list[str]:
    """Aligned lines, a dash for what is not known."""
    lines = [HEADS, *(_cells(host, row, now) for host, row in sorted(rows.items()))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _cells(host: str, row: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    versions, proof, backup = row["versions"] or {}, row["proof"], row["backup"]
    answer = f"{proof['seconds']} s, {age(proof['at'], now)} ago" if proof and proof["ok"] else None
    cells = (
        *(row["state"] or "not there", versions.get("openclaw"), versions.get("ollama"), row["model"], row["context"]),
        *(answer, row["memory_used"] and size(row["memory_used"]), row["disk_free"] and size(row["disk_free"])),
        *(backup and f"{age(backup['at'], now)} ago", len(row["releases"]), next(iter(row["warnings"]), None)),
    )
    return (host, *("-" if cell is None else str(cell) for cell in cells))


def remember(host: str, row: dict[str, Any]) -> None:
    _rows[host] = row


def show_at_the_end(json_file: str) -> None:
    """Has this run's end show the table, and write the rows to a file where one is named."""
    if not _wanted:
        _wanted.append(json_file)
        atexit.register(_show)


def _show() -> None:
    for line in table(_rows, datetime.now(UTC)):
        print(line, file=sys.stderr)
    if _wanted[0]:
        Path(_wanted[0]).write_text(json.dumps({"schema": 1, "hosts": _rows}, indent=1) + "\n", encoding="utf-8")
