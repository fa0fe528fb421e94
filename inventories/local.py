"""This machine. Settings come from .env in the repository's root, and over it from the environment."""

import os
from pathlib import Path

from pyinfra.api.exceptions import PyinfraError

from roles.errors import UserMistake
from roles.rights import needs_sudo
from roles.settings import BY_NAME, dotenv, is_ours

DOTENV = Path(__file__).parent.parent / ".env"


def _settings() -> dict[str, str]:
    """Ollama on this machine has variables of its own, so of OLLAMA_* only ours are taken."""
    environment = {name: value for name, value in os.environ.items() if name.startswith("CLAWLAMA_") or name in BY_NAME}
    try:
        written = {name: value for name, value in dotenv(DOTENV).items() if is_ours(name)}
    except UserMistake as mistake:
        raise PyinfraError(str(mistake)) from None
    return {name.lower(): value for name, value in (written | environment).items()}


def _sudo() -> bool:
    try:
        return needs_sudo()
    except UserMistake as mistake:
        raise PyinfraError(str(mistake)) from None


local = [
    (
        "@local",
        {
            # Where no model registry answers, a demonstration model shows that everything works.
            "clawlama_demo_model": "true",
            # A build needs the invoking user's proxies, registries and certificates.
            "_sudo": _sudo(),
            "_preserve_sudo_env": True,
            **_settings(),
        },
    )
]
