"""Claims a host, and gives it back. Neither counts as a change of it."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra.api.command import PyinfraCommand
from pyinfra.api.operation import operation
from pyinfra.context import host, state

from roles.claims import plan
from roles.claims.plan import Claim
from roles.hosts import refusal, refusing, run, warn


@operation()
@refusing
def claimed(directory: str, claim: Claim) -> Generator[PyinfraCommand, None, None]:
    """The host is this rollout's."""
    if not state.is_executing:
        return
    succeeded, out, err = run(host, plan.claiming(directory, claim))
    said = out[-1] if out else ""
    if not succeeded or not said:
        yield refusal(f"{directory}: must be writable for the claim ({(err or ['it said nothing'])[-1]}); set _sudo")
    elif said.startswith("theirs"):
        yield refusal(f"{plan.holder(said)}; {plan.RULE.format(lease=plan.LEASE_MINUTES)}")
    elif said.startswith("taken"):
        warn(host, f"reclaimed: {plan.holder(said)}, and that run is gone")


@operation()
@refusing
def freed(directory: str, claim: Claim, result: str) -> Generator[PyinfraCommand, None, None]:
    """The host is nobody's, and its log says what became of it."""
    if state.is_executing:
        run(host, plan.freeing(directory, claim, result))
    yield from ()
