"""JSON Schema of ``config.yaml``, so that editors complete and check it while it is written."""

from __future__ import annotations

from typing import Any

from flowhook.config.models import Config
from flowhook.model.inbound import JsonObject

#: Settings of an endpoint that may be one name in the place of a mapping.
_SHORT = {"copilot": "The flow.", "handover": "One of handovers, or a provider."}


def config_schema() -> JsonObject:
    """The schema of config.yaml as it is written: durations and sizes with their units, and
    ``${NAME}`` wherever a scalar may stand."""
    schema: JsonObject = _as_written(Config.model_json_schema())
    rate: JsonObject = {"type": "string", "description": "Requests in a time, such as 1000/5m."}
    schema["$defs"]["RateLimit"] = rate
    settings = schema["$defs"]["EndpointConfig"]["properties"]
    settings["rate_limit"]["anyOf"].append(rate)
    for name, meaning in _SHORT.items():
        settings[name]["anyOf"].append({"type": "string", "description": meaning})
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
