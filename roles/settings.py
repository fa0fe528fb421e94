"""Every setting of ClawLama, declared once.

A pyinfra datum ``clawlama_model``, the variable ``CLAWLAMA_MODEL`` and a line of ``.env`` are the same setting.
``python -m roles.settings`` writes what derives from this page, ``--check`` compares it:
``container/.env.example``, the README's table, and ``settings.json``, over which the container validates its own
environment with the same rules in the same words (rootfs/usr/local/lib/clawlama/settings.jq).

A file in DOS line ends works: both halves drop one carriage return from the end of a value.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict

from roles.errors import UserMistake, plain

Scope = Literal["container", "build", "host"]
SCOPES: tuple[Scope, ...] = ("container", "build", "host")
PREFIXES = ("clawlama_", "ollama_")
SIMILAR_ENOUGH = 0.5
HIDDEN = "(hidden)"
BLANKS = " \t"
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Rule:
    """What a value must look like. ``pattern`` must mean the same to Python's ``re`` and to jq's Oniguruma."""

    words: str
    pattern: str
    example: str
    minimum: int | None = None
    maximum: int | None = None
    longest: int = 512

    def accepts(self, value: str) -> bool:
        """True where the whole value matches; length in characters, numbers within the bounds, both inclusive."""
        if len(value) > self.longest or not re.fullmatch(self.pattern, value):
            return False
        return self.minimum is None or self.maximum is None or self.minimum <= int(value) <= self.maximum


def whole_number(minimum: int, maximum: int, example: int) -> Rule:
    return Rule(
        f"must be a whole number from {minimum} to {maximum}", "[1-9][0-9]{0,8}", str(example), minimum, maximum
    )


def one_of(*choices: str) -> Rule:
    return Rule(f"must be one of {', '.join(choices)}", "|".join(choices), choices[0])


_PORT = "(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_HOST = "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_WORD = "[A-Za-z0-9_][A-Za-z0-9._-]*"
_MODEL = f"(?:{_HOST}(?::{_PORT})?/)?(?:{_WORD}/)?{_WORD}(?::{_WORD})?"
_PATH = "(?:/[.]?[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*)+"
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ADDRESS = f"{_BYTE}(?:[.]{_BYTE}){{3}}"
_COMPONENT = "[a-z0-9]+(?:(?:[.]|__?|-+)[a-z0-9]+)*"
_IMAGE = (
    f"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::{_PORT})?/)?{_COMPONENT}(?:/{_COMPONENT})*"
    "(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_USER = "[A-Za-z0-9._~%+-]+(?::[A-Za-z0-9._~%+-]*)?@"

MODEL = Rule("must be a model name such as qwen3:4b", _MODEL, "qwen3:4b", longest=200)
MODELS = Rule("must be model names separated by commas", f"{_MODEL}(?:,{_MODEL})*", "qwen3:4b,qwen3:1.7b", longest=2000)
FILE = Rule("must be an absolute path of letters, digits and ._@+-", _PATH, "/models/model.gguf")
DIRECTORY = Rule("must be an absolute path of letters, digits and ._@+-", _PATH, "/opt/clawlama")
VOLUME = Rule(
    "must be a volume's name or an absolute path",
    f"[A-Za-z0-9][A-Za-z0-9_.-]{{1,127}}|{_PATH}",
    "clawlama-data",
)
ADDRESS = Rule("must be an IPv4 address", _ADDRESS, "127.0.0.1")
OLLAMA = Rule("must be an http address with a port", f"http://{_HOST}:{_PORT}", "http://host.docker.internal:11434")
LISTEN = Rule("must be an IPv4 address and a port", f"{_ADDRESS}:{_PORT}", "127.0.0.1:11434")
PORT = whole_number(1024, 65535, 18789)
THREADS = Rule("must be auto or a whole number from 1 to 999", "auto|[1-9][0-9]{0,2}", "auto")
SWITCH = one_of("false", "true")
TELEGRAM_TOKEN = Rule(
    "must be a bot's token as @BotFather gives it", "[0-9]{6,12}:[A-Za-z0-9_-]{30,64}", "123456789:AA..."
)
IMAGE = Rule("must be an image reference in lower case", _IMAGE, "clawlama:latest", longest=255)
URL = Rule(
    "must be an http or https address",
    f"https?://(?:{_USER})?{_HOST}(?::{_PORT})?(?:/[.]?[A-Za-z0-9_~:@%+-][A-Za-z0-9._~:@%+-]*)*/?",
    "https://example.org/mirror",
)
OLLAMA_RELEASES = "https://github.com/ollama/ollama/releases"
NODESOURCE_KEY = "6F71F525282841EEDAF851B42F59B5F99B1BE0B4"
FINGERPRINT = Rule("must be a key's fingerprint, 40 digits of 0-9 and A-F", "[0-9A-F]{40}", NODESOURCE_KEY)
VERSION = Rule("must be a version such as 1.2.3", "[0-9]{1,4}[.][0-9]{1,3}[.][0-9]{1,3}(?:-[0-9A-Za-z.]+)?", "1.2.3")
MEMORY = Rule("must be a size in m or g", "[1-9][0-9]{0,5}[mg]", "6g")
REPOSITORY = Rule(
    "must be an absolute path, or a repository as restic names it (sftp:, s3:, rest:, b2:)",
    f"{_PATH}|(?:sftp|s3|rest|b2):[A-Za-z0-9._~:/@%+-]+",
    "/var/backups/clawlama",
)
CPUS = Rule("must be a number of CPUs", "0[.](?:0[1-9]|[1-9][0-9]?)|[1-9][0-9]{0,2}(?:[.][0-9]{1,2})?", "1.5")


@dataclass(frozen=True)
class Declared:
    """What a setting's type does not say: its rule, its scope, whether it is a secret, and what it does."""

    rule: Rule
    scope: Scope
    doc: str
    secret: bool = False


