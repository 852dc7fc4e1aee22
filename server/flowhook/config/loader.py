"""Reads ``config.yaml``: text, environment, model, and the rules that span several keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flowhook.config.environment import substitute_environment
from flowhook.config.models import Config
from flowhook.errors import ConfigError
from flowhook.problems.catalogue import DUPLICATE, PRIVATE_ADDRESSES, WEAK_TOKEN
from flowhook.problems.problem import Problem, has_errors, sort_problems
from flowhook.yamldoc.document import Document, load, load_file
from flowhook.yamldoc.validation import validate_model

STRONG = 16  #: characters of a token that is not guessed


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the configuration. Raises ConfigError with every problem at once."""
    return _config_or_error(*read_config(path, environ))


def read_config(path: Path, environ: Mapping[str, str]) -> tuple[Config | None, list[Problem]]:
    """Read the configuration, None when it has errors, and all problems, warnings too."""
    document, problems = load_file(path)
    return _validate(document, problems, path, environ)


def config_from_mapping(
    data: Mapping[str, Any], root: Path, environ: Mapping[str, str] | None = None
) -> Config:
    """Make the configuration that a file with this content in ``root`` would give. Raises ConfigError."""
    path = root / "config.yaml"
    document, problems = load(json.dumps(data, indent=2), str(path))
    return _config_or_error(*_validate(document, problems, path, environ or {}))


def _config_or_error(config: Config | None, problems: list[Problem]) -> Config:
    if config is None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ConfigError(f"{problems[0]}{more}", problems)
    return config


def _validate(
    document: Document | None, problems: list[Problem], path: Path, environ: Mapping[str, str]
) -> tuple[Config | None, list[Problem]]:
    if document is None:
        return None, sort_problems(problems)
    data, unset = substitute_environment(_without_extensions(document.data), document, environ)
    config, invalid = validate_model(Config, data, document=document)
    # a missing variable leaves a text empty; what is wrong with that text says nothing new
    places = {(problem.line, problem.column) for problem in unset}
    problems = problems + unset + [found for found in invalid if (found.line, found.column) not in places]
    if config is not None:
        problems += _check_across_keys(config, document)
        config.place(path.resolve().parent, document)
    return None if has_errors(problems) else config, sort_problems(problems)


def _without_extensions(data: Any) -> Any:
    """``x-…`` keys at the top are free; an empty file is an empty mapping."""
    if data is None:
        return {}
    if not isinstance(data, dict):
        return data
    return {key: value for key, value in data.items() if not key.startswith("x-")}


def _check_across_keys(config: Config, document: Document) -> Iterator[Problem]:
    """Rules that one key alone cannot break."""
    yield from _duplicates(config, document, "name")
    yield from _duplicates(config, document, "token")
    for index, endpoint in enumerate(config.endpoints):
        weak = endpoint.token is not None and len(endpoint.token) < STRONG
        if weak and not endpoint.weak_token and not config.server.is_local:
            message = f"fewer than {STRONG} characters can be guessed, and {config.server.host} is public"
            hint = "leave it out to have one made, or write weak_token: true"
            yield document.problem(WEAK_TOKEN, message, ("endpoints", index, "token"), hint=hint)
    if config.allow_private_addresses:
        message = "outgoing calls may reach every private address"
        hint = "list those that are meant under outgoing.allow"
        path = ("allow_private_addresses",)
        yield document.problem(PRIVATE_ADDRESSES, message, path, hint=hint)


def _duplicates(config: Config, document: Document, key: str) -> Iterator[Problem]:
    """Endpoints are told apart by name and by token."""
    first: dict[str, int] = {}
    for index, endpoint in enumerate(config.endpoints):
        value = getattr(endpoint, key)
        if value is None:
            continue
        if value in first:
            line = document.span(("endpoints", first[value], key)).line
            message = f"two endpoints have this {key}; the first on line {line}"
            yield document.problem(DUPLICATE, message, ("endpoints", index, key))
        first.setdefault(value, index)
