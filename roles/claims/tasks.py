"""The claims role, in order."""

from __future__ import annotations

from roles.claims import operations
from roles.claims.plan import Claim
from roles.settings import Settings


def claim(settings: Settings, wanted: Claim) -> None:
    operations.claimed(name="claims: nobody else's", directory=settings.clawlama_directory, claim=wanted)


def free(settings: Settings, wanted: Claim, result: str) -> None:
    operations.freed(name="claims: given back", directory=settings.clawlama_directory, claim=wanted, result=result)
