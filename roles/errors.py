"""A user's mistake, said in one line: what, the value, the rule, the fix."""

from __future__ import annotations

SHOWN_CHARACTERS = 60


class UserMistake(ValueError):
    """Raised for input that the user can mend; ``str()`` of it is the whole message, never a traceback."""

    def __init__(self, what: str, value: str, rule: str, fix: str) -> None:
        self.what, self.value, self.rule, self.fix = what, value, rule, fix
        super().__init__(f"{what}={shown(value)}: {rule}; {fix}")


def shown(value: str) -> str:
    """The value in quotes, cut to 60 characters, with everything outside printable ASCII replaced by ``?``.

    The container's validator (rootfs/usr/local/lib/clawlama/settings.jq) has the same rule.
    """
    plain = "".join(character if " " <= character <= "~" else "?" for character in value)
    return f'"{plain}"' if len(plain) <= SHOWN_CHARACTERS else f'"{plain[:SHOWN_CHARACTERS]}..."'
