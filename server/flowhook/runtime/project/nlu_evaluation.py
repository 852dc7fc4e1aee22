"""What an evaluation of the built-in understanding is told of a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowhook.builtin.evaluation.report import Subject
from flowhook.errors import FlowhookError
from flowhook.nlu.dataset import IntentParent
from flowhook.runtime.project.nlu_training_data import TrainingData, flow_datasets

if TYPE_CHECKING:
    from flowhook.engine.flow import Library

CONFIDENCE = 0.4  #: a score that counts, where the flow says nothing


def evaluations_of(
    library: Library, flow: str, language: str | None = None, confidence: float | None = None
) -> list[tuple[dict[str, list[str]], Subject]]:
    """Return, for each language of a flow or for one, the examples that compete while the flow is in force,
    by intent, and what goes with them.

    Raises FlowhookError for a flow that has none, or not in this locale.
    """
    datasets = _training_data(library, flow, language)
    taught = [data for data in datasets if any(intent["examples"] for intent in data.intents.values())]
    if not taught:
        known = ", ".join(data.language for data in datasets)
        raise FlowhookError(f'the flow "{flow}" has no intents with examples for "{known}"')
    if confidence is None:
        confidence = float(library.flows[flow].settings.get("confidence", CONFIDENCE))
    return [_evaluation(data, confidence) for data in taught]


def _evaluation(data: TrainingData, confidence: float) -> tuple[dict[str, list[str]], Subject]:
    examples = {key: list(intent["examples"]) for key, intent in data.intents.items() if intent["examples"]}
    parents = {key: IntentParent(intent["parent"], intent["inherit"]) for key, intent in data.intents.items()}
    return examples, Subject(data.language, data.slots, parents, data.reject, confidence)


def _training_data(library: Library, flow: str, language: str | None) -> list[TrainingData]:
    told = [dataset for dataset in flow_datasets(library, [language or "en"]) if dataset.flow == flow]
    if not told:
        raise FlowhookError(f'the flow "{flow}" has no intents')
    fitting = [dataset for dataset in told if language is None or dataset.language == language]
    if not fitting:
        known = ", ".join(dataset.language for dataset in told)
        raise FlowhookError(f'the flow "{flow}" is not in the locale "{language}" (it is in {known})')
    return fitting
