"""A user's mistake, said in one line: what, the value, the rule, the fix."""

from __future__ import annotations

import re

SHOWN_CHARACTERS = 60
NO_TEXT = "(not UTF-8)"
# What stands for bytes that are no UTF-8: surrogates in Python's environment and arguments, U+FFFD after a decoder.
UNDECODED = re.compile("[\ud800-\udfff\ufffd]")


class UserMistake(ValueError):
    """Raised for input that the user can mend; ``str()`` of it is the whole message, never a traceback."""

    def __init__(self, what: str, value: str, rule: str, fix: str) -> None:
        self.what, self.value, self.rule, self.fix = what, value, rule, fix
        super().__init__(f'{plain(what)}="{plain(value)}": {rule}; {fix}')


def plain(text: str) -> str:
    """The text in printable ASCII, ``?`` for everything else, cut to 60 characters; where it stops being text is said.

    The container's validator (rootfs/usr/local/lib/clawlama/settings.jq) has the same rule.
    """
    decoded, *rest = UNDECODED.split(text, maxsplit=1)
    printable = "".join(character if " " <= character <= "~" else "?" for character in decoded)
    whole = printable + NO_TEXT if rest else printable
    return whole if len(whole) <= SHOWN_CHARACTERS else f"{whole[:SHOWN_CHARACTERS]}..."
