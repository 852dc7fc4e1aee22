"""``flowhook graph``: a flow as a diagram."""

from __future__ import annotations

from pathlib import Path

import click

from flowhook.cli.console import print_document, warn
from flowhook.cli.loading import find_flow, find_flow_and_library
from flowhook.cli.project_option import ProjectPath, with_project

FORMATS = ("mermaid", "svg")


@click.command("graph")
@click.argument("flow")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by the ending of --output.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file instead."
)
@click.option("--lanes", is_flag=True, help="With the flows that it calls or attaches beside it, as SVG.")
@with_project
def command(project: ProjectPath, flow: str, form: str | None, output: Path | None, lanes: bool) -> None:
    """Draw FLOW, the name of a flow or its file.

    As Mermaid text, which GitHub and many editors draw, or as an SVG file that any browser opens.
    """
    if form is None:
        form = "svg" if lanes or (output is not None and output.suffix.lower() == ".svg") else "mermaid"
    if lanes and form != "svg":
        raise click.UsageError("--lanes draws an SVG file")
    text, nodes = _with_lanes(project, flow) if lanes else _drawn(project, flow, form)
    if output is None:
        print_document(text)
        return
    output.write_text(text, "utf-8")
    warn(f"{output}: {nodes} nodes")


def _drawn(project: ProjectPath, flow: str, form: str) -> tuple[str, int]:
    """The text of the picture of a flow, and how many nodes are in it."""
    from flowhook.diagram import mermaid, svg
    from flowhook.diagram.diagram import diagram_of

    diagram = diagram_of(find_flow(project, flow))
    text = (svg if form == "svg" else mermaid).render(diagram)
    return text, sum(box.kind == "node" for box in diagram.boxes.values())


def _with_lanes(project: ProjectPath, flow: str) -> tuple[str, int]:
    """The same of the flow with those that it calls or attaches."""
    from flowhook.diagram.lanes import lanes_of
    from flowhook.diagram.svg import render_picture

    found, loaded = find_flow_and_library(project, flow)
    known = {compiled.name: compiled for compiled in loaded.files.values() if compiled.name is not None}
    picture = lanes_of(str(found.name), known)
    return render_picture(picture), sum(placed.box.kind == "node" for placed in picture.boxes)
