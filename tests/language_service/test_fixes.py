"""Cures of problems as edits of text, and ``flowhook check --fix``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flowhook.cli import cli
from flowhook.language_service.service import LanguageService
from flowhook.language_service.text import Range, TextEdit, apply_edits
from tests.language_service.conftest import PIZZA, Put

NODES = "flow: pizza\nnodes:\n"
SIZES = "flow: pizza\nslots: {size: {values: [small, large]}}\nnodes:\n"
ASKED = "  - id: q\n    ask: {text: Which?, type: %s, store: context.q}\n  - if: %s\n    then: [{say: x}]\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (PIZZA.replace("on_fail: bye", "on_fail: bey"), PIZZA),
        (PIZZA.replace("connection: crm", "connection: cmr"), PIZZA),
        (PIZZA.replace("say: Bye.", "sya: Bye."), PIZZA),
        (PIZZA.replace("vars.shop_name", "vars.shop_nane"), PIZZA),
        (PIZZA.replace("goto: smalltalk/", "goto: smaltalk/"), PIZZA),
        (PIZZA.replace("      cancel: bye", "      cancl: bye"), PIZZA),
        (PIZZA.replace("context: {", "contxt: {"), PIZZA),
        (PIZZA.replace("type: choice", "typ: choice"), PIZZA),
        (PIZZA.removeprefix("flow: pizza\n"), PIZZA),
        (PIZZA + "  - ask: More?   # why\n", PIZZA + "  - id: ask_1\n    ask: More?   # why\n"),
        (PIZZA + "  - {ask: More?}\n", PIZZA + "  - {id: ask_1, ask: More?}\n"),
        (NODES + "  - say: '{context.a}'\n  - set: {context.a: 1}\n",
         NODES + "  - say: '{{ context.a }}'\n  - set: {context.a: 1}\n"),
        (NODES + "  - if: input.data == null\n    then: [{say: x}]\n",
         NODES + "  - if: input.data == none\n    then: [{say: x}]\n"),
        (NODES + "  - say: \"{{ now | date_format('DD.MM.YYYY') }}\"\n",
         NODES + "  - say: \"{{ now | date_format('dd.MM.yyyy') }}\"\n"),
        *((NODES + ASKED % (kind, wrong), NODES + ASKED % (kind, right)) for kind, wrong, right in [
            ("time", "context.q < '8:00'", "context.q < '08:00'"),
            ("time", "context.q < '8'", "context.q < '08:00'"),
            ("integer", "context.q == '18'", "context.q == 18"),
            ("money", "context.q > 100", "context.q.value > 100"),
            ("date", "context.q > now", "context.q > now.date().isoformat()"),
            ("datetime", "now < context.q", "now.isoformat() < context.q"),
        ]),
        (SIZES + "  - if: input.slots.size == 'large'\n    then: [{say: x}]\n",
         SIZES + "  - if: ('large' in input.slots.size)\n    then: [{say: x}]\n"),
    ],
)  # fmt: skip
def test_what_can_hardly_be_meant_otherwise_is_mended(
    service: LanguageService, put: Put, wrong: str, right: str
) -> None:
    """The one likely spelling, a missing id, a template with one brace: the rest stays byte for byte."""
    path, *_ = put("flows/pizza.yaml", wrong + "¦")
    text, made = service.fixed(path)
    assert text == right
    assert len(made) == 1
    service.workspace.update(path, text)
    assert not [one for one in service.diagnose()[path] if one.severity == "error"]


def test_what_may_be_meant_otherwise_is_only_offered(service: LanguageService, put: Put) -> None:
    """A pattern without slashes may be a text: an editor offers the fix, --fix leaves it alone."""
    switch = "  - id: s\n    ask: x\n  - switch: input.text\n    cases:\n      ^a.*$: bye\n"
    path, *_ = put("flows/pizza.yaml", PIZZA + switch + "¦")
    assert [(fix.title, fix.safe) for fix in service.fixes(path)] == [("write /a.*/", False)]
    assert service.fixed(path)[1] == []


def test_edits_that_touch_each_other_are_refused() -> None:
    """Two edits of one place would leave neither; edits of one file are made together."""
    whole = TextEdit(Range(1, 1, 1, 4), "x")
    with pytest.raises(ValueError, match="overlap"):
        apply_edits("abcdef", [whole, TextEdit(Range(1, 3, 1, 5), "y")])
    assert apply_edits("abc\r\ndef\n", [whole, TextEdit.insert(2, 1, "- ")]) == "x\r\n- def\n"


def check(project: Path, *arguments: str) -> Result:
    """Run the command on the project."""
    return CliRunner().invoke(cli, ["--config", str(project / "config.yaml"), "check", *arguments])


WRONG = PIZZA.replace("on_fail: bye", "on_fail: bey   # hm").replace("say: Bye.", "sya: Bye.")
RIGHT = PIZZA.replace("on_fail: bye", "on_fail: bye   # hm")


def test_check_fix(project: Path) -> None:
    """The command shows what it changes, writes it, and tells what is left."""
    flow = project / "flows/pizza.yaml"
    flow.write_text(WRONG)
    flow.chmod(0o640)
    shown = check(project, "--fix", "--dry-run")
    assert "2 fixes would be made in 1 file" in shown.output
    assert flow.read_text() == WRONG
    made = check(project, "--fix")
    assert made.exit_code == 0
    assert "+    say: Bye." in made.output
    assert "2 fixes made in 1 file" in made.output
    assert flow.read_text() == RIGHT
    assert flow.stat().st_mode & 0o777 == 0o640
    assert "0 fixes made in 0 files" in check(project, "--fix").output


def test_fix_touches_only_the_files_that_are_named(project: Path) -> None:
    """With PATHS nothing else is changed."""
    (project / "flows/pizza.yaml").write_text(WRONG)
    smalltalk = str(project / "flows/smalltalk.yaml")
    check(project, "--fix", smalltalk)
    assert (project / "flows/pizza.yaml").read_text() == WRONG
