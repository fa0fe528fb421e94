"""What fits is decided once, in the container: context, threads, profile, model, or a refusal with the sizes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from roles.clawlama.plan import memory_limit
from roles.settings import ROOT, SETTINGS
from tests.unit.container import jq

MIB, GIB = 1024**2, 1024**3
# What Ollama says of SmolLM2-135M, shortened to what counts.
SMOLLM2 = {
    "name": "smollm2:latest",
    "size": 98362432,
    "capabilities": ["completion", "tools"],
    "info": {
        "general.architecture": "llama",
        "llama.block_count": 30,
        "llama.attention.head_count": 9,
        "llama.attention.head_count_kv": 3,
        "llama.embedding_length": 576,
        "llama.context_length": 8192,
    },
}
LONG = {**SMOLLM2, "info": {**SMOLLM2["info"], "llama.context_length": 131072}}  # type: ignore[dict-item]


@pytest.fixture
def plan(tmp_path: Path) -> Any:
    def decide(
        settings: dict[str, str] | None = None,
        wanted: str = "",
        measured: list[dict[str, Any]] | None = None,
        sizes: dict[str, int] | None = None,
        calibration: dict[str, Any] | None = None,
        **hardware: Any,
    ) -> Any:
        values = {setting.name: setting.default for setting in SETTINGS} | (settings or {})
        found = {"cores": 2, "logical_cores": 2, "cpu_quota": None, "memory": 24 * GIB, "memory_limit": None} | hardware
        table = (jq.ETC / "models.json").read_text()
        (tmp_path / "table.json").write_text(table)
        return jq.run(
            "plan.jq",
            *("--arg", "wanted", wanted, "--slurpfile", "table", str(tmp_path / "table.json")),
            *jq.files(
                tmp_path,
                settings=values,
                hardware=found,
                sizes=sizes or {},
                measured=measured or [],
                calibration=calibration,
            ),
        )

    return decide


@pytest.mark.parametrize(
    ("cores", "quota", "asked", "threads"),
    [
        (2, None, "auto", 2),
        (4, None, "auto", 3),
        (8, 2, "auto", 2),
        (8, 6.5, "auto", 5),
        (2, 0.5, "auto", 1),
        (8, None, "2", 2),
        (2, None, "64", 2),
    ],
)
def test_threads_never_exceed_quota_or_cores_and_leave_one_for_the_gateway(
    plan: Any, cores: int, quota: float | None, asked: str, threads: int
) -> None:
    decided = plan({"OLLAMA_NUM_THREADS": asked}, cores=cores, logical_cores=cores, cpu_quota=quota)
    assert decided["threads"] == threads
    assert any("OLLAMA_NUM_THREADS" in reason for reason in decided["why"]) == (asked == "64")


@pytest.mark.parametrize(
    ("cores", "quota", "asked", "tried"),
    [
        (2, None, "auto", [2, 1]),
        (1, None, "auto", [1]),
        (8, None, "auto", [7, 8]),
        (4, 1.5, "auto", [1, 2]),
        (2, 0.5, "auto", [1]),
        (8, None, "3", [3]),
    ],
)
def test_what_is_measured_are_the_counts_that_may_pay(
    plan: Any, cores: int, quota: float | None, asked: str, tried: list[int]
) -> None:
    decided = plan({"OLLAMA_NUM_THREADS": asked}, cores=cores, logical_cores=cores, cpu_quota=quota)
    assert decided["threads_to_try"] == tried


def calibrated(*speeds: tuple[int, float, float], **cold: float) -> dict[str, Any]:
    """``speeds``: threads, and tokens a second in prefill and decode; ``cold``: profile to seconds that were seen."""
    return {"speeds": [{"threads": count, "prefill": p, "decode": d} for count, p, d in speeds], "cold": cold}


@pytest.mark.parametrize(
    ("speeds", "threads"),
    [
        pytest.param([(2, 246, 63), (1, 127, 60.6)], 2, id="SmolLM2 on two quiet cores"),
        pytest.param([(2, 200, 6.8), (1, 300, 43)], 1, id="Gemma, one of the two taken by other work"),
        pytest.param([(7, 40, 8), (8, 41, 8.1)], 7, id="no more than noise"),
        pytest.param([(2, 57, 54.7), (1, 130, 37.8), (2, 246, 63), (1, 127, 60.6)], 2, id="seen twice, disturbed once"),
    ],
)
def test_threads_are_the_fewest_with_which_a_turn_is_as_fast_as_can_be(
    plan: Any, speeds: list[tuple[int, float, float]], threads: int
) -> None:
    decided = plan(calibration=calibrated(*speeds), cores=max(count for count, _, _ in speeds))
    assert decided["threads"] == threads
    assert any("faster here" in reason for reason in decided["why"]) == (threads == 1)


@pytest.mark.parametrize(
    ("asked", "prefill", "seen", "profile"),
    [
        ("auto", 53, {}, "full"),
        ("auto", 52, {}, "lean"),
        ("auto", 53, {"full": 150}, "lean"),
        ("auto", 20, {"full": 100}, "full"),
        ("full", 20, {}, "full"),
        ("lean", 500, {}, "lean"),
    ],
)
def test_the_profile_is_lean_by_itself_where_a_first_answer_would_take_minutes(
    plan: Any, asked: str, prefill: float, seen: dict[str, float], profile: str
) -> None:
    decided = plan({"CLAWLAMA_PROFILE": asked}, calibration=calibrated((2, prefill, 10), **seen))
    assert decided["profile"] == profile
    assert any("more than 120: so the lean one" in why for why in decided["why"]) == (
        asked == "auto" and profile == "lean"
    )


def test_the_wait_for_a_first_answer_is_said_as_seen_or_by_the_speed(plan: Any) -> None:
    assert plan()["speed"] is None
    assert plan(calibration=calibrated((2, 210, 60.04)))["speed"]["words"] == (
        "reads 210 and writes 60 tokens a second; a first answer whose beginning is not computed yet takes some 30 s"
    )
    assert plan(calibration=calibrated((2, 210, 60), full=52))["speed"]["cold"] == 52


def test_a_wait_counts_that_a_token_takes_longer_the_more_stand_before_it(plan: Any) -> None:
    reading = {"reading": {"token": 0.005, "depth": 1e-5}}
    slow = plan({"CLAWLAMA_PROFILE": "auto"}, calibration=calibrated((2, 200, 60)) | reading)
    assert slow["profile"] == "lean"
    assert plan(calibration=calibrated((2, 200, 60)) | reading)["speed"]["words"] == (
        "reads 27 and writes 60 tokens a second; a first answer whose beginning is not computed yet takes some 230 s"
    )


@pytest.mark.parametrize(("gib", "model"), [(32, "gpt-oss:20b"), (16, "qwen3:8b"), (8, "qwen3:4b"), (4, "qwen3:0.6b")])
def test_the_largest_model_of_the_table_that_fits_is_taken(plan: Any, gib: int, model: str) -> None:
    assert plan(memory=gib * GIB)["model"] == model


@pytest.mark.parametrize("gib", [8, 16, 32])
def test_the_readmes_table_says_what_make_up_takes(plan: Any, gib: int) -> None:
    limit = int(memory_limit(str(gib * MIB)).removesuffix("m")) * MIB
    decided = plan(memory=gib * GIB, memory_limit=limit)
    row = next(line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith(f"| {gib} GB"))
    assert f"`{decided['model']}`" in row
    assert decided["profile"] == "full"


def test_on_8_gb_the_next_larger_model_fits_with_the_lean_profile(plan: Any) -> None:
    decided = plan(wanted="qwen3:4b", memory=8 * GIB, memory_limit=7 * GIB)
    assert (decided["refusal"], decided["profile"]) == (None, "lean")


def test_a_smaller_model_than_the_default_says_why(plan: Any) -> None:
    assert "gpt-oss:20b needs" in plan(memory=8 * GIB)["why"][0]


def test_a_model_that_cannot_fit_is_refused_with_sizes_and_the_next_best(plan: Any) -> None:
    refusal = plan(wanted="qwen3:14b", memory=24 * GIB, memory_limit=8 * GIB)["refusal"]
    assert refusal.startswith('CLAWLAMA_MODEL="qwen3:14b": needs 1')
    assert "(the container's limit)" in refusal
    assert refusal.endswith("or take qwen3:4b")


def test_an_unknown_model_is_judged_by_the_size_of_its_manifest(plan: Any) -> None:
    sizes = {"somebody/giant:latest": 60 * GIB}
    assert "somebody/giant:latest" in plan(wanted="somebody/giant:latest", sizes=sizes)["refusal"]
    assert plan(wanted="somebody/small:latest", sizes={"somebody/small:latest": GIB})["refusal"] is None


def test_no_model_fits_a_machine_that_is_too_small(plan: Any) -> None:
    assert "no model of the fit table fits" in plan(memory=GIB)["refusal"]


def test_context_is_what_the_memory_limit_holds(plan: Any) -> None:
    wide = plan(wanted="smollm2:latest", measured=[LONG], memory_limit=24 * GIB)
    tight = plan(wanted="smollm2:latest", measured=[LONG], memory_limit=1900 * MIB)
    assert wide["context"] == 131072
    assert 8192 < tight["context"] < 16384
    assert tight["context"] % 1024 == 0
    # 30 layers x 3 heads x (64 + 64) x 2 bytes a token, and 30 % on top of weights and KV
    assert (98362432 + tight["context"] * 23040) * 1.3 <= 500 * MIB
    assert tight["profile"] == "lean"


def test_parallel_requests_share_the_memory(plan: Any) -> None:
    one = plan(wanted="smollm2:latest", measured=[LONG], memory_limit=3 * GIB)
    two = plan({"OLLAMA_NUM_PARALLEL": "2"}, wanted="smollm2:latest", measured=[LONG], memory_limit=3 * GIB)
    assert two["context"] <= one["context"] / 2 + 1024


def test_a_short_context_takes_the_lean_profile_and_says_so(plan: Any) -> None:
    decided = plan(wanted="smollm2:latest", measured=[SMOLLM2])
    assert (decided["context"], decided["profile"]) == (8192, "lean")
    assert any("the full profile needs a context of 16384" in reason for reason in decided["why"])


def test_answers_never_take_more_than_half_of_the_context(plan: Any) -> None:
    [offered] = plan(wanted="smollm2:latest", measured=[SMOLLM2])["models"]
    assert offered["max_tokens"] == 4096


def test_listed_models_are_all_offered_the_first_is_the_assistants(plan: Any) -> None:
    decided = plan(wanted="smollm2:latest\nqwen3:0.6b\nsmollm2:latest\n", measured=[SMOLLM2])
    assert [model["name"] for model in decided["models"]] == ["smollm2:latest", "qwen3:0.6b"]


ELSEWHERE = {"CLAWLAMA_OLLAMA_URL": "http://mac:11434"}


def test_an_ollama_elsewhere_is_asked_for_no_more_than_a_modest_context_and_for_no_threads(plan: Any) -> None:
    made = plan(ELSEWHERE, "smollm2:latest", [LONG], {"smollm2:latest": 98362432}, memory=2 * GIB)
    assert (made["context"], made["threads"], made["refusal"]) == (32768, None, None)
    assert any("CLAWLAMA_CONTEXT_WINDOW sets another" in reason for reason in made["why"])
    asked = plan(
        ELSEWHERE | {"CLAWLAMA_CONTEXT_WINDOW": "65536"}, "smollm2:latest", [LONG], {"smollm2:latest": 98362432}
    )
    assert asked["context"] == 65536


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ({"tiny:latest": 1, "qwen3:4b": 2_600_000_000, "gpt-oss:20b": 13_800_000_000}, "gpt-oss:20b"),
        ({"zephyr:7b": 1, "mistral:7b": 1}, "mistral:7b"),
    ],
)
def test_of_what_is_there_elsewhere_the_tables_largest_is_taken_else_the_first(
    plan: Any, there: dict[str, int], chosen: str
) -> None:
    assert plan(ELSEWHERE, sizes=there)["model"] == chosen


def test_an_ollama_elsewhere_without_a_model_is_refused_with_the_fix(plan: Any) -> None:
    assert "set CLAWLAMA_MODEL" in plan(ELSEWHERE)["refusal"]


def cards(*gigabytes: int) -> list[dict[str, Any]]:
    return [{"name": f"Card {gb}", "vram": gb * GIB, "driver": "580.1", "capability": "8.6"} for gb in gigabytes]


@pytest.mark.parametrize(
    ("gpus", "chosen"),
    [(cards(24), "gpt-oss:20b"), (cards(12), "qwen3:8b"), (cards(8), "qwen3:4b"), (cards(12, 12), "gpt-oss:20b")],
)
def test_on_a_machine_with_cards_the_largest_model_that_they_hold_is_taken(
    plan: Any, gpus: list[dict[str, Any]], chosen: str
) -> None:
    """With 64 GB of memory, into which every one of them would fit."""
    made = plan(memory=64 * GIB, gpus=gpus)
    assert made["model"] == chosen
    assert gpus[0]["name"] in made["why"][0]


def test_a_model_too_large_for_the_card_is_taken_with_a_word_of_what_would_fit(plan: Any) -> None:
    made = plan(wanted="qwen3:14b", memory=64 * GIB, gpus=cards(8))
    assert (made["model"], made["refusal"]) == ("qwen3:14b", None)
    assert "qwen3:14b does not fit the card's 8.6 GB: the CPU computes a part of it; qwen3:4b would fit" in made["why"]


def test_of_a_model_that_nobody_has_measured_yet_it_is_not_said_whether_it_fits_the_card(plan: Any) -> None:
    """Seen on a real H200: a model of 98 MB was said not to fit 150 GB."""
    made = plan(wanted="unheard-of", sizes={"unheard-of:latest": 98_000_000}, memory=64 * GIB, gpus=cards(140))
    assert "card" not in "".join(made["why"])


def test_without_a_card_there_is_not_a_word_of_one(plan: Any) -> None:
    assert "card" not in "".join(plan(wanted="qwen3:14b", memory=64 * GIB, gpus=[])["why"])


@pytest.mark.parametrize(
    ("driver", "capability", "kind"),
    [
        ("580.65.06", "7.5", "cuda_v13"),
        ("580.159.04", "9.0", "cuda_v13"),
        ("570.12", "8.9", "cuda_v12"),
        ("590.1", "6.1", "cuda_v12"),
    ],
)
def test_the_runners_suit_driver_and_card(driver: str, capability: str, kind: str) -> None:
    assert jq.run("gpu.jq", given=json.dumps({"gpus": [{"driver": driver, "capability": capability}]})) == kind
