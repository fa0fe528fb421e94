"""Files made from templates/."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

# One for all: it keeps what it compiled, and a fleet asks for the same file for every host.
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,
)


def rendered(name: str, **values: object) -> str:
    """The file that a template makes; raises jinja2's UndefinedError for a value that it lacks."""
    return TEMPLATES.get_template(name).render(values)
