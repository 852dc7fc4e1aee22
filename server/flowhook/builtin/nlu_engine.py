"""``nlu: builtin``: flowhook's own understanding, an engine like a plugin's.

Models that other flows, or the flows before a reload, have learned already are taken over: what counts
is the sentences, not the file. Nothing here imports numpy until there is something to learn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from weakref import WeakValueDictionary

from flowhook.builtin.nlu_training import Unlearned, train_in_background
from flowhook.errors import FlowhookError
from flowhook.hooks.api.nlu_engine import NluEngine
from flowhook.i18n.locales import canonical, choose
from flowhook.model.understanding import Understanding
from flowhook.nlu.dataset import REJECT, TrainedModel, TrainingSet
from flowhook.nlu.interpreter import IntentParent, Interpreter, read_sentence

#: What was learned and is in use somewhere in this process, by the digest of its lesson.
_LEARNED: WeakValueDictionary[str, TrainedModel] = WeakValueDictionary()


class TrainingError(FlowhookError):
    """What a flow's examples or slots hold cannot be learned."""

    code = "nlu-training"


class Builtin(NluEngine):
    """Learns intents and slots from flow files alone, in memory."""

    name: ClassVar[str] = "builtin"

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._readers: dict[str, dict[str, Interpreter]] = {}  #: by flow, by canonical locale

    async def prepare(
        self,
        intents: Mapping[str, Any],
        slots: Mapping[str, Any],
        *,
        language: str,
        flow: str = "",
        reject: Sequence[str] = (),
    ) -> None:
        """Learn what competes while a flow is in force. Raises TrainingError."""
        examples = {key: [str(text) for text in each["examples"]] for key, each in intents.items()}
        if reject:
            examples[REJECT] = list(reject)
        lesson = TrainingSet(examples, {name: dict(rule) for name, rule in slots.items()}, language)
        kin = {
            key: IntentParent(each.get("parent"), bool(each.get("inherit"))) for key, each in intents.items()
        }
        locale = canonical(language)
        current = self._readers.get(flow, {}).get(locale)
        if current is not None and current.digest == lesson.digest:
            return
        try:
            learned = await self._learned(lesson)
            self._readers.setdefault(flow, {})[locale] = Interpreter(lesson, learned, kin)
        except (ValueError, MemoryError, Unlearned) as error:
            where = f'flow "{flow}": ' if flow else ""
            raise TrainingError(f"{where}the examples cannot be learned: {error}") from error

    async def _learned(self, lesson: TrainingSet) -> TrainedModel:
        known = _LEARNED.get(lesson.digest)
        if known is None:
            known = _LEARNED[lesson.digest] = await train_in_background(lesson)
        return known

    async def understand(  # type: ignore[override]  # it names further arguments that it is offered
        self,
        text: str,
        *,
        language: str,
        flow: str = "",
        now: datetime | None = None,
    ) -> Understanding | None:
        """What a text means while ``flow`` is in force; ``now`` in the project's time zone."""
        reader = self.reader(flow, language)
        if reader is None:
            return read_sentence(text, language)
        return reader.read(text, now or datetime.now(UTC))

    def reader(self, flow: str, language: str) -> Interpreter | None:
        """The reader of a flow for a locale: the exact one, its language's, or the first."""
        readers = self._readers.get(flow, {})
        chosen = choose(readers, language, {})
        return readers[chosen] if chosen is not None else None
