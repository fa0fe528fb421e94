"""What others could find of it: the audit of its own makers, its secrets in the open, and links that open twice."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.container import chat, models
from tests.container.assistant import Assistant, created, volume
from tests.container.leaks import Sampled
from tests.testbed.docker import MINUTE, client, docker
from tests.testbed.machine import CA, PASSED_THROUGH

pytestmark = pytest.mark.container
TINY = {models.tiny(): models.TINY_TARGET}
ACCEPTED = Path(__file__).with_name("audit_accepted.toml")
AUDIT = "OPENCLAW_CONFIG_PATH=/data/openclaw/openclaw.json openclaw security audit --json"
# A word of the entrypoint's: it shows that what is in a layer is found.
IN_A_LAYER = "refuse_volume"
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\n(\S+)\n")
USER_AND_PASSWORD = re.compile(r"//([^/@\s]+:[^/@\s]+)@")


def telegram_token() -> str:
    return f"{10**9 + secrets.randbelow(10**9)}:{secrets.token_urlsafe(40)[:35]}"


@dataclass(frozen=True)
class Keeper:
    """An assistant that was given secrets as files, and what was seen of all processes while it started."""

    assistant: Assistant
    secrets: dict[str, str]
    sampled: Sampled


@pytest.fixture(scope="module")
def keeper(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeper]:
    given = {"CLAWLAMA_GATEWAY_TOKEN": secrets.token_hex(32), "CLAWLAMA_TELEGRAM_BOT_TOKEN": telegram_token()}
    folder = tmp_path_factory.mktemp("secrets")
    files = dict(TINY)
    for name, secret in given.items():
        (folder / name).write_text(secret)
        files[folder / name] = f"/run/secrets/{name}"
    settings = models.TINY_SETTINGS | {f"{name}_FILE": f"/run/secrets/{name}" for name in given}
    with ExitStack() as stack:
        sampled, data = Sampled(), stack.enter_context(volume())
        with sampled.looking():
            assistant = stack.enter_context(created(image, data, settings, files))
            assistant.wait_ready()
        yield Keeper(assistant, given, sampled)


def test_the_security_audit_finds_nothing_but_what_is_meant(keeper: Keeper) -> None:
    accepted = tomllib.loads(ACCEPTED.read_text())["finding"]
    audit = json.loads(keeper.assistant.sh(AUDIT))
    found = [(finding["checkId"], finding["detail"]) for finding in audit["findings"]]

    def is_meant(check: str, detail: str) -> bool:
        return any(check == finding["check"] and finding["says"] in detail for finding in accepted)

    assert [finding for finding in found if not is_meant(*finding)] == []
    assert {check for check, _ in found} == {finding["check"] for finding in accepted}
    assert audit["secretDiagnostics"] == []


def test_no_secret_is_in_an_argument_an_environment_the_log_or_what_docker_shows(keeper: Keeper) -> None:
    assistant = keeper.assistant
    with keeper.sampled.looking():
        assert assistant.verb("prove")["ok"]
        assert assistant.ask("Hello", "talk", token=keeper.secrets["CLAWLAMA_GATEWAY_TOKEN"]).status == 200
        link = assistant.verb("link")["url"]
    guarded = keeper.secrets | {"the link's key": link.split("bootstrapToken=")[1].split("&")[0]}
    shown = {
        "docker inspect": docker("inspect", assistant.name),
        "docker logs": assistant.logs(),
        "the gateway's own log": assistant.sh("cat /tmp/openclaw/*.log"),
    }
    for name, secret in guarded.items():
        assert keeper.sampled.holding(secret) == [], name
        assert [place for place, text in shown.items() if secret in text] == [], name


def test_a_secret_in_an_argument_or_an_environment_would_be_seen(keeper: Keeper) -> None:
    """The counterproof of the test above."""
    in_an_argument, in_a_variable = secrets.token_hex(16), secrets.token_hex(16)
    with keeper.sampled.looking():
        with subprocess.Popen(["cat", "-", in_an_argument], stdin=subprocess.PIPE) as process:
            assert keeper.sampled.wait_for(in_an_argument) == ["cmdline"]
            process.kill()
        with subprocess.Popen(
            ["cat"], stdin=subprocess.PIPE, env={"PATH": in_a_variable}, executable="/bin/cat"
        ) as process:
            assert keeper.sampled.wait_for(in_a_variable) == ["environ"]
            process.kill()


@pytest.mark.parametrize("secret", ["123456789:one two " + "A" * 30, "'quoted' $(id) " + "B" * 30])
def test_a_secret_that_is_refused_is_not_repeated(image: str, data: str, secret: str) -> None:
    with created(image, data, models.TINY_SETTINGS | {"CLAWLAMA_TELEGRAM_BOT_TOKEN": secret}, TINY) as refused:
        assert refused.refusal().startswith('CLAWLAMA_TELEGRAM_BOT_TOKEN="(hidden)": must be')
        assert secret[-20:] not in refused.logs()


def test_no_layer_holds_what_the_build_was_given_in_confidence(image: str, tmp_path: Path) -> None:
    confidential = own_certificates() + passwords_of_registries()
    history = docker("history", "--no-trunc", "--format={{.CreatedBy}}", image)
    assert [secret for secret in confidential if secret in history] == []
    patterns = tmp_path / "patterns"
    patterns.write_text("\n".join([*confidential, IN_A_LAYER]))
    grep = ["grep", "--text", "--fixed-strings", "--only-matching", f"--file={patterns}"]
    with subprocess.Popen([client(), "save", image], stdout=subprocess.PIPE) as saved:
        done = subprocess.run(grep, stdin=saved.stdout, stdout=subprocess.PIPE, text=True, timeout=MINUTE, check=False)
    assert saved.returncode == 0
    assert set(done.stdout.splitlines()) == {IN_A_LAYER}


def own_certificates() -> list[str]:
    """The first lines of those that this machine trusts beyond the distribution's: a company's, a proxy's."""
    bundle = Path(os.environ.get("SSL_CERT_FILE", CA)).read_text()
    distributed = [path.read_text() for path in Path("/usr/share/ca-certificates").rglob("*.crt")]
    return sorted(set(CERTIFICATE.findall(bundle)) - set(CERTIFICATE.findall("".join(distributed))))


