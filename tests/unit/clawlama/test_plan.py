"""When the container is renewed, how its wait is read, and what is said at the end."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest

from roles.clawlama import plan
from roles.clawlama.plan import Failed, Ready, Waiting
from roles.errors import UserMistake
from roles.settings import settings_from

SETTINGS = settings_from({"CLAWLAMA_DEMO_MODEL": "true"})
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
PROOF = {
    "schema": 1, "ok": True, "question": "What is the capital of France?", "answer": "Paris.",
    "seconds": 3.2, "correct": True, "at": "2026-11-23T11:58:00Z",
}  # fmt: skip


def status(**changes: Any) -> dict[str, Any]:
    return {
        "schema": 1, "state": "ready", "stage": "supervise", "reason": "", "message": "ready", "progress": None,
        "model": "qwen3:4b", "context": 8192, "threads": 2, "profile": "lean", "demonstration": False,
        "versions": {"node": "24.1.0", "ollama": "0.24.0"}, "why": ["it fits"], "proof": PROOF, "models": [],
    } | changes  # fmt: skip


def inspected(
    state: str = "running",
    exit_code: int = 0,
    restarts: int = 0,
    health: str = "",
    labels: dict[str, str] | None = None,
) -> str:
    shown: dict[str, Any] = {"Status": state, "ExitCode": exit_code}
    if health:
        shown["Health"] = {"Status": health}
    return json.dumps({"state": shown, "restarts": restarts, "image": "sha256:1", "labels": labels or {}})


HOST = {"image": "sha256:1", "memory_kilobytes": "8000000", "gpus": ""}


def wanted(**settings: str) -> plan.Release:
    return on_host({}, **settings)


def on_host(host: dict[str, str], **settings: str) -> plan.Release:
    return plan.release(settings_from(settings), HOST | host, demonstration=False)


def found(release: plan.Release, **changes: str) -> dict[str, str]:
    """A host on which ``release`` runs as it shall."""
    return {
        "container": inspected(labels={plan.LABEL: release.digest}),
        "status": json.dumps(status()),
        "files": "\n".join(f"{digest}  {path}" for path, digest in release.files.items()),
        "record": json.dumps({"release": release.digest, "proof": PROOF}),
    } | changes


# --- what is renewed


def test_what_runs_as_wanted_is_left_alone_even_while_it_starts() -> None:
    release = wanted()
    assert plan.as_wanted(release, found(release))
    assert plan.as_wanted(release, found(release, status=json.dumps(status(state="pulling"))))
    assert plan.as_wanted(release, found(release, status=""))


@pytest.mark.parametrize(
    "changes",
    [
        {"container": ""},
        {"container": inspected(labels={plan.LABEL: "another"})},
        {"status": json.dumps(status(state="failed"))},
        {"files": ""},
    ],
)
def test_what_is_gone_different_or_failed_is_renewed(changes: dict[str, str]) -> None:
    release = wanted()
    assert not plan.as_wanted(release, found(release, **changes))


@pytest.mark.parametrize(("state", "health"), [("exited", ""), ("restarting", ""), ("running", "unhealthy")])
def test_what_is_not_well_is_renewed(state: str, health: str) -> None:
    release = wanted()
    container = inspected(state=state, health=health, labels={plan.LABEL: release.digest})
    assert not plan.as_wanted(release, found(release, container=container))


@pytest.mark.parametrize(
    "settings",
    [
        {"clawlama_model": "qwen3:4b"},
        {"clawlama_context_window": "16384"},
        {"clawlama_openclaw_port": "8080"},
        {"ollama_num_threads": "2"},
        {"clawlama_profile": "lean"},
        {"clawlama_telegram_bot_token": "123456789:" + "A" * 35},
    ],
)
def test_every_setting_of_the_container_makes_another_release(settings: dict[str, str]) -> None:
    assert wanted(**settings).digest != wanted().digest


def test_a_host_whose_cards_containers_get_hands_them_over_unless_ollama_is_elsewhere() -> None:
    assert "driver: nvidia" in on_host({"gpus": "yes"}).compose
    assert "nvidia" not in wanted().compose
    assert "nvidia" not in on_host({"gpus": "yes"}, clawlama_ollama_url="http://mac:11434").compose


def test_another_image_secret_or_memory_makes_another_release_and_the_same_makes_none() -> None:
    token = {"clawlama_telegram_bot_token": "123456789:" + "A" * 35}
    other = {"clawlama_telegram_bot_token": "123456789:" + "B" * 35}
    assert wanted(**token).compose != wanted(**other).compose
    assert on_host({"image": "sha256:2"}).digest != wanted().digest
    assert on_host({"memory_kilobytes": "4000000"}).digest != wanted().digest
    assert wanted() == wanted()


def test_a_host_scope_setting_that_nothing_runs_by_changes_nothing() -> None:
    assert wanted(clawlama_prove="always") == wanted()


def test_a_secret_is_not_shown_with_the_release() -> None:
    token = "123456789:" + "A" * 35
    release = wanted(clawlama_telegram_bot_token=token)
    assert token not in repr(release)
    assert release.secrets == {"clawlama_telegram_bot_token": f"{token}\n"}


@pytest.mark.parametrize(("kilobytes", "limit"), [("8388608", "7168m"), ("2097152", "1536m"), ("", "0")])
def test_the_host_keeps_an_eighth_of_its_memory_or_half_a_gigabyte(kilobytes: str, limit: str) -> None:
    assert plan.memory_limit(kilobytes) == limit


# --- what the container needs of the place

LOOPBACK, ANYWHERE, ANYWHERE_6, MAPPED = "0100007F", "00000000", "0" * 32, f"{'0' * 16}FFFF0000" + "0100007F"
FREE = {"container": "", "listening": "", "holders": "", "publishers": "", "model_file": "yes", "switch": ""}
TAKEN = {"listening": f"{LOOPBACK}:4965 4711", "holders": "812 python3 -m http.server 18789 "}


@pytest.mark.parametrize("listening", [LOOPBACK, ANYWHERE, ANYWHERE_6, MAPPED])
def test_a_port_that_another_process_has_is_refused_with_its_name_and_the_way_out(listening: str) -> None:
    with pytest.raises(UserMistake) as caught:
        plan.check_place(SETTINGS, FREE | TAKEN | {"listening": f"{listening}:4965 4711"})
    assert str(caught.value) == (
        'CLAWLAMA_OPENCLAW_PORT="18789": is taken on this machine by process 812 (python3 -m http.server 18789); '
        "end that, or set CLAWLAMA_OPENCLAW_PORT to a port that is free, then run the same command again"
    )


def test_a_port_that_another_container_has_is_refused_with_its_name() -> None:
    with pytest.raises(UserMistake, match="is taken on this machine by the container web; "):
        plan.check_place(SETTINGS, FREE | TAKEN | {"publishers": "web"})


def test_a_port_whose_holder_cannot_be_seen_is_refused_all_the_same() -> None:
    with pytest.raises(UserMistake, match="by a process that cannot be seen from here; "):
        plan.check_place(SETTINGS, FREE | TAKEN | {"holders": ""})


@pytest.mark.parametrize(
    "found",
    [
        {"publishers": "clawlama"},
        {"listening": "0200007F:4965 4711"},
        {"listening": f"{'0' * 24}01000000:4965 4711"},
    ],
)
def test_our_own_container_and_other_addresses_are_no_conflict(found: dict[str, str]) -> None:
    plan.check_place(SETTINGS, FREE | TAKEN | found)


@pytest.mark.parametrize(("state", "taken"), [("running", False), ("restarting", False), ("exited", True)])
def test_a_port_of_our_container_is_no_conflict_while_docker_starts_that_again(state: str, taken: bool) -> None:
    ours = {"state": {"Status": state, "ExitCode": 0}, "restarts": 0, "image": "sha256:1"}
    ours |= {"labels": {plan.LABEL: "x"}, "ports": {"18789/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18789"}]}}
    with pytest.raises(UserMistake, match="is taken") if taken else nullcontext():
        plan.check_place(SETTINGS, FREE | TAKEN | {"container": json.dumps(ours)})


def test_a_port_on_all_addresses_meets_any_that_is_taken() -> None:
    anywhere = settings_from({"CLAWLAMA_PUBLISH_ADDRESS": "0.0.0.0"})
    with pytest.raises(UserMistake, match="is taken"):
        plan.check_place(anywhere, FREE | TAKEN | {"listening": "0200007F:4965 4711"})


def test_a_container_of_our_name_that_is_not_ours_is_refused() -> None:
    plan.check_place(SETTINGS, FREE | {"container": inspected(labels={plan.LABEL: "x"})})
    with pytest.raises(UserMistake, match=r'container="clawlama": .* docker rm -f clawlama'):
        plan.check_place(SETTINGS, FREE | {"container": inspected()})


def test_a_model_file_that_is_not_there_is_refused() -> None:
    settings = settings_from({"CLAWLAMA_MODEL_FILE_HOST": "/srv/x.gguf"})
    plan.check_place(settings, FREE)
    with pytest.raises(UserMistake, match=r'CLAWLAMA_MODEL_FILE_HOST="/srv/x.gguf": is no file on this machine'):
        plan.check_place(settings, FREE | {"model_file": ""})


# --- the demonstration model


def test_the_demonstration_model_is_for_those_who_allow_it_and_name_no_model() -> None:
    bare = {"status": "", "record": ""}
    assert plan.may_demonstrate(SETTINGS, bare)
    assert not plan.may_demonstrate(settings_from({}), bare)
    for name in ("CLAWLAMA_MODEL", "CLAWLAMA_MODELS"):
        assert not plan.may_demonstrate(settings_from({"CLAWLAMA_DEMO_MODEL": "true", name: "qwen3:4b"}), bare)
    for name in ("CLAWLAMA_MODEL_FILE", "CLAWLAMA_MODEL_FILE_HOST"):
        assert not plan.may_demonstrate(settings_from({"CLAWLAMA_DEMO_MODEL": "true", name: "/m/x.gguf"}), bare)


def test_a_real_model_in_use_is_never_replaced_by_the_demonstration() -> None:
    real = json.dumps({"model": "qwen3:4b", "demonstration": False})
    assert not plan.may_demonstrate(SETTINGS, {"status": real, "record": ""})
    assert not plan.may_demonstrate(SETTINGS, {"status": "", "record": real})
    assert plan.may_demonstrate(
        SETTINGS, {"status": json.dumps({"model": "demo", "demonstration": True}), "record": ""}
    )


# --- how far it is


def outlook(container: str, shown: dict[str, Any] | None = None, log: str = "", before: int = 0) -> plan.Outlook:
    status = json.dumps(shown) if shown else ""
    return plan.outlook(
        {"gone": "" if container else "yes", "container": container, "status": status, "log": log}, before
    )


def test_ready_is_ready() -> None:
    assert outlook(inspected(), status()) == Ready()


def test_a_pull_is_told_in_bytes_and_each_byte_is_progress() -> None:
    pulling = status(state="pulling", stage="model", progress={"completed": 100_000_000, "total": 2_500_000_000})
    further = pulling | {"progress": {"completed": 100_000_001, "total": 2_500_000_000}}
    first, second = outlook(inspected(), pulling), outlook(inspected(), further)
    assert isinstance(first, Waiting)
    assert isinstance(second, Waiting)
    assert (first.topic, first.detail) == ("pulling", "100 MB of 2.5 GB")
    assert first.progress != second.progress


def test_a_container_that_cannot_be_asked_yet_is_starting() -> None:
    waiting = outlook(inspected())
    assert isinstance(waiting, Waiting)
    assert waiting.topic == "starting"


def test_a_permanent_error_is_told_from_its_last_words_and_stopped() -> None:
    last = json.dumps(status(state="failed", stage="plan", reason="qwen3:32b needs 40 GB"))
    for state in ("restarting", "exited"):
        failed = outlook(inspected(state, exit_code=78), log=f"hello\n{last}\n")
        assert failed == Failed("plan", "qwen3:32b needs 40 GB", permanent=True)


def test_a_permanent_error_is_one_too_when_docker_has_started_the_container_again() -> None:
    """The moments between an end and Docker's next start are short, those between two looks are not."""
    last = json.dumps(status(state="failed", stage="model", reason="no GGUF", permanent=True))
    for shown in (None, status(state="loading")):
        assert outlook(inspected(restarts=1), shown, log=last) == Failed("model", "no GGUF", permanent=True)
        assert isinstance(outlook(inspected(restarts=1), shown, log=last, before=1), Waiting)


