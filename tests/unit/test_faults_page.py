"""docs/faults.md: what a part of the tests adds to it, and what only all of them take away."""

from __future__ import annotations

from tests.conftest import Row, merged

ONE, TWO, THREE = ("one", "is mended", "3"), ("two", "is refused", "–"), ("three", "goes on", "12")  # noqa: RUF001


def test_a_part_of_the_tests_adds_its_rows_and_renews_those_it_has() -> None:
    renewed: Row = ("one", "is mended", "5")
    assert merged([ONE, TWO], [renewed, THREE], known=None) == [renewed, TWO, THREE]


def test_all_of_them_put_rows_in_order_and_drop_those_of_no_test() -> None:
    gone: Row = ("gone", "was mended", "3")
    assert merged([gone, ONE, THREE], [TWO], known=[TWO[:2], ONE[:2], THREE[:2]]) == [TWO, ONE, THREE]
