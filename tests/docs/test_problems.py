"""Every problem has its page, and every page tells the truth: its example causes the problem, as printed,
and its cure has none."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from flowhook.cli.commands.check import check
from flowhook.cli.project_option import ProjectPath
from flowhook.problems import catalogue
from flowhook.problems.catalogue import PROBLEMS, Code
from flowhook.problems.pages import documented_codes, problem_cure, problem_meaning, problem_page
from flowhook.problems.problem import Problem, Sources
from flowhook.problems.render import render_text
from tests.docs.pages import DOCS, ROOT

SERVER = ROOT / "server" / "flowhook"
INDEX = DOCS / "problems" / "README.md"

#: The codes that no small example can cause.
WITHOUT_EXAMPLE = {"too-large", "too-deep", "unreadable", "no-flows", "missing-extra", "exposed-key"}

FILES = {"config.yaml": "{}\n", "flows/lunch.yaml": "flow: lunch\nnodes: []\n"}
CODES = documented_codes()


def test_every_problem_has_its_page() -> None:
    """What the program can say, and nothing that it cannot."""
    assert sorted(PROBLEMS) == CODES


def test_every_code_is_used() -> None:
    """By its constant: a code that no rule names is no problem of ours."""
    names = {name for name in dir(catalogue) if getattr(catalogue, name) in list(PROBLEMS)}
    modules = [path for path in SERVER.rglob("*.py") if path.name != "catalogue.py"]
    used = {
        node.id
        for path in modules
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Name)
    }
    assert names <= used


def test_the_index_has_every_page_once() -> None:
    """With its severity and what it means."""
    rows = re.findall(
        r"^\| \[([\w-]+)\]\(\1\.md\) \| (\w+) \| (.+) \|$", INDEX.read_text("utf-8"), re.MULTILINE
    )
    assert sorted(code for code, _, _ in rows) == CODES
    for code, severity, meaning in rows:
        assert severity == severity_of(code) == PROBLEMS[Code(code)]
        assert problem_meaning(code).startswith(meaning)


def severity_of(code: str) -> str:
    found = re.search(r"^\*\*(Error|Warning)\.\*\* ", problem_page(code) or "", re.MULTILINE)
    assert found, code
    return found[1].lower()


def files_in(part: str) -> dict[str, str]:
    """The files that a part of a page shows. The first line of each example names it."""
    return dict(re.findall(r"^```\w+\n# (\S+)\n(.*?)^```", part, re.MULTILINE | re.DOTALL))


def checked(files: dict[str, str], directory: Path, monkeypatch: pytest.MonkeyPatch) -> list[Problem]:
    for name, content in {**FILES, **files}.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    monkeypatch.chdir(directory)
    return check(ProjectPath(Path("config.yaml"))).problems


@pytest.mark.parametrize("code", [code for code in CODES if code not in WITHOUT_EXAMPLE])
def test_the_example_causes_the_problem(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That problem and no other, with the severity that is told and at the place that is printed."""
    example = (problem_page(code) or "").partition("\n## The cure\n")[0]
    files = files_in(example)
    assert files
    problems = checked(files, tmp_path, monkeypatch)
    assert {(problem.code, problem.severity) for problem in problems} == {(code, severity_of(code))}
    sources = Sources({name: (tmp_path / name).read_text("utf-8") for name in {p.file for p in problems}})
    printed = re.findall(r"^```text\n(.*?)^```", example, re.MULTILINE | re.DOTALL)
    assert [render_text(problems, sources).replace(f"{tmp_path}/", "")] == printed


@pytest.mark.parametrize("code", CODES)
def test_the_cure_has_no_problem(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of the example, with those that the cure shows in their places."""
    example, _, cure = (problem_page(code) or "").partition("\n## The cure\n")
    assert problem_cure(code)
    if files := files_in(cure):
        assert checked({**files_in(example), **files}, tmp_path, monkeypatch) == []
