"""Files of sentences with their intents: CSV, JSON or YAML."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from flowhook.errors import ConfigError, FlowhookError

Examples = dict[str, list[str]]  #: intent → sentences

#: What the columns of a CSV file may be called.
TEXTS = ("text", "sentence", "utterance", "example", "query", "message")
INTENTS = ("intent", "category", "label", "class")


def read_examples(path: Path) -> Examples:
    """The sentences of a file by intent. Raises FlowhookError, or ConfigError with the place, when it
    holds none, or cannot be read as what its ending says."""
    examples = _read_csv(path) if path.suffix.lower() in (".csv", ".tsv") else _read_mapping(path)
    examples = {intent: list(dict.fromkeys(texts)) for intent, texts in examples.items() if texts}
    if not examples:
        raise FlowhookError(f"{path} holds no sentences")
    return examples


def _read_csv(path: Path) -> Examples:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ","))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FlowhookError(f"{path} cannot be read: {error}") from error
    examples: Examples = {}
    for text, intent in _pairs(path, rows):
        examples.setdefault(intent, []).append(text)
    return examples


def _pairs(path: Path, rows: list[list[str]]) -> Iterator[tuple[str, str]]:
    """Text and intent of each row. Without a header the text comes first."""
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    text = next((header.index(name) for name in TEXTS if name in header), None)
    intent = next((header.index(name) for name in INTENTS if name in header), None)
    start = 1
    if text is None or intent is None:
        text, intent, start = 0, 1, 0
    for number, row in enumerate(rows[start:], start + 1):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) <= max(text, intent):
            raise FlowhookError(f"{path}:{number}: expected a text and an intent, as in text,intent")
        if row[text].strip() and row[intent].strip():
            yield row[text].strip(), row[intent].strip()


def _read_mapping(path: Path) -> Examples:
    from flowhook.problems.problem import has_errors
    from flowhook.yamldoc.document import load_file

    document, problems = load_file(path)
    if document is None or has_errors(problems):
        raise ConfigError(f"{path} cannot be read", problems)
    data = document.data
    if not isinstance(data, dict):
        raise FlowhookError(f"{path} is no mapping of intents to sentences")
    examples: Examples = {}
    for intent, texts in data.items():
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise FlowhookError(f'{path}: the intent "{intent}" is no list of sentences')
        examples[str(intent)] = [text.strip() for text in texts if text.strip()]
    return examples
