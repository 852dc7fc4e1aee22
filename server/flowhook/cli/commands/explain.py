"""``flowhook explain``: what a problem means, an example of it, and the cure."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from flowhook.cli.console import bold, dim, print_json, say
from flowhook.errors import FlowhookError
from flowhook.problems.pages import documented_codes, problem_cure, problem_meaning, problem_page
from flowhook.problems.suggestion import did_you_mean

_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_WIDTH = 100


@click.command("explain")
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs: code, meaning, cure and the page.")
def command(code: str | None, as_json: bool) -> None:
    """Explain a problem that `flowhook check` told.

    CODE stands between brackets there. Without CODE all codes are listed, each with what it means.
    """
    if code is None:
        _list(as_json)
        return
    word = code.strip().lower().strip("[]")
    page = problem_page(word)
    if page is None:
        hint = did_you_mean(word, documented_codes())
        raise FlowhookError(f'no problem is called "{code}"' + (f"; {hint}" if hint else ""))
    if as_json:
        print_json({"code": word, "meaning": problem_meaning(word), "cure": problem_cure(word), "page": page})
    else:
        say("\n".join(_shown(page)))


def _list(as_json: bool) -> None:
    if as_json:
        print_json([{"code": code, "meaning": problem_meaning(code)} for code in documented_codes()])
        return
    for code in documented_codes():
        say(f"{bold(code)}  {dim(_first_sentence(problem_meaning(code)))}")


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.:;]) ", text, maxsplit=1)[0]


def _shown(page: str) -> Iterator[str]:
    """A page for a terminal: headings bold, examples indented, paragraphs wrapped."""
    for block in re.split(r"(^```\w*\n.*?^```\n)", page.rstrip() + "\n", flags=re.MULTILINE | re.DOTALL):
        if block.startswith("```"):
            yield from (f"    {line}" for line in block.splitlines()[1:-1])
            continue
        for paragraph in filter(None, (part.strip() for part in block.split("\n\n"))):
            yield ""
            yield from _paragraph(paragraph)
        yield ""


def _paragraph(text: str) -> Iterator[str]:
    if text.startswith("#"):
        yield bold(text.lstrip("# "))
        return
    plain = _LINK.sub(r"\1", text).replace("**", "").replace("`", "")
    yield from click.wrap_text(" ".join(plain.split()), _WIDTH).splitlines()
