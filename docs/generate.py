"""Writes the generated parts of the documentation anew.

A part stands between ``<!-- help: flowhook check -->`` and ``<!-- end -->``; the word before the
colon names one of ``PARTS``. A test fails when a page is not what this would write.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click

from flowhook.cli import cli
from flowhook.cli.project import Project

DOCS = Path(__file__).parent
PART = re.compile(r"(<!-- (\w+): (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def help_of(words: str) -> str:
    """The ``--help`` of a command, given as ``flowhook keys create``."""
    name, *rest = words.split()
    nobody = Project(Path("no-project"))  # the commands of plugins do not belong into the reference
    context = click.Context(cli, info_name=name, obj=nobody, terminal_width=88, **cli.context_settings)
    command: click.Command = cli
    for word in rest:
        assert isinstance(command, click.Group)
        found = command.get_command(context, word)
        if found is None:
            raise LookupError(f"there is no command {words!r}")
        command, context = found, click.Context(found, info_name=word, parent=context)
    return f"```text\n{command.get_help(context)}\n```\n"


#: The kinds of generated parts.
PARTS: dict[str, Callable[[str], str]] = {"help": help_of}


def written(text: str) -> str:
    """A page with its generated parts as they should be."""
    return PART.sub(lambda found: found[1] + PARTS[found[2]](found[3]) + found[4], text)


def main() -> None:
    """Write all pages."""
    for page in sorted(DOCS.glob("*.md")):
        old = page.read_text("utf-8")
        new = written(old)
        if new != old:
            page.write_text(new, "utf-8")
            print(f"wrote {page.name}")


if __name__ == "__main__":
    main()