def test_a_container_that_says_it_failed_is_judged_by_its_end() -> None:
    """Until then nobody can tell whether it comes back, or has to be kept from that."""
    failing = outlook(inspected(), status(state="failed", stage="model", message="disk full"))
    assert isinstance(failing, Waiting)
    assert (failing.topic, failing.detail) == ("failed", "disk full")


def test_a_container_that_keeps_dying_is_given_up_and_one_that_died_before_is_not() -> None:
    last = json.dumps(status(state="failed", stage="gateway", reason="it ended"))
    assert outlook(inspected("restarting", 1, restarts=3), log=last) == Failed("gateway", "it ended")
    assert isinstance(outlook(inspected("restarting", 1, restarts=3), log=last, before=2), Waiting)
    assert outlook(inspected(restarts=3), status(state="loading"), log=last) == Failed("gateway", "it ended")


def test_a_container_that_is_gone_and_one_of_an_unknown_schema_are_one_clear_error() -> None:
    assert outlook("") == Failed("container", "it is gone")
    failed = outlook(inspected(), status(schema=2))
    assert isinstance(failed, Failed)
    assert "schema 2" in failed.reason


def test_a_docker_server_that_is_restarted_is_waited_for_a_minute() -> None:
    away = plan.outlook({"gone": "", "container": "", "status": "", "log": ""}, 0)
    assert isinstance(away, Waiting)
    assert (away.topic, away.patience) == ("the Docker server does not answer", 60.0)
    assert away.otherwise == Failed(
        "container", "the Docker server went away and is not back; run the same command again"
    )


