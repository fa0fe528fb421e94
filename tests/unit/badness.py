"""Every way in which a value can be bad, crossed with every setting that it applies to. Data: new settings join in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from roles.settings import (
    ADDRESS,
    CPUS,
    DIRECTORY,
    FILE,
    FINGERPRINT,
    IMAGE,
    LISTEN,
    MEMORY,
    MODEL,
    MODELS,
    OLLAMA,
    REPOSITORY,
    SETTINGS,
    TELEGRAM_TOKEN,
    THREADS,
    URL,
    VERSION,
    VOLUME,
    Rule,
    Setting,
)

# A good value of the setting with a fault in it: {good}, its first character {head}, the others {tail}.
FAULTS: Mapping[str, str] = {
    "only a blank": " ",
    "leading blank": " {good}",
    "trailing blank": "{good} ",
    "blank inside": "{head} {tail}",
    "trailing tab": "{good}\t",
    "no-break space": "{good}\u00a0",
    "leading newline": "\n{good}",
    "newline inside": "{head}\n{tail}",
    "trailing newline": "{good}\n",
    "newline and another setting": "{good}\nCLAWLAMA_EXEC_ASK=off",
    "a line before": "x y\n{good}",
    "carriage return inside": "{head}\r{tail}x",
    "two carriage returns": "{good}\r\r",
    "line separator": "{good}\u2028",
    "double quotes": '"{good}"',
    "single quotes": "'{good}'",
    "quote left open": '"{good}',
    "single quote inside": "{head}'{tail}",
    "command substitution": "$(touch canary)",
    "command substitution behind": "{good}$(touch canary)",
    "backticks": "`touch canary`",
    "backticks behind": "{good}`touch canary`",
    "variable": "${HOME}",
    "variable behind": "{good}$HOME",
    "second command": "{good};touch canary",
    "second command if good": "{good}&&touch canary",
    "pipe": "{good}|touch canary",
    "redirection": "{good}>canary",
    "glob": "{head}*",
    "backslash": "{head}\\{tail}",
    "home": "~{good}",
    "comment": "{good} # a comment",
    "percent": "%s{good}%n",
    "braces": "{{good}}",
    "bell": "{good}\x07",
    "escape sequence": "\x1b[31m{good}\x1b[0m",
    "delete": "{good}\x7f",
    "lowest control character": "\x01{good}",
    "byte order mark": "\ufeff{good}",
    "zero-width space": "{head}\u200b{tail}",
    "combining accent": "{good}\u0301",
    "right-to-left override": "\u202e{good}",
    "emoji": "{good}\U0001f600",
    "replacement character": "{good}\ufffd",
    "byte that is no UTF-8": "{head}\udcff{tail}",
    "bytes that are no UTF-8": "\udcff\udcfe",
    "UTF-8 cut short": "{good}\udce2\udc82",
    "leading dash": "-{good}",
    "an option": "--help",
    "up the tree": "../../etc/passwd",
    "up the tree behind": "{good}/../../etc/passwd",
    "double slash": "//{good}",
    "trailing double slash": "{good}//",
    "a dot": ".",
    "two dots": "..",
    "a slash": "/",
    "the setting again": "NAME={good}",
    "JSON": '["{good}"]',
    "markup": "<{good}>",
    "as long as is shown": "!" * 60,
    "longer than is shown": "!" * 61,
}

LOOK_ALIKES: Mapping[str, Mapping[int, str | int]] = {
    "Cyrillic": str.maketrans("aceopxyiABEHKMOPTX", "асеорхуіАВЕНКМОРТХ"),  # noqa: RUF001
    "fullwidth digits": str.maketrans("0123456789", "０１２３４５６７８９"),  # noqa: RUF001
    "Arabic digits": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
}

# What is wrong for a rule of its own shape; numbers and choices get theirs from their bounds and choices.
MODEL_FAULTS = {
    "empty tag": "qwen3:",
    "two tags": "qwen3:4b:8b",
    "no name": ":4b",
    "trailing slash": "library/",
    "leading slash": "/qwen3:4b",
    "address of a page": "https://ollama.com/library/qwen3",
    "port out of bounds": "registry:65536/qwen3",
    "digest": "qwen3@sha256:" + "0" * 64,
    "leading dot": ".qwen3",
}
PATH_FAULTS = {
    "relative": "models/model.gguf",
    "relative to here": "./models",
    "up and down": "/models/../etc/passwd",
    "up at the end": "/models/..",
    "here inside": "/models/./model.gguf",
    "double slash inside": "/models//model.gguf",
    "trailing slash": "/models/",
    "home of a user": "~/models",
    "address of a file": "file:///models/model.gguf",
    "windows": "C:\\models\\model.gguf",
    "blank in a name": "/my models/model.gguf",
    "colon": "/models:/etc",
    "comma": "/models,ro",
}
OWN_FAULTS: Mapping[Rule, Mapping[str, str]] = {
    MODEL: MODEL_FAULTS,
    MODELS: MODEL_FAULTS
    | {
        "empty item": "qwen3:4b,,qwen3:1.7b",
        "empty first item": ",qwen3:4b",
        "empty last item": "qwen3:4b,",
        "nothing but a comma": ",",
        "blank behind a comma": "qwen3:4b, qwen3:1.7b",
        "semicolons": "qwen3:4b;qwen3:1.7b",
        "a list in YAML": "- qwen3:4b",
        "a bad second item": "qwen3:4b,-rf",
        "a newline between items": "qwen3:4b\nqwen3:1.7b",
    },
    FILE: PATH_FAULTS,
    DIRECTORY: PATH_FAULTS,
    REPOSITORY: PATH_FAULTS
    | {
        "another scheme": "ftp:host:/backups",
        "a scheme alone": "sftp:",
        "capitals": "SFTP:host:/backups",
        "a query": "rest:https://example.org/?a=b",
        "a blank behind the scheme": "rest: https://example.org/",
        "two slashes and no scheme": "//host/backups",
    },
    VOLUME: PATH_FAULTS | {"one letter": "d", "leading dot": ".data", "leading underscore": "_data"},
    ADDRESS: {
        "octet above": "256.0.0.1",
        "three octets": "127.0.1",
        "five octets": "127.0.0.0.1",
        "leading zero": "127.0.0.01",
        "a name": "localhost",
        "version 6": "::1",
        "with a port": "127.0.0.1:80",
        "a network": "192.168.1.0/24",
        "a number": "2130706433",
        "negative octet": "127.0.0.-1",
    },
    LISTEN: {
        "no port": "0.0.0.0",
        "no address": ":11434",
        "port zero": "0.0.0.0:0",
        "port above": "0.0.0.0:65536",
        "port with zeros": "0.0.0.0:011434",
        "port in words": "0.0.0.0:http",
        "a name": "localhost:11434",
        "octet above": "0.0.0.256:11434",
        "version 6": "[::]:11434",
        "a scheme": "http://0.0.0.0:11434",
        "a path": "0.0.0.0:11434/",
        "two ports": "0.0.0.0:11434:11435",
    },
    THREADS: {"below": "0", "above": "1000", "wrong case": "AUTO", "a fraction": "1.5", "signed": "+2", "all": "all"},
    TELEGRAM_TOKEN: {
        "no colon": "123456789" + "A" * 35,
        "too short": "123456789:AAA",
        "no number": "bot:" + "A" * 35,
        "as in the address": "bot123456789:" + "A" * 35,
        "the example": "123456789:AA...",
    },
    IMAGE: {
        "capitals": "ClawLama:latest",
        "empty tag": "clawlama:",
        "two tags": "clawlama:a:b",
        "a scheme": "https://docker.io/clawlama",
        "trailing slash": "docker.io/",
        "double slash inside": "docker.io//clawlama",
        "up the tree inside": "docker.io/../clawlama",
        "a digest too short": "clawlama@sha256:1234",
        "port out of bounds": "localhost:65536/clawlama",
        "leading separator": "_clawlama",
        "trailing separator": "clawlama-",
    },
    URL: {
        "no scheme": "example.org/mirror",
        "another scheme": "ftp://example.org",
        "a file": "file:///etc/passwd",
        "a script": "javascript:alert(1)",
        "no host": "https://",
        "no host but a path": "https:///mirror",
        "port out of bounds": "https://example.org:65536/",
        "a query": "https://example.org/?a=b",
        "a fragment": "https://example.org/#a",
        "capitals": "HTTPS://example.org",
        "one slash": "https:/example.org",
    },
    OLLAMA: {
        "no scheme": "mac:11434",
        "https, which Ollama does not speak": "https://mac:11434",
        "no port": "http://mac",
        "no host": "http://:11434",
        "port out of bounds": "http://mac:65536",
        "a path": "http://mac:11434/api",
        "a slash at the end": "http://mac:11434/",
        "a user": "http://me@mac:11434",
    },
    FINGERPRINT: {
        "a short id": "2F59B5F99B1BE0B4",
        "small letters": "6f71f525282841eedaf851b42f59b5f99b1be0b4",
        "in groups": "6F71 F525 2828 41EE DAF8 51B4 2F59 B5F9 9B1B E0B4",
        "no hexadecimal": "G" * 40,
        "one too many": "A" * 41,
    },
    VERSION: {
        "a word": "latest",
        "a v in front": "v1.2.3",
        "two parts": "1.2",
        "four parts": "1.2.3.4",
        "a range": "^1.2.3",
        "a bound": ">=1.2.3",
        "a wildcard": "1.2.x",
        "an empty part": "1..3",
        "nothing behind the dash": "1.2.3-",
    },
    MEMORY: {
        "no unit": "6",
        "zero": "0g",
        "two letters": "6gb",
        "capital": "6G",
        "a fraction": "1.5g",
        "another unit": "6t",
        "negative": "-6g",
        "per cent": "50%",
        "a comma": "6,5g",
        "only a unit": "g",
    },
    CPUS: {
        "zero": "0",
        "zero with a fraction": "0.00",
        "negative": "-1",
        "a comma": "1,5",
        "a word": "all",
        "three decimals": "1.555",
        "no whole part": ".5",
        "no fraction": "1.",
        "above": "1000",
        "per cent": "50%",
    },
}

# The first that a setting accepts is its good value.
GOOD_VALUES = ("123456789:" + "Ab_-5" * 7,)


@dataclass(frozen=True)
class Case:
    setting: Setting
    badness: str
    value: str

    def __str__(self) -> str:
        return f"{self.setting.name}: {self.badness}: {self.value[:80]!r}"


def good_value(setting: Setting) -> str:
    candidates = (setting.default, setting.rule.example, *GOOD_VALUES)
    return next(value for value in candidates if value and setting.rule.accepts(value))


def cases(setting: Setting) -> Iterator[Case]:
    """Each value once, under the first class that has it."""
    seen: set[str] = set()
    for badness, value in _bad_values(setting):
        if value not in seen:
            seen.add(value)
            yield Case(setting, badness, value)


def _bad_values(setting: Setting) -> Iterator[tuple[str, str]]:
    good, rule = good_value(setting), setting.rule
    for badness, fault in FAULTS.items():
        yield badness, fault.replace("{good}", good).replace("{head}", good[:1]).replace("{tail}", good[1:])
    for badness, table in LOOK_ALIKES.items():
        if good.translate(table) != good:
            yield f"look-alike: {badness}", good.translate(table)
    yield "one too long", good + good[-1] * (rule.longest + 1 - len(good))
    yield "wrong where it must end", (good * rule.longest)[: rule.longest - 1] + "!"
    yield "100 kB", (good * 100_000)[:100_000]
    yield "100 kB of no ASCII", "м" * 50_000
    if rule.minimum is not None and rule.maximum is not None:
        yield from _bad_numbers(rule.minimum, rule.maximum, good)
    if choices(rule):
        yield from _bad_choices(choices(rule))
    yield from OWN_FAULTS.get(rule, {}).items()


def choices(rule: Rule) -> list[str]:
    """The words of a rule that lists them, else none."""
    words = rule.pattern.split("|")
    return words if len(words) > 1 and all(re.fullmatch("[a-z0-9_-]+", word) for word in words) else []


def _bad_numbers(minimum: int, maximum: int, good: str) -> Iterator[tuple[str, str]]:
    yield "below", str(minimum - 1)
    yield "above", str(maximum + 1)
    yield "far above", "9" * 20
    yield "negative", f"-{good}"
    yield "signed", f"+{good}"
    yield "fraction", f"{good}.5"
    yield "fraction of zero", f"{good}.0"
    yield "exponent", "1e4"
    yield "hexadecimal", "0x1000"
    yield "octal", f"0{good}"
    yield "underscore", "16_384"
    yield "thousands", "16,384"
    yield "unit", f"{good}k"
    yield "a word", "many"
    yield "no number", "NaN"
    yield "infinity", "Infinity"
    yield "truth", "true"
    yield "nothing in YAML", "null"


def _bad_choices(words: list[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        yield "wrong case", word.upper()
        yield "capital", word.capitalize()
        yield "cut short", word[:-1]
    yield "two of them", ",".join(words)
    yield "their pattern", "|".join(words)
    yield "none of them", "other"
    yield "number", "1"
    yield "yes", "yes"


CASES: tuple[Case, ...] = tuple(case for setting in SETTINGS for case in cases(setting))
