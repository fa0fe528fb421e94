"""Plain `docker run` with a real model: it answers, it is closed to strangers, and what was planned is what runs."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.container.assistant import OPENCLAW, SAYS, Assistant

pytestmark = pytest.mark.container


def test_the_agent_answers_a_question_whose_answer_is_known(smollm2: Assistant) -> None:
    proof = smollm2.verb("prove")
    assert proof["ok"]
    assert proof["correct"]
    assert "Paris" in proof["answer"]
    assert smollm2.verb("status")["proof"] == proof
    assert smollm2.verb("status")["warm"]


def test_a_proof_leaves_no_session_behind(smollm2: Assistant) -> None:
    smollm2.verb("prove")
    assert json.loads(smollm2.sh(f"{OPENCLAW} sessions list --json"))["sessions"] == []


def test_planned_context_and_threads_reach_the_model(smollm2: Assistant) -> None:
    plan = smollm2.verb("status")
    [loaded] = json.loads(smollm2.sh("curl -sS http://127.0.0.1:11434/api/ps"))["models"]
    assert loaded["context_length"] == plan["context"] == 8192
    measured, _, after = smollm2.logs().partition(f"{SAYS}loading ")
    assert loads(measured + after)[-1] == (str(plan["context"]), str(plan["threads"]))
    assert len(loads(after)) <= 1, "once measured, it is loaded at most once, with the options that OpenClaw sends"


def loads(log: str) -> list[tuple[str, str]]:
    """Context and threads of each."""
    return re.findall(r"Operation:commit.*?KvSize:(\d+).*?NumThreads:(\d+)", log)


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_request_without_the_token_is_refused(smollm2: Assistant, token: str) -> None:
    assert smollm2.ask("Hello", "stranger", token=token).status == 401


def test_the_model_is_asked_nothing_on_a_schedule_that_nobody_set(smollm2: Assistant) -> None:
    listed = json.loads(smollm2.sh(f"{OPENCLAW} cron list --json"))
    assert [job["name"] for job in listed["jobs"]] == []


def test_the_banner_says_what_runs_and_where(smollm2: Assistant) -> None:
    banner = smollm2.logs()
    plan = smollm2.verb("status")
    for said in (f"http://127.0.0.1:{smollm2.port}/", f"{plan['threads']} threads", "context 8192", "profile lean"):
        assert said in banner
    for part, version in smollm2.verb("status")["versions"].items():
        assert re.search(rf"{part} {re.escape(version)}", banner, re.IGNORECASE)


def test_verbs_that_run_at_the_same_time_do_not_get_into_each_others_way(smollm2: Assistant) -> None:
    with ThreadPoolExecutor(8) as pool:
        links = pool.map(smollm2.verb, ["link"] * 8)
        states = pool.map(smollm2.verb, ["status"] * 8)
        assert len({link["url"] for link in links}) == 8
        assert {status["state"] for status in states} == {"ready"}


def test_no_secret_is_in_the_log(smollm2: Assistant) -> None:
    assert smollm2.token not in smollm2.logs()