def test_a_container_that_somebody_stopped_is_not_waited_for() -> None:
    last = json.dumps(status(state="stopped", stage="supervise", reason=""))
    assert outlook(inspected("exited", 0), log=last) == Failed(
        "container", "it has been stopped; run the same command again"
    )


def test_the_log_that_people_see_ends_with_the_failure_and_has_no_statuses_in_it() -> None:
    last = json.dumps(status(state="failed"))
    assert plan.for_people(f"one\n{last}\ntwo\n{last}\nthe next start\n") == ["one", "two"]
    assert plan.for_people("one\ntwo") == ["one", "two"]


# --- proof


def test_a_release_is_proven_once() -> None:
    release = wanted()
    assert not plan.needs_proof(found(release))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": json.dumps(status(proof=None))},
        {"status": json.dumps(status(proof=PROOF | {"ok": False}))},
        {"record": json.dumps({"release": "another"})},
        {"record": ""},
    ],
)
def test_no_proof_a_bad_one_or_one_of_another_release_asks_for_a_new_one(changes: dict[str, str]) -> None:
    assert plan.needs_proof(found(wanted(), **changes))


def test_the_record_names_what_was_proven() -> None:
    release = wanted()
    record = plan.record(found(release), PROOF, NOW)
    assert record["release"] == release.digest
    assert record["compose"] == release.files["docker-compose.yml"]
    assert (record["image"], record["model"], record["proof"]) == ("sha256:1", "qwen3:4b", PROOF)


