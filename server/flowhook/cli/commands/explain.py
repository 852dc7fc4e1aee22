"""``flowhook explain``: what a problem means and its cure; or what gets through to whom at a question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from flowhook.cli.console import bold, dim, print_json, say, table
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError
from flowhook.problems.pages import documented_codes, problem_cure, problem_meaning, problem_page
from flowhook.problems.suggestion import did_you_mean

if TYPE_CHECKING:
    from flowhook.flowfiles.ways_in import WaysIn

_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_WIDTH = 100


@click.command("explain")
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs: code, meaning, cure and the page.")
@with_project
def command(project: ProjectPath, code: str | None, as_json: bool) -> None:
    """Explain a problem that `flowhook check` told, or a question.

    CODE stands between brackets there. Without CODE all codes are listed, each with what it means. FLOW/NODE
    in its place tells who may take an input while that question waits, in order, and what never gets through.
    """
    if code is None:
        _list(as_json)
        return
    if "/" in code and code[0] not in "./[":
        _explain_question(project, code, as_json)
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


# --- questions ---------------------------------------------------------------------------------------


def _explain_question(project: ProjectPath, position: str, as_json: bool) -> None:
    from flowhook.cli.loading import load_flows_of
    from flowhook.flowfiles.ways_in import ways_in

    library = load_flows_of(project).library
    name, _, key = position.partition("/")
    flow = library.flows.get(name)
    if flow is None:
        hint = did_you_mean(name, list(library.flows))
        raise FlowhookError(f'no flow "{name}" could be read' + (f"; {hint}" if hint else ""))
    node = flow.node_at(key)
    if node is None:
        hint = did_you_mean(key, [node.key for node in flow.nodes.values() if node.has_id])
        raise FlowhookError(f'the flow "{name}" has no node "{key}"' + (f"; {hint}" if hint else ""))
    found = ways_in(library, flow, node)
    if found is None:
        raise FlowhookError(f'"{position}" is no question that waits')
    if as_json:
        print_json(found.to_json())
    else:
        _show_ways(position, found)


def _show_ways(position: str, found: WaysIn) -> None:
    say(bold(f"What gets through at {position}"))
    rows = [
        (
            str(way.step),
            _WHO[way.kind],
            way.name,
            f"{way.does} {_shown_target(way.leads_to)}".strip(),
            way.when,
        )
        for way in found.ways
    ]
    table(("STEP", "WHO", "NAME", "LEADS TO", "WHEN"), rows, empty="nothing")
    for way in found.ways:
        if way.held_back_in:
            say(dim(f"{way.name} does not win in the state {', '.join(way.held_back_in)}"))
    if found.of_caller:
        say(dim("The flow has no intents of its own: those of a flow that calls it count as well."))
    if found.kept_out:
        say()
        say(bold("What never does"))
        table(("INTENT", "WHY"), [(kept.name, kept.why) for kept in found.kept_out], empty="")
    say(dim('The steps are those of "How an input is routed" in flows.md.'))


_WHO = {
    "on_intent": "on_intent",
    "rule": "intent by rule",
    "offer": "offer",
    "correction": "correction",
    "clear_intent": "intent",
    "answer": "answer",
    "intent": "intent",
    "again": "asked again",
}


def _shown_target(key: str) -> str:
    """The hidden nodes of intents have no name that says anything."""
    return "" if key.startswith("#") else key
