"""The pages about problems, one for each code."""

from __future__ import annotations

import re
from functools import cache

from flowhook.shipped import shipped_dir

CODE = re.compile(r"[a-z]+(?:-[a-z]+)*\Z")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def problem_page(code: str) -> str | None:
    """The page about a code, as Markdown; None when there is none."""
    path = shipped_dir("problems") / f"{code}.md"
    return path.read_text("utf-8") if CODE.match(code) and path.is_file() else None


def documented_codes() -> list[str]:
    """Every code that has a page, in alphabetical order."""
    return sorted(path.stem for path in shipped_dir("problems").glob("*.md") if path.stem != "README")


@cache
def problem_meaning(code: str) -> str:
    """What a code means, in a sentence or a few, without Markdown; empty when it has no page."""
    page = problem_page(code)
    if page is None:
        return ""
    paragraph = page.split("\n\n")[1] if page.count("\n\n") > 1 else ""
    text = re.sub(r"\A\*\*(?:Error|Warning)\.\*\* ", "", paragraph.replace("\n", " "))
    return _LINK.sub(r"\1", text).replace("`", "").replace("**", "").strip()


def problem_cure(code: str) -> str:
    """How it is repaired, in words; empty when it has no page."""
    _, _, rest = (problem_page(code) or "").partition("\n## The cure\n\n")
    return _LINK.sub(r"\1", rest.partition("\n\n")[0]).replace("\n", " ").strip()