class Settings(BaseModel):
    """All settings, validated. An empty string stands for "not set"; ``auto`` for "the container decides"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clawlama_model: Annotated[
        str, Declared(MODEL, "container", "The model. Empty: the largest of the fit table that fits this machine.")
    ] = ""
    clawlama_models: Annotated[
        str, Declared(MODELS, "container", "More models, comma-separated: all are pulled and offered.")
    ] = ""
    clawlama_model_file: Annotated[
        str, Declared(FILE, "container", "A GGUF file, mounted into the container: no network is needed then.")
    ] = ""
    clawlama_profile: Annotated[
        str,
        Declared(
            one_of("full", "lean", "auto"),
            "container",
            "`full`: all tools. `lean`: four tools, half the prompt. `auto`: `lean` on slow machines.",
        ),
    ] = "full"
    clawlama_warm_up: Annotated[
        str,
        Declared(SWITCH, "container", "`true`: what all conversations begin with is computed before the first one."),
    ] = "true"
    clawlama_context_window: Annotated[
        int,
        Declared(
            whole_number(4096, 1048576, 16384), "container", "Ceiling of the context, in tokens; what fits is used."
        ),
    ] = 131072
    clawlama_max_tokens: Annotated[
        int, Declared(whole_number(16, 131072, 8192), "container", "The longest answer, in tokens.")
    ] = 8192
    clawlama_max_concurrent: Annotated[int, Declared(whole_number(1, 64, 4), "container", "Agent turns at a time.")] = 4
    clawlama_subagent_concurrent: Annotated[
        int, Declared(whole_number(1, 64, 8), "container", "Sub-agents at a time.")
    ] = 8
    clawlama_openclaw_port: Annotated[
        int, Declared(PORT, "container", "The port of chat and API, the same inside and outside.")
    ] = 18789
    clawlama_publish_address: Annotated[
        str, Declared(ADDRESS, "container", "The host's address that the port is published on.")
    ] = "127.0.0.1"
    clawlama_exec_ask: Annotated[
        str,
        Declared(one_of("off", "on-miss", "always"), "container", "Whether the agent asks before it runs a command."),
    ] = "off"
    clawlama_telegram_bot_token: Annotated[
        str, Declared(TELEGRAM_TOKEN, "container", "Chat through this Telegram bot.", secret=True)
    ] = ""
    clawlama_telegram_bot_token_file: Annotated[
        str, Declared(FILE, "container", "A file in the container with that token.")
    ] = ""
    clawlama_gateway_token_file: Annotated[
        str, Declared(FILE, "container", "A file in the container with the gateway's token. Empty: one is made.")
    ] = ""
    clawlama_demonstration: Annotated[
        str, Declared(SWITCH, "container", "`true`: the model file is only a demonstration, and is called one.")
    ] = "false"
    clawlama_registry_insecure: Annotated[
        str, Declared(SWITCH, "container", "`true`: models may come from a registry over plain http.")
    ] = "false"
    ollama_num_threads: Annotated[
        str, Declared(THREADS, "container", "Threads of the model. `auto`: what suits cores and CPU quota.")
    ] = "auto"
    ollama_num_parallel: Annotated[
        int, Declared(whole_number(1, 16, 1), "container", "Requests a model answers at a time; multiplies its memory.")
    ] = 1
    ollama_max_loaded_models: Annotated[
        int, Declared(whole_number(1, 16, 1), "container", "Models in memory at a time.")
    ] = 1
    ollama_kv_cache_type: Annotated[
        str,
        Declared(
            one_of("f16", "q8_0"), "container", "What a model keeps of its context: `q8_0` takes about half the memory."
        ),
    ] = "f16"
    ollama_host: Annotated[str, Declared(LISTEN, "container", "Where Ollama listens in the container.")] = (
        "127.0.0.1:11434"
    )

    clawlama_ollama_url: Annotated[
        str,
        Declared(
            OLLAMA, "container", "An Ollama outside the container, such as a Mac's own; none is started inside then."
        ),
    ] = ""
    clawlama_gpu_upstream: Annotated[
        str,
        Declared(
            URL, "container", "Where Ollama's part for NVIDIA cards comes from: its releases, or a mirror of them."
        ),
    ] = OLLAMA_RELEASES

    clawlama_sources: Annotated[
        str,
        Declared(
            one_of("auto", "upstream", "registries"),
            "build",
            "Where Node and Ollama come from; `auto`: upstream where it answers.",
        ),
    ] = "auto"
    clawlama_node_version: Annotated[str, Declared(VERSION, "build", "Pins Node. Empty: newest that fits.")] = ""
    clawlama_ollama_version: Annotated[str, Declared(VERSION, "build", "Pins Ollama. Empty: newest.")] = ""
    clawlama_openclaw_version: Annotated[str, Declared(VERSION, "build", "Pins OpenClaw. Empty: newest.")] = ""
    clawlama_base: Annotated[
        str, Declared(IMAGE, "build", "The base image; made with mmdebstrap where it cannot be pulled.")
    ] = "debian:bookworm-slim"
    clawlama_node_upstream: Annotated[str, Declared(URL, "build", "NodeSource's repository, or a mirror of it.")] = (
        "https://deb.nodesource.com"
    )
    clawlama_node_upstream_key: Annotated[
        str, Declared(FINGERPRINT, "build", "Fingerprint of the key that signs it.")
    ] = NODESOURCE_KEY
    clawlama_ollama_upstream: Annotated[str, Declared(URL, "build", "Ollama's releases, or a mirror of them.")] = (
        OLLAMA_RELEASES
    )

    clawlama_docker_source: Annotated[
        str,
        Declared(
            one_of("auto", "upstream", "distribution"),
            "host",
            "Where Docker comes from, if it is missing; `auto`: its own repository where that answers.",
        ),
    ] = "auto"
    clawlama_docker_upstream: Annotated[str, Declared(URL, "host", "Docker's own repository, or a mirror of it.")] = (
        "https://download.docker.com"
    )
    clawlama_docker_upstream_key: Annotated[
        str, Declared(FINGERPRINT, "host", "Fingerprint of the key that signs it. Empty: Docker's.")
    ] = ""
    clawlama_nvidia_upstream: Annotated[
        str, Declared(URL, "host", "NVIDIA's repository of the Container Toolkit, or a mirror of it.")
    ] = "https://nvidia.github.io/libnvidia-container"
    clawlama_nvidia_upstream_key: Annotated[
        str, Declared(FINGERPRINT, "host", "Fingerprint of the key that signs it. Empty: NVIDIA's.")
    ] = ""
    clawlama_image: Annotated[str, Declared(IMAGE, "host", "The image's name.")] = (
        "docker.io/casjaysdevdocker/clawlama:latest"
    )
    clawlama_image_source: Annotated[
        str,
        Declared(
            one_of("build", "controller", "pull"),
            "host",
            "`build`: on the host. `controller`: once, where pyinfra runs, then handed over. `pull`: from a registry.",
        ),
    ] = "build"
    clawlama_mirror: Annotated[
        str,
        Declared(
            one_of("auto", "off"),
            "host",
            "`auto`: hosts behind ssh take layers and models from a registry where pyinfra runs, if that has one.",
        ),
    ] = "auto"
    clawlama_data: Annotated[
        str, Declared(VOLUME, "host", "The volume, or a directory of the host, that holds everything.")
    ] = "clawlama-data"
    clawlama_directory: Annotated[
        str, Declared(DIRECTORY, "host", "Where the provisioner keeps its files on the host.")
    ] = "/opt/clawlama"
    clawlama_memory_limit: Annotated[
        str, Declared(MEMORY, "host", "The container's memory. Empty: all but what the host needs.")
    ] = ""
    clawlama_cpus: Annotated[str, Declared(CPUS, "host", "The container's CPUs. Empty: all.")] = ""
    clawlama_model_file_host: Annotated[
        str, Declared(FILE, "host", "A GGUF file on the host, to be mounted as CLAWLAMA_MODEL_FILE.")
    ] = ""
    clawlama_demo_model: Annotated[
        str, Declared(SWITCH, "host", "`true`: a demonstration model where no model registry answers.")
    ] = "false"
    clawlama_backup_repository: Annotated[
        str, Declared(REPOSITORY, "host", "Where backups go: a directory of the host, or a repository of restic's.")
    ] = "/var/backups/clawlama"
    clawlama_backup_password_file: Annotated[
        str, Declared(FILE, "host", "A file on the host with their password. Empty: one is made, and its place said.")
    ] = ""
    clawlama_backup_credentials_file: Annotated[
        str,
        Declared(FILE, "host", "A file on the host with what a cloud asks for: AWS_ACCESS_KEY_ID=... a line."),
    ] = ""
    clawlama_backup_key_file: Annotated[
        str, Declared(FILE, "host", "A file on the host with the SSH key, without a passphrase, that `sftp:` asks for.")
    ] = ""
    clawlama_backup_schedule: Annotated[
        str, Declared(one_of("off", "hourly", "daily", "weekly"), "host", "How often the host backs up by itself.")
    ] = "off"
    clawlama_backup_keep_last: Annotated[
        int, Declared(whole_number(1, 1000, 7), "host", "So many backups are kept, however old.")
    ] = 7
    clawlama_backup_keep_days: Annotated[
        int, Declared(whole_number(1, 3650, 30), "host", "Backups are kept for so many days, however many.")
    ] = 30
    clawlama_backup_check_days: Annotated[
        int,
        Declared(whole_number(1, 3650, 7), "host", "Scheduled backups are read and tried again after so many days."),
    ] = 7
    clawlama_backup_models: Annotated[
        str, Declared(SWITCH, "host", "`true`: models are backed up, too. Else they are pulled again.")
    ] = "false"
    clawlama_releases_kept: Annotated[
        int, Declared(whole_number(1, 20, 3), "host", "So many releases are held, to go back to.")
    ] = 3
    clawlama_prove: Annotated[
        str, Declared(one_of("changed", "always"), "host", "When a deploy asks the assistant for an answer.")
    ] = "changed"


@dataclass(frozen=True)
class Setting:
    """One row of the declaration, as the generated files and the provisioner read it."""

    name: str
    default: str
    integer: bool
    rule: Rule
    scope: Scope
    secret: bool
    doc: str

    @property
    def fix(self) -> str:
        return f"set for example {self.name}={self.rule.example}, or unset it"

    def checked(self, value: str) -> str:
        """The value, or the default for an empty one; raises UserMistake where the rule is broken."""
        value = value.removesuffix("\r")
        if value == "":
            return self.default
        if not self.rule.accepts(value):
            raise UserMistake(self.name, HIDDEN if self.secret else value, self.rule.words, self.fix)
        return value


def _declared_settings() -> Iterator[Setting]:
    for attribute, field in Settings.model_fields.items():
        declared = next(entry for entry in field.metadata if isinstance(entry, Declared))
        yield Setting(
            name=attribute.upper(),
            default=str(field.default),
            integer=field.annotation is int,
            rule=declared.rule,
            scope=declared.scope,
            secret=declared.secret,
            doc=declared.doc,
        )


SETTINGS: tuple[Setting, ...] = tuple(_declared_settings())
BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


def is_ours(name: object) -> bool:
    """Whether a datum or a variable of this name is for ClawLama to read, or to refuse."""
    return isinstance(name, str) and name.lower().startswith(PREFIXES)


def settings_from(data: Mapping[str, object]) -> Settings:
    """Validated settings from pyinfra's data or from an environment.

    A name is all capitals or all small letters; names of neither prefix are somebody else's and are left alone.
    Raises UserMistake for an unknown name, a value against its rule, or values that exclude each other.
    """
    ours = {_as_variable(name): _text(value) for name, value in data.items() if is_ours(name)}
    settings = Settings.model_validate({name.lower(): _checked(name, value) for name, value in ours.items()})
    _check_together(settings)
    return settings


def environment(settings: Settings, scope: Scope) -> dict[str, str]:
    """NAME to value of one scope: only what differs from its default, and no secrets."""
    values = {setting: str(getattr(settings, setting.name.lower())) for setting in SETTINGS}
    return {
        setting.name: value
        for setting, value in values.items()
        if setting.scope == scope and not setting.secret and value != setting.default
    }


def dotenv(path: Path) -> dict[str, str]:
    """NAME to value of a ``.env`` file, {} where there is none; raises UserMistake for a line that is no NAME=VALUE.

    As compose reads it: quotes, comments, ``export``, DOS line ends and a byte order mark are no part of a value.
    """
    pairs = {}
    for number, line in enumerate(_text_of(path).split("\n"), start=1):
        line = line.removesuffix("\r").strip(BLANKS)
        if not line or line.startswith("#"):
            continue
        found = re.fullmatch("(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)", line, re.DOTALL)
        value = _unquoted(found[2].strip(BLANKS)) if found else None
        if not found or value is None:
            # The line stays hidden: it may hold a secret.
            rule = "must be NAME=VALUE, in UTF-8, with every quote closed"
            raise UserMistake(f"{path.name} line {number}", HIDDEN, rule, "mend or remove the line")
        pairs[found[1]] = value
    return pairs


def nearest(name: str) -> str | None:
    """The known name most like this one, whatever its case, if any is like it at all.

    Dice coefficient over the letters and adjacent pairs of ``^NAME$`` without the prefixes, at least 50 %; ties go to
    the first in the alphabet. settings.jq has the same ten lines.
    """
    features = _features(plain(name).upper())
    likeness = {known: _dice(features, _features(known)) for known in sorted(BY_NAME)}
    best = max(likeness, key=lambda known: likeness[known])
    return best if likeness[best] >= SIMILAR_ENOUGH else None


def _features(name: str) -> set[str]:
    marked = f"^{name.removeprefix('CLAWLAMA_').removeprefix('OLLAMA_')}$"
    return set(marked) | {marked[at : at + 2] for at in range(len(marked) - 1)}


def _dice(one: set[str], other: set[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))


def _checked(name: str, value: str) -> str:
    if name in BY_NAME:
        return BY_NAME[name].checked(value)
    known = nearest(name)
    # The value stays hidden: a misspelt name may hold a secret.
    raise UserMistake(
        name, HIDDEN, "is no setting of ClawLama", f"did you mean {known}?" if known else "see .env.example"
    )


def _check_together(settings: Settings) -> None:
    """What no single value can break; settings.jq has the same."""
    port = str(settings.clawlama_openclaw_port)
    if settings.ollama_host.endswith(f":{port}"):
        raise UserMistake(
            "CLAWLAMA_OPENCLAW_PORT", port, "must not be the port of OLLAMA_HOST too", "change one of the two"
        )
    for name in ("CLAWLAMA_MODEL_FILE", "CLAWLAMA_MODEL_FILE_HOST"):
        file = getattr(settings, name.lower())
        if settings.clawlama_ollama_url and file:
            rule = "cannot be had with CLAWLAMA_OLLAMA_URL, whose models come from its own registry"
            raise UserMistake(name, file, rule, "unset one of the two")
    repository = settings.clawlama_backup_repository
    if repository.startswith("sftp:") and not settings.clawlama_backup_key_file:
        rule = "needs a key, for nobody is there to type a password"
        raise UserMistake("CLAWLAMA_BACKUP_REPOSITORY", repository, rule, "set CLAWLAMA_BACKUP_KEY_FILE")


def _as_variable(name: str) -> str:
    """A datum's name, which is in small letters, as the variable's; not for letters that only look like ours."""
    return name.upper() if name.isascii() and name.islower() else name


def _text(value: object) -> str:
    """YAML's and Python's ways of writing a value, as the one way of an environment."""
    if isinstance(value, list | tuple):
        return ",".join(map(_item, value))
    return "" if value is None else _item(value)


def _item(value: object) -> str:
    """A single value; anything that is none as its type in angle brackets, which no rule accepts."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | float | PurePath) or (isinstance(value, int) and abs(value) < 10**18):
        return str(value)
    return f"<{type(value).__name__}>"


