"""Reads ``config.yaml``: text, environment, model, and the rules that span several keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowhook.config.environment import substitute_environment
from flowhook.config.models import Config
from flowhook.config.rules import check_config
from flowhook.errors import ConfigError
from flowhook.problems.problem import Problem, has_errors, sort_problems
from flowhook.yamldoc.document import Document, load, load_file
from flowhook.yamldoc.validation import validate_model


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the configuration. Raises ConfigError with every problem at once."""
    return _config_or_error(*read_config(path, environ))


def read_config(path: Path, environ: Mapping[str, str]) -> tuple[Config | None, list[Problem]]:
    """Read the configuration, None when it has errors, and all problems, warnings too."""
    document, problems = load_file(path)
    return _validate(document, problems, path, environ)


def read_config_text(
    text: str, path: Path, environ: Mapping[str, str]
) -> tuple[Config | None, list[Problem]]:
    """Do the same with the text that the file ``path`` would have."""
    document, problems = load(text, str(path))
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
    positions = {(problem.line, problem.column) for problem in unset if problem.severity == "error"}
    problems = problems + unset + [found for found in invalid if (found.line, found.column) not in positions]
    if config is not None:
        config.place(path.resolve().parent, document)
        problems += check_config(config, document)
        config.warnings.extend(problem for problem in problems if problem.severity == "warning")
    return None if has_errors(problems) else config, sort_problems(problems)


def _without_extensions(data: Any) -> Any:
    """``x-…`` keys at the top are free; an empty file is an empty mapping."""
    if data is None:
        return {}
    if not isinstance(data, dict):
        return data
    return {key: value for key, value in data.items() if not key.startswith("x-")}
