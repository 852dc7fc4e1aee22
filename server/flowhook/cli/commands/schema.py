"""``flowhook schema``: JSON Schema of flow files and of config.yaml, for editors."""

from __future__ import annotations

from typing import Any

import click

from flowhook.cli.console import print_json
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.model.inbound import JsonObject


@click.command("schema")
@click.option("--config-schema", "of_config", is_flag=True, help="The schema of config.yaml instead.")
@click.option("--test-schema", "of_tests", is_flag=True, help="The schema of *.test.yaml instead.")
@with_project
def command(project: ProjectPath, of_config: bool, of_tests: bool) -> None:
    """Print the JSON Schema of flow files, for editors.

    An editor that has it completes and checks flows while they are written. In a project it
    knows the nodes of the plugins that are used there. For an editor with the YAML language server,
    write the schema to a file and name it in the first line of a flow:

    \b
      # yaml-language-server: $schema=../flow.schema.json
    """
    if of_config and of_tests:
        raise click.UsageError("One schema at a time.")
    if of_tests:
        from flowhook.flowtest.files.json_schema import test_schema

        print_json(test_schema())
        return
    print_json(config_schema() if of_config else _flow_schema(project))


def config_schema() -> JsonObject:
    """The schema of config.yaml as it is written: durations and sizes with their units, and
    ``${NAME}`` wherever a scalar may stand."""
    from flowhook.config import Config

    schema: JsonObject = _as_written(Config.model_json_schema())
    schema["$defs"]["RateLimit"] = {"type": "string", "description": "Requests in a time, such as 1000/5m."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "The configuration of flowhook",
        "patternProperties": {"^x-": {"description": "Free: a home for anchors."}},
    }


def _as_written(schema: Any) -> Any:
    """pydantic describes what fields hold after they were read."""
    if isinstance(schema, list):
        return [_as_written(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    written = {name: _as_written(value) for name, value in schema.items()}
    if written.get("type") in ("number", "integer", "boolean"):
        written["type"] = [written["type"], "string"]
        written.pop("default", None)
    return written


def _flow_schema(project: ProjectPath) -> JsonObject:
    from flowhook.cli.loading import builtin_types, open_hooks
    from flowhook.flowfiles.json_schema import json_schema

    if not project.exists:
        return json_schema(builtin_types())
    with open_hooks(project.load()) as hooks:
        return json_schema(hooks.types)
