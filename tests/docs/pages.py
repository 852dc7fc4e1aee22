"""The pages of the documentation, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]

_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page. ``page``: its path below the repository."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def name_of(page: Path) -> str:
    """Its path below the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[Block]:
    """The blocks of a page in these languages."""
    text = page.read_text("utf-8")
    return [
        Block(name_of(page), text.count("\n", 0, found.start()) + 1, found[1], found[2])
        for found in _BLOCK.finditer(text)
        if found[1] in languages
    ]


def all_blocks(*languages: str) -> list[Block]:
    """The blocks of all pages in these languages."""
    return [block for page in PAGES for block in blocks(page, *languages)]


def section(page: Path, title: str) -> str:
    """What stands under a heading, up to the next of its level or above."""
    text = page.read_text("utf-8")
    shown = _BLOCK.sub(
        lambda found: re.sub(r"[^\n]", " ", found[0]), text
    )  # a comment in a block is no heading
    heading = re.search(rf"^(#+) {re.escape(title)}\n", shown, re.MULTILINE)
    assert heading, f"{page.name} has no heading {title!r}"
    end = re.compile(rf"^#{{1,{len(heading[1])}}} ", re.MULTILINE).search(shown, heading.end())
    return text[heading.end() : end.start() if end else len(text)]


def without_blocks(text: str) -> str:
    """A page's text without its fenced blocks."""
    return _BLOCK.sub("", text)
