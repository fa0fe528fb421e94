"""Whatever comes in, hypothesis' inventions too: a value is taken, or refused in one line. Nothing crashes or runs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roles.errors import UserMistake
from roles.settings import BY_NAME, SETTINGS, Settings, dotenv, nearest, settings_from
from tests.unit import badness
from tests.unit.container import jq, shell

pytestmark = pytest.mark.large
# As many as the profile says (tests/conftest.py). A folder may serve for all examples: what settings.sh leaves there
# does not change what it says.
EXAMPLES = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
# For lists of at least this many.
AT_ONCE = 30
IN_LISTS = settings(EXAMPLES, max_examples=EXAMPLES.max_examples // AT_ONCE + 1)
IN_CONTAINER = [setting for setting in SETTINGS if setting.scope == "container"]
NOT_IN_CONTAINER = {setting.name for setting in SETTINGS if setting.scope != "container"}


def as_read(text: str) -> str:
    """As Python has it from the kernel: bytes that make a letter together are that letter."""
    return os.fsdecode(os.fsencode(text))


# What a value may do harm with.
NASTY = [
    *"'\"`$\\\n\r \t;&|><*-#,=:/",
    "..",
    *("$(touch canary)", "`touch canary`", "';touch canary;'", '";touch canary;"', "\\(env)", "${IFS}", "%s"),
    *("\x01", "\x7f", "\u0430", "\uff11", "\u0661", "\u2028", "\ufeff", "\ufffd", "\U0001f600", "\udcff", "\udce2"),
]
# Names that the scripts or their tools use for themselves. (dash itself cannot begin with an OPTIND that is no number.)
TAKEN = ["mistakes", "settings", "secret", "secret_file", "STAGE", "PERMANENT", "SETTINGS", "RUN", "DATA", "OWN", "LIB"]
TAKEN += ["IFS", "ENV", "PS4", "LC_ALL", "LANG", "HOME", "POSIXLY_CORRECT", "fail_code"]

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.integers(0xDC80, 0xDCFF).map(chr)
arbitrary_text = st.text(characters)
arbitrary_name = st.text(characters.filter(lambda character: character != "="), min_size=1)
good_values = st.sampled_from([badness.good_value(setting) for setting in SETTINGS])
# Of letters that the rules allow: now good, now almost good.
likely = st.text("aAgm01259.:/,_-@+~%", max_size=16)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    value = draw(good_values)
    for piece in draw(st.lists(st.sampled_from(NASTY) | st.text("aA0-./:,", max_size=3), min_size=1, max_size=3)):
        at, taken = draw(st.integers(0, len(value))), draw(st.integers(0, 2))
        value = value[:at] + piece + value[at + taken :]
    return value * draw(st.sampled_from([1] * 8 + [2, 100]))


texts = st.one_of(arbitrary_text, good_values, likely, mutated()).map(as_read)
misspelt = st.one_of(
    arbitrary_name.map("CLAWLAMA_{}".format),
    st.builds("{}{}".format, st.sampled_from([name[:-1] for name in BY_NAME]), arbitrary_name),
    st.builds("CLAWLAMA_{}{}".format, arbitrary_name, st.sampled_from([name[9:] for name in BY_NAME])),
).map(as_read)
names = st.one_of(
    st.sampled_from(list(BY_NAME)), st.sampled_from([name.lower() for name in BY_NAME]), misspelt, arbitrary_name
).map(as_read)
no_texts = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.binary(), st.dates(), st.decimals()),
    st.sampled_from([object(), ..., print, str, Path("/a/b"), NotImplemented]),
)
data = st.recursive(
    texts | no_texts | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner) | st.frozensets(st.text()),
    max_leaves=8,
)


def complaint(given_data: Mapping[Any, object]) -> str:
    return complaint_of(lambda: settings_from(given_data))


def complaint_of(read: Callable[[], Settings]) -> str:
    """Empty for what is taken; fails for anything but one printable line."""
    try:
        read()
    except UserMistake as mistake:
        said = str(mistake)
    else:
        said = ""
    assert re.fullmatch("[ -~]{0,400}", said)
    return said


@EXAMPLES
@given(st.dictionaries(names | st.none() | st.integers() | st.tuples(), data, max_size=4))
def test_any_data_are_taken_or_refused_in_one_line(given_data: dict[Any, object]) -> None:
    complaint(given_data)


@EXAMPLES
@given(st.lists(st.binary(max_size=40) | st.builds("{}={}".format, names, texts).map(os.fsencode)))
def test_any_env_file_is_read_or_refused_in_one_line(lines: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / ".env"
        path.write_bytes(b"\n".join(lines))
        complaint_of(lambda: settings_from(dotenv(path)))


@EXAMPLES
@given(names | st.text(max_size=10_000))
def test_any_name_has_a_nearest_one_or_none(name: str) -> None:
    assert nearest(name) in {*BY_NAME, None}


@IN_LISTS
@given(st.lists(st.tuples(st.sampled_from(IN_CONTAINER).map(lambda setting: setting.name), texts), min_size=AT_ONCE))
def test_both_halves_say_the_same_of_any_value(pairs: list[tuple[str, str]]) -> None:
    verdicts = jq.verdicts({name: value} for name, value in pairs)
    for (name, value), verdict in zip(pairs, verdicts, strict=True):
        said = complaint({name: value})
        assert verdict["mistakes"] == ([said] if said else [])
        if not said:
            taken = {**verdict["settings"], **verdict["secrets"]}[name]
            assert taken == str(getattr(settings_from({name: value}), name.lower()))


@IN_LISTS
@given(st.lists(misspelt.filter(lambda name: name not in BY_NAME), min_size=AT_ONCE))
def test_both_halves_say_the_same_of_any_unknown_name(unknown: list[str]) -> None:
    verdicts = jq.verdicts({name: "x"} for name in unknown)
    for name, verdict in zip(unknown, verdicts, strict=True):
        assert verdict["mistakes"] == ([complaint({name: "x"})] if name.startswith("CLAWLAMA_") else [])


@EXAMPLES
@given(environment=st.dictionaries(names | st.sampled_from(TAKEN), texts, max_size=5))
def test_settings_sh_takes_any_environment_or_refuses_it_in_lines_and_runs_none_of_it(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """The real script: as Python decides, in the same words, and each setting is then as Python has it."""
    asked = [setting.name for setting in IN_CONTAINER if not setting.secret]
    raw = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
    outcome = shell.validate(raw, asked, tmp_path)
    assert not list((tmp_path / "here").iterdir())
    ours = {
        name: value
        for name, value in environment.items()
        if (name.startswith("CLAWLAMA_") or name in BY_NAME) and name not in NOT_IN_CONTAINER
    }
    wrong = {said for name, value in ours.items() if (said := complaint({name: value}))}
    if wrong:
        assert (outcome.code, set(outcome.complaints)) == (78, wrong)
        return
    expected = settings_from(ours)
    if expected.clawlama_telegram_bot_token_file:
        # A file that Python does not see: it is not there.
        assert (outcome.code, len(outcome.complaints)) == (78, 1)
        return
    assert (outcome.code, outcome.complaints) == (0, [])
    assert outcome.values == {name: str(getattr(expected, name.lower())) for name in asked}
    assert outcome.token == expected.clawlama_telegram_bot_token
