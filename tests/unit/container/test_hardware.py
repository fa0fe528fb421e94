"""What the container may use is read from cgroups of both versions, and from recorded processors."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.container import jq

CORES = "devices/system/cpu/cpu{}/topology/thread_siblings_list"


def ask(tree: Path, function: str) -> str:
    """What a function of hardware.sh or incidents.sh prints on a machine that looks like ``tree``."""
    script = f"for concern in paths hardware incidents; do . {jq.LIB}/$concern.sh; done; {function}"
    variables = os.environ | {"TEST_HARDWARE": str(tree), "TEST_DATA": str(tree), "TEST_LIB": str(jq.LIB)}
    done = subprocess.run(["sh", "-euc", script], env=variables, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.strip()


def write(tree: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)


@pytest.mark.parametrize(
    ("files", "quota", "limit"),
    [
        ({"cpu.max": "150000 100000\n", "memory.max": "2147483648\n"}, "1.5", "2147483648"),
        ({"cpu.max": "max 100000\n", "memory.max": "max\n"}, "null", "null"),
        (
            {
                "cpu/cpu.cfs_quota_us": "50000\n",
                "cpu/cpu.cfs_period_us": "100000\n",
                "memory/memory.limit_in_bytes": "1879048192\n",
            },
            "0.5",
            "1879048192",
        ),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, "null", "null"),
        ({}, "null", "null"),
    ],
    ids=["v2", "v2 unlimited", "v1", "v1 unlimited", "none"],
)
def test_quota_and_limit_are_read_from_either_cgroup_version(
    tmp_path: Path, files: dict[str, str], quota: str, limit: str
) -> None:
    write(tmp_path, {f"sys/fs/cgroup/{name}": text for name, text in files.items()})
    assert (ask(tmp_path, "cpu_quota"), ask(tmp_path, "memory_limit")) == (quota, limit)


def test_hyper_threads_are_not_counted_as_cores(tmp_path: Path) -> None:
    siblings = ["0,4", "1,5", "2,6", "3,7"] * 2
    write(tmp_path, {f"sys/{CORES.format(number)}": f"{pair}\n" for number, pair in enumerate(siblings)})
    assert ask(tmp_path, "physical_cores") == "4"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("flags\t\t: fpu sse4_2 avx avx2 avx512f", '["AVX","AVX2","AVX-512"]'),
        ("Features\t: fp asimd asimddp", '["NEON","DOTPROD"]'),
        ("flags\t\t: fpu", "[]"),
    ],
)
def test_instruction_sets_have_their_common_names(tmp_path: Path, line: str, names: str) -> None:
    write(tmp_path, {"proc/cpuinfo": f"processor: 0\n{line}\n"})
    assert ask(tmp_path, "simd_json") == names


@pytest.mark.parametrize(
    ("files", "kills"),
    [
        ({"memory.events": "low 0\nhigh 0\nmax 12\noom 2\noom_kill 2\noom_group_kill 0\n"}, "2"),
        ({"memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"}, "3"),
        ({"memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n"}, "0"),
        ({}, "0"),
    ],
)
def test_kills_for_want_of_memory_are_counted_in_both_versions(
    tmp_path: Path, files: dict[str, str], kills: str
) -> None:
    write(tmp_path / "sys/fs/cgroup", files)
    assert ask(tmp_path, "oom_kills") == kills
