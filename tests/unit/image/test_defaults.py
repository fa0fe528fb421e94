"""A default is declared once; where the image's own files need it too, they have the same."""

import re

from roles.image.operations import CONTEXT
from roles.settings import BY_NAME

ARGUMENT = re.compile(r"^ARG (\w+)=(\S+)$", re.MULTILINE)
VARIABLE = re.compile(r"\$\{(CLAWLAMA_\w+):-([^}]+)\}")


def test_the_dockerfile_has_the_defaults_of_the_settings() -> None:
    arguments = {
        f"CLAWLAMA_{name}": default for name, default in ARGUMENT.findall((CONTEXT / "Dockerfile").read_text())
    }
    declared = {name: BY_NAME[name].default for name in arguments.keys() & BY_NAME.keys()}
    assert declared.keys() >= {"CLAWLAMA_NODE_UPSTREAM", "CLAWLAMA_NODE_UPSTREAM_KEY", "CLAWLAMA_OLLAMA_UPSTREAM"}
    assert {name: arguments[name] for name in declared} == declared


def test_build_sh_has_the_defaults_of_the_settings() -> None:
    variables = dict(VARIABLE.findall((CONTEXT / "scripts/build.sh").read_text()))
    assert variables.keys() >= {"CLAWLAMA_SOURCES", "CLAWLAMA_BASE", "CLAWLAMA_NODE_UPSTREAM"}
    assert variables == {name: BY_NAME[name].default for name in variables}
