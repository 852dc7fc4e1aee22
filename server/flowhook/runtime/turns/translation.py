"""Real-time translation: what a user says becomes the flow's language, what is said to him his own.

.. code-block:: text

    message ── detect, translate ──► flow ── outputs ── translate ──► plugins ──► deliveries
                     │ the language is settled after some inputs         │
                     └──── session.translation ──────────────────────────┘

A translation that was paid for is kept with the turn, as the steps of nodes are, so that a crash does not
ask for it again, and for a while in memory. Where a translator fails, the text goes through as it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from flowhook.clock import Clock
from flowhook.config.endpoints import TranslationConfig
from flowhook.errors import PluginError
from flowhook.hooks.api.translator import Translated
from flowhook.model.event import Event, EventType
from flowhook.model.output import Output
from flowhook.model.session import Session
from flowhook.model.translation import (
    TranslationState,
    protected,
    rewritten,
    same_language,
    texts_of,
    unprotected,
    without_markers,
)
from flowhook.rich.shapes import with_fallback
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.turns.running_turn import RunningTurn
from flowhook.storage.protocols import Steps

CACHED = 20_000  #: translations in memory
AUTO = "auto"


class _Direction(NamedTuple):
    """From which language to which, and how."""

    source: str | None
    target: str
    glossary: str
    formality: str


class Translations:
    """Translates for the endpoints that ask for it. ``retry_delay``: seconds before the first repeat."""

    def __init__(self, steps: Steps, clock: Clock, events: EventBus, *, retry_delay: float) -> None:
        self._steps = steps
        self._clock = clock
        self._events = events
        self._retry_delay = retry_delay
        self._cache: OrderedDict[tuple[Any, ...], tuple[float, Translated]] = OrderedDict()

    async def to_flow(self, turn: RunningTurn, session: Session, text: str) -> str | None:
        """Return what the flow is to see in the place of a user's text; None: the text itself. What is
        detected of the language is noted in the session."""
        settings, state = settings_of(turn, session), session.translation
        if settings is None or not settings.enabled or not text.strip():
            return None
        if not settings.translate_payloads and state is not None and text in state.payloads:
            return None
        user = user_language(settings, state)
        settled = state is not None and state.inputs >= settings.detect_inputs
        source = user if settings.user_language != AUTO or (settled and user) else None
        if source is not None and same_language(source, settings.flow_language):
            return None
        glossary = settings.glossary_input if source is not None else ""
        direction = _Direction(source, settings.flow_language, glossary, "")
        found = await self._translate(turn, [text], direction, "")
        if found is None:
            return None
        if source is None and found[0].language:
            state = session.translation = state or TranslationState()
            state.language, state.inputs = found[0].language, state.inputs + 1
            if same_language(found[0].language, settings.flow_language):
                return None
        return found[0].text

    async def to_user(self, turn: RunningTurn, session: Session, outputs: Sequence[Output]) -> None:
        """Put the user's language in the place of the flow's, in outputs that are about to be stored."""
        settings = settings_of(turn, session)
        if settings is None or not outputs:
            return
        if settings.enabled and not settings.translate_payloads:
            session.translation = session.translation or TranslationState()
            session.translation.remember(outputs)
        user = user_language(settings, session.translation) if settings.enabled else None
        known: dict[str, str] = {}
        if user and not same_language(user, settings.flow_language):
            texts = list(dict.fromkeys(text for output in outputs for text in texts_of(output)))
            formality = settings.formality
            direction = _Direction(settings.flow_language, user, settings.glossary_output, formality)
            found = await self._translate(turn, texts, direction, settings.no_translation_marker)
            known = dict(zip(texts, (translated.text for translated in found or ()), strict=False))
        marker = settings.no_translation_marker
        if not (known or settings.enabled or settings.always_remove_markers):
            return

        def change(text: str) -> str:
            return known[text] if text in known else without_markers(text, marker)

        for output in outputs:
            rewritten(output, change)
            rich = output.data.get("rich")
            if isinstance(rich, dict) and "fallback" in rich:
                plain = {name: value for name, value in rich.items() if name != "fallback"}
                output.data["rich"] = with_fallback(plain, output.text)

    # --- one call ----------------------------------------------------------------------------------

    async def _translate(
        self, turn: RunningTurn, texts: Sequence[str], direction: _Direction, marker: str
    ) -> list[Translated] | None:
        """Return the texts in another language; None when the translator fails, which is told."""
        if not texts:
            return []
        provider = _provider(turn)
        keys = [(provider, direction, marker, text) for text in texts]
        now = self._clock.monotonic()
        known = {key: self._cache[key] for key in keys if key in self._cache and self._cache[key][0] > now}
        missing = [text for text, key in zip(texts, keys, strict=True) if key not in known]
        fresh: dict[str, Translated] = {}
        if missing:
            found = await self._kept(turn, missing, direction, marker)
            if found is None:
                return None
            fresh = dict(zip(missing, found, strict=True))
            self._remember(turn, direction, marker, fresh, now)
        return [
            fresh[text] if text in fresh else known[key][1] for text, key in zip(texts, keys, strict=True)
        ]

    def _remember(
        self,
        turn: RunningTurn,
        direction: _Direction,
        marker: str,
        fresh: dict[str, Translated],
        now: float,
    ) -> None:
        seconds = turn.hooks.translator_setting("cache", 0.0)
        for text, translated in fresh.items() if seconds else ():
            self._cache[(_provider(turn), direction, marker, text)] = (now + seconds, translated)
        while len(self._cache) > CACHED:
            self._cache.popitem(last=False)

    async def _kept(
        self, turn: RunningTurn, texts: list[str], direction: _Direction, marker: str
    ) -> list[Translated] | None:
        """Ask the translator, unless this very turn has asked it before a crash."""
        inbound = turn.inbound
        said = to_json(
            [_provider(turn), direction.source, direction.target, direction.glossary, marker, texts]
        )
        name = f"translation:{hashlib.sha256(said).hexdigest()[:32]}"
        kept = await self._steps.get(inbound.ref, inbound.seq, name)
        if kept is not None:
            return [Translated(*fields) for fields in from_json(kept)]
        try:
            found = await self._asked(turn, texts, direction, marker)
        except PluginError as error:
            turn.project.hooks.caller.report(error)
            self._tell(turn, error)
            return None
        rows = [[translated.text, translated.language] for translated in found]
        await self._steps.keep(inbound.ref, inbound.seq, name, to_json(rows))
        return found

    def _tell(self, turn: RunningTurn, error: PluginError) -> None:
        if self._events.hears(EventType.TRANSLATION_FAILED):
            failure = {"translator": _provider(turn), "error": turn.redactor.event_text(error.message)}
            at, trace_id = self._clock.now(), turn.inbound.trace_id
            self._events.emit(Event.of(EventType.TRANSLATION_FAILED, at, turn.ref, trace_id, failure))

    async def _asked(
        self, turn: RunningTurn, texts: list[str], direction: _Direction, marker: str
    ) -> list[Translated]:
        """Ask the translator, again where that may help. Raises PluginError."""
        hooks = turn.hooks
        around = hooks.no_translation
        marked = [protected(text, marker, around) for text in texts]
        markup = any(is_marked for _, is_marked in marked)
        sent = [text for text, _ in marked]
        if markup:  # all of a call are of one kind
            sent = [protected(text, marker, around)[0] if is_marked else escaped(text)
                    for (_, is_marked), text in zip(marked, texts, strict=True)]  # fmt: skip
        arguments = {
            "texts": sent,
            "source": direction.source,
            "target": direction.target,
            "markup": markup,
            "glossary": direction.glossary,
            "formality": direction.formality,
        }
        retries = int(hooks.translator_setting("retries", 0))
        for attempt in itertools.count():
            try:
                found = await hooks.translate(arguments)
            except PluginError as error:
                if attempt == retries or _is_final(error):
                    raise
                await asyncio.sleep(self._retry_delay * 2**attempt)
            else:
                if not markup:
                    return found
                return [replace(one, text=unprotected(one.text, around)) for one in found]
        raise AssertionError("unreachable")


def escaped(text: str) -> str:
    """A text as the text of HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def settings_of(turn: RunningTurn, session: Session) -> TranslationConfig | None:
    """The endpoint's ``translation``, with what a node changed for this session; None where there is none."""
    config: TranslationConfig | None = turn.endpoint.config.translation
    if config is None or session.translation is None or not session.translation.changes:
        return config
    return config.model_copy(update=session.translation.changes)


def user_language(settings: TranslationConfig, state: TranslationState | None) -> str:
    """The user's language: as the settings say, else as it was detected; "" where nobody knows."""
    if settings.user_language != AUTO:
        return settings.user_language
    return state.language if state is not None else ""


def _provider(turn: RunningTurn) -> str:
    config: TranslationConfig | None = turn.endpoint.config.translation
    return config.provider if config is not None else ""


def _is_final(error: PluginError) -> bool:
    """Whether asking again would not help: the service refused the request itself."""
    status = getattr(getattr(error.__cause__, "response", None), "status_code", 0)
    return 400 <= status < 500 and status not in (408, 425, 429)
