"""``flowhook graph``: a flow as a diagram."""

from __future__ import annotations

from pathlib import Path

import click

from flowhook.cli.console import print_document, warn
from flowhook.cli.loading import find_flow
from flowhook.cli.project_option import ProjectPath, with_project

FORMATS = ("mermaid", "svg")


@click.command("graph")
@click.argument("flow")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by the ending of --output.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file instead."
)
@with_project
def command(project: ProjectPath, flow: str, form: str | None, output: Path | None) -> None:
    """Draw FLOW, the name of a flow or its file.

    As Mermaid text, which GitHub and many editors draw, or as an SVG file that any browser opens.
    """
    from flowhook.diagram import mermaid, svg
    from flowhook.diagram.diagram import diagram_of

    if form is None:
        form = "svg" if output is not None and output.suffix.lower() == ".svg" else "mermaid"
    diagram = diagram_of(find_flow(project, flow))
    text = (svg if form == "svg" else mermaid).render(diagram)
    if output is None:
        print_document(text)
        return
    output.write_text(text, "utf-8")
    nodes = sum(box.kind == "node" for box in diagram.boxes.values())
    warn(f"{output}: {nodes} nodes")
