"""Who is next, and when it halts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roles.errors import UserMistake
from rollout.plan import Member, Outcome, batches, halts, left, not_well, without

SITES = [Member("berlin-1", ("berlin",)), Member("berlin-2", ("berlin",)), Member("rome-1", ("rome", "canary"))]
names = st.lists(st.text("abcdef", min_size=1, max_size=3), min_size=1, max_size=60, unique=True)


@pytest.mark.parametrize(
    ("canaries", "first"),
    [
        ([], ("rome-1",)),
        (["berlin"], ("berlin-1", "berlin-2")),
        (["berlin-2"], ("berlin-2",)),
        (["rome-1", "berlin-2"], ("berlin-2", "rome-1")),
    ],
)
def test_the_canaries_go_first(canaries: list[str], first: tuple[str, ...]) -> None:
    assert batches(SITES, canaries, "1")[0] == first


def test_the_first_host_is_the_canary_where_nobody_named_one() -> None:
    assert batches(SITES[:2], [], "1") == (("berlin-1",), ("berlin-2",))


@given(names, st.integers(1, 70).map(str) | st.integers(1, 100).map("{}%".format))
def test_every_host_comes_once_in_the_inventorys_order(hosts: list[str], batch: str) -> None:
    planned = batches([Member(name, ()) for name in hosts], [], batch)
    assert [host for group in planned for host in group] == hosts
    assert all(planned)


@pytest.mark.parametrize(
    ("batch", "sizes"), [("2", [1, 2, 2, 2, 2]), ("25%", [1, 2, 2, 2, 2]), ("100%", [1, 8]), ("1%", [1] + 8 * [1])]
)
def test_a_batch_is_a_number_of_hosts_or_a_share_of_them(batch: str, sizes: list[int]) -> None:
    planned = batches([Member(f"host-{number}", ()) for number in range(9)], [], batch)
    assert [len(group) for group in planned] == sizes


@pytest.mark.parametrize("batch", ["0", "0%", "101%", "-1", "", "many", "5.5", "5 %"])
def test_no_other_batch_is_taken(batch: str) -> None:
    with pytest.raises(UserMistake, match="--batch"):
        batches(SITES, [], batch)


@pytest.mark.parametrize("skipped", [["paris"], ["berlin-1", "berlin-2", "rome-1"]])
def test_a_host_that_nobody_knows_is_not_skipped_and_one_has_to_be_left(skipped: list[str]) -> None:
    with pytest.raises(UserMistake, match="--skip"):
        without(SITES, skipped)


def test_a_canary_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UserMistake, match="paris"):
        batches(SITES, ["paris"], "1")


@pytest.mark.parametrize(("most", "halted"), [(0, True), (1, True), (2, False)])
def test_it_halts_above_the_most_that_may_fail(most: int, halted: bool) -> None:
    broken = Outcome(reason="broken")
    assert halts({"a": broken, "b": Outcome(), "c": broken}, most) is halted


def test_what_is_done_is_not_touched_again() -> None:
    assert left([["a"], ["b", "c"], ["d"]], ["a", "c"]) == (("b",), ("d",))


def test_a_canary_that_does_not_stay_ready_is_noticed_and_so_is_a_silent_one() -> None:
    rows = {"a": {"state": "ready"}, "b": {"state": "failed"}}
    assert {host: outcome.reason for host, outcome in not_well(rows, ["a", "b", "c"]).items()} == {
        "b": "was proven, and is failed now",
        "c": "was proven, and is not reached now",
    }
