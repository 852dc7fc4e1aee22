"""What NLU engines are told of the flows when a project opens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowhook.engine.turn.intent_scope import intent_scope
from flowhook.hooks.calling.caller import parameter_names
from flowhook.i18n.locales import canonical, choose

if TYPE_CHECKING:
    from pathlib import Path

    from flowhook.engine.flow import Flow, Intent, Library, SlotRule
    from flowhook.hooks.api.nlu_engine import NluEngine

Texts = Mapping[str, Sequence[str]]  #: by locale, "" for any


@dataclass(slots=True)
class TrainingData:
    """The arguments of one call of an engine's ``prepare``."""

    language: str
    flow: str = ""  #: the flow in force; "": all flows together
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    slots: dict[str, dict[str, Any]] = field(default_factory=dict)
    reject: list[str] = field(default_factory=list)


async def prepare_engine(
    engine: NluEngine, library: Library, locales: Iterable[str], cache: Path | None, encoder: str = ""
) -> None:
    """Prepare an engine: one that names ``flow`` for each flow that may be in force, another one once
    for each language, with all intents there are. ``cache`` is the folder for what it learned; ``encoder``
    the sentence encoder that the configuration names, or ""."""
    wants = parameter_names(engine.prepare)
    by_flow = wants is not None and "flow" in wants
    for dataset in flow_datasets(library, locales) if by_flow else language_datasets(library, locales):
        more = {"flow": dataset.flow, "reject": dataset.reject, "cache": cache, "encoder": encoder}
        offered = {name: value for name, value in more.items() if wants is not None and name in wants}
        await engine.prepare(dataset.intents, dataset.slots, language=dataset.language, **offered)


def flow_datasets(library: Library, locales: Iterable[str]) -> Iterator[TrainingData]:
    """For each flow that reads intents or slots, in each of its locales: what competes while it is in
    force. Intents of attached flows have the key "flow/name"."""
    locales = list(locales)
    for flow in library.flows.values():
        known = intent_scope(library, flow)
        if not known.intents and not known.slots:
            continue
        for language in [*flow.locales] or locales:
            dataset = TrainingData(language, flow.name)
            for (home, name), intent in known.intents.items():
                prefix = f"{home}/" if home else ""
                dataset.intents[prefix + name] = _intent(
                    intent, known.flows[home], language, flow.locales, prefix
                )
            for name, rule in known.slots.items():
                dataset.slots[name] = _slot(rule, language, flow.locales)
            for competing in known.flows.values():
                dataset.reject += _texts(competing.reject, language, competing.locales or flow.locales)
            yield dataset


def language_datasets(library: Library, locales: Iterable[str]) -> Iterator[TrainingData]:
    """For each language: the intents and slots of all flows. Of one name in several flows the examples
    are put together."""
    for language in locales:
        dataset = TrainingData(language)
        for flow in library.flows.values():
            for name, intent in flow.intents.items():
                if not intent.disabled:
                    described = _intent(intent, flow, language, flow.locales)
                    dataset.intents.setdefault(name, described | {"examples": []})["examples"] += described[
                        "examples"
                    ]
            for name, rule in flow.slots.items():
                dataset.slots.setdefault(name, _slot(rule, language, flow.locales))
            dataset.reject += _texts(flow.reject, language, flow.locales)
        yield dataset


def _intent(
    intent: Intent, flow: Flow, language: str, declared: Mapping[str, str | None], prefix: str = ""
) -> dict[str, Any]:
    return {
        "examples": _texts(intent.examples, language, flow.locales or declared),
        "parent": f"{prefix}{intent.parent}" if intent.parent is not None else None,
        "inherit": intent.inherit,
        "flow": intent.flow,
        "description": intent.description,
    }


def _slot(rule: SlotRule, language: str, declared: Mapping[str, str | None]) -> dict[str, Any]:
    values = {
        value: {
            "synonyms": _texts(more.get("synonyms") or (), language, declared),
            "data": more.get("data"),
        }
        for value, more in rule.values.items()
    }
    return {"values": values, "pattern": rule.pattern, "type": rule.type, "fuzzy": rule.fuzzy}


def _texts(texts: Texts | Sequence[str], language: str, declared: Mapping[str, str | None]) -> list[str]:
    """Those for any locale, and those of the locale that the chain of ``language`` comes to."""
    if not isinstance(texts, Mapping):
        return list(texts)
    by_locale = {canonical(locale): said for locale, said in texts.items() if locale}
    chosen = choose(by_locale, language, declared) if by_locale else None
    return [*texts.get("", ()), *(by_locale[chosen] if chosen is not None else ())]