def passwords_of_registries() -> list[str]:
    """With their users, as they stand in the addresses of package registries and proxies."""
    addresses = [value for name, value in os.environ.items() if PASSED_THROUGH.fullmatch(name)]
    return USER_AND_PASSWORD.findall(" ".join(addresses))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with chat.browser() as browser:
        yield browser


def test_a_link_opens_the_chat_once_and_its_browser_needs_none_later(keeper: Keeper, chromium: Browser) -> None:
    assistant = keeper.assistant
    mine = chat.fresh_page(chromium)
    link = chat.open_by_link(mine, assistant)
    chat.open_by_used_link(chat.fresh_page(chromium), link)
    mine.goto("about:blank")
    mine.goto(assistant.url)
    chat.composer(mine)


def test_the_chat_takes_a_message_and_shows_the_answer(keeper: Keeper, chromium: Browser) -> None:
    page = chat.fresh_page(chromium)
    chat.open_by_link(page, keeper.assistant)
    paragraphs = chat.say(page, "What is the capital of Italy?")
    assert paragraphs[0] == "What is the capital of Italy?"
    assert any(paragraphs[1:]), "the answer is shown"


NOT_SO_FAR = "clawlama link: the container has not come so far yet; see: clawlama status"
NO_KEY = "clawlama link: the gateway gave no key; see: clawlama status"


def test_a_browser_is_known_after_a_restart_while_which_a_link_fails_in_one_line(
    keeper: Keeper, chromium: Browser
) -> None:
    assistant = keeper.assistant
    mine = chat.fresh_page(chromium)
    chat.open_by_link(mine, assistant)
    assistant.stop()
    docker("start", assistant.name)
    # Which of its two lines depends on how far the start has come.
    assert link_fails(assistant) in (NOT_SO_FAR, NO_KEY)
    assistant.wait_said("clawlama: starting the gateway")
    assert link_fails(assistant) == NO_KEY
    assistant.wait_ready()
    mine.goto("about:blank")
    mine.goto(assistant.url)
    chat.composer(mine)


def link_fails(assistant: Assistant) -> str:
    """What is said where there is no link to be had."""
    done = subprocess.run(
        [client(), "exec", assistant.name, "clawlama", "link"],
        capture_output=True,
        text=True,
        timeout=MINUTE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.strip()