def _text_of(path: Path) -> str:
    """The file's text, "" where there is none."""
    try:
        # A pipe would be waited for.
        if path.exists() and not path.is_file():
            raise UserMistake(path.name, str(path), "must be a file", "remove what is there")
        return path.read_bytes().decode("utf-8-sig", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        rule = f"must be a file that can be read ({error.strerror})"
        raise UserMistake(path.name, str(path), rule, "mend or remove it") from None


def _unquoted(value: str) -> str | None:
    """The value without its quotes and the comment after it; None where a quote stays open."""
    if not value.startswith(("'", '"')):
        return re.split("[ \t]#", value, maxsplit=1)[0].strip(BLANKS)
    found = re.fullmatch("""(['"])(.*?)\\1(?:[ \t]+#.*)?""", value, re.DOTALL)
    return found[2] if found else None


# --- what derives from the declaration


def env_example() -> str:
    lines = ["# Copy to `.env` and change what you need; every line is optional. Written by `make generate`."]
    for scope in SCOPES:
        lines += ["", f"# --- {SCOPE_TITLES[scope]}"]
        for setting in (setting for setting in SETTINGS if setting.scope == scope):
            lines += [f"# {setting.doc} It {setting.rule.words}.", f"#{setting.name}={setting.default}"]
    return "\n".join(lines) + "\n"


def readme_table() -> str:
    lines = ["| setting | default | what it does |", "|---|---|---|"]
    for scope in SCOPES:
        lines.append(f"| **{SCOPE_TITLES[scope]}** | | |")
        lines += [
            f"| `{setting.name}` | {f'`{setting.default}`' if setting.default else ''} | {setting.doc} |"
            for setting in SETTINGS
            if setting.scope == scope
        ]
    return "\n".join(lines)


def settings_json() -> str:
    rows = [
        {
            "name": setting.name,
            "default": setting.default,
            "integer": setting.integer,
            "pattern": setting.rule.pattern,
            "minimum": setting.rule.minimum,
            "maximum": setting.rule.maximum,
            "longest": setting.rule.longest,
            "rule": setting.rule.words,
            "fix": setting.fix,
            "scope": setting.scope,
            "secret": setting.secret,
        }
        for setting in SETTINGS
    ]
    return json.dumps({"schema": 1, "settings": rows}, indent=1) + "\n"


def readme() -> str:
    """The README with its table renewed."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(TABLE_BEGINS)
    _, _, after = rest.partition(TABLE_ENDS)
    return f"{before}{TABLE_BEGINS}\n{readme_table()}\n{TABLE_ENDS}{after}"


SCOPE_TITLES: Mapping[Scope, str] = {
    "container": "in the container",
    "build": "for building the image",
    "host": "for the provisioner",
}
TABLE_BEGINS, TABLE_ENDS = "<!-- settings: written by `make generate` -->", "<!-- /settings -->"
GENERATED = {
    "container/.env.example": env_example,
    "container/rootfs/etc/clawlama/settings.json": settings_json,
    "README.md": readme,
}


def main(arguments: list[str]) -> int:
    """Write the derived files; with ``--check`` print what would change and return 1 where something would."""
    stale = False
    for path, render in GENERATED.items():
        wanted, found = render(), (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).is_file() else ""
        if "--check" not in arguments:
            (ROOT / path).write_text(wanted, encoding="utf-8")
        elif wanted != found:
            stale = True
            sys.stdout.writelines(
                difflib.unified_diff(found.splitlines(True), wanted.splitlines(True), path, "declared", n=0)
            )
    if stale:
        print("generated files differ from roles/settings.py: run `make generate`")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