# --- the last lines


def last_lines(address: str = "", shown: dict[str, Any] | None = None, **settings: str) -> str:
    reading = found(wanted(), status=json.dumps(shown or status())) | {
        "container": inspected(labels={"io.clawlama.node.source": "registries"}),
        "link": json.dumps({"schema": 1, "url": "http://127.0.0.1:18789/#token=t"}),
        "address": "192.168.1.7",
    }
    return "\n".join(plan.summary(reading, settings_from(settings), address, NOW))


def test_the_last_lines_say_versions_sources_plan_answer_age_and_link() -> None:
    lines = last_lines()
    for part in (
        "node 24.1.0 (registries), ollama 0.24.0",
        "qwen3:4b, profile lean, context 8192 tokens, 2 threads",
        "because it fits",
        "question: What is the capital of France?",
        "answer: Paris. (right, took 3.2 s, 2 min 0 s ago)",
        "chat: http://127.0.0.1:18789/#token=t",
    ):
        assert part in lines
    assert "DEMONSTRATION" not in lines


def test_a_demonstration_is_called_one_with_the_way_out() -> None:
    lines = last_lines(shown=status(demonstration=True))
    assert "THIS MODEL IS A DEMONSTRATION" in lines
    assert "CLAWLAMA_MODEL=" in lines


def test_a_wrong_answer_and_a_model_that_is_not_to_be_had_are_said() -> None:
    lost = status(models=[{"name": "a:1", "ok": True, "reason": ""}, {"name": "b:2", "ok": False, "reason": "no such"}])
    assert "model b:2 is not to be had: no such" in last_lines(shown=lost)
    reading = found(wanted(), record=json.dumps({"proof": PROOF | {"correct": False}})) | {"link": ""}
    assert "(WRONG, " in "\n".join(plan.summary(reading, SETTINGS, "", NOW))


def test_a_remote_host_on_loopback_comes_with_its_ssh_line() -> None:
    assert "ssh -L 18789:127.0.0.1:18789 me@pi" in last_lines("me@pi")
    assert "ssh -L" not in last_lines("me@pi", clawlama_publish_address="0.0.0.0")


def test_a_port_that_is_open_on_a_remote_host_is_linked_by_that_hosts_address() -> None:
    assert "chat: http://192.168.1.7:18789/#token=t" in last_lines("me@pi", clawlama_publish_address="0.0.0.0")
    assert "chat: http://127.0.0.1:18789/#token=t" in last_lines(clawlama_publish_address="0.0.0.0")
