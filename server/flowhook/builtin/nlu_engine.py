"""``nlu: builtin``: flowhook's own NLU engine, brought by the same hook as a plugin's.

Models are shared by the digest of their training set, also across a reload: what counts is the
sentences, not the file. Nothing here imports numpy until there is something to train on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakValueDictionary

from flowhook.builtin.model_cache import ModelCache
from flowhook.builtin.nlu_training import TrainingFailed, train_in_background
from flowhook.errors import FlowhookError
from flowhook.hooks.api.nlu_engine import NluEngine
from flowhook.i18n.locales import canonical, choose
from flowhook.model.understanding import Understanding
from flowhook.nlu.dataset import REJECT, IntentParent, TrainedModel, TrainingSet
from flowhook.nlu.interpreter import Interpreter, read_sentence

if TYPE_CHECKING:
    from flowhook.nlu.encoder import SentenceEncoder

#: Trained models in use somewhere in this process, by the digest of their training set.
_MODELS: WeakValueDictionary[str, TrainedModel] = WeakValueDictionary()


class TrainingError(FlowhookError):
    """A flow's examples or slots cannot be trained on."""

    code = "nlu-training"


class BuiltinNlu(NluEngine):
    """Trains on the intents and slots of flow files alone, in memory."""

    name: ClassVar[str] = "builtin"

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._interpreters: dict[str, dict[str, Interpreter]] = {}  #: by flow, by canonical locale

    async def prepare(
        self,
        intents: Mapping[str, Any],
        slots: Mapping[str, Any],
        *,
        language: str,
        flow: str = "",
        reject: Sequence[str] = (),
        cache: Path | None = None,
        encoder: str = "",
    ) -> None:
        """Train on what competes while a flow is in force, unless ``cache`` has it. ``encoder`` names the
        sentence encoder that is used as well. Raises TrainingError."""
        examples = {key: [str(text) for text in intent["examples"]] for key, intent in intents.items()}
        if reject:
            examples[REJECT] = list(reject)
        rules = {name: dict(rule) for name, rule in slots.items()}
        dataset = TrainingSet(examples, rules, language, encoder)
        parents = {
            key: IntentParent(intent.get("parent"), bool(intent.get("inherit")))
            for key, intent in intents.items()
        }
        locale = canonical(language)
        current = self._interpreters.get(flow, {}).get(locale)
        if current is not None and current.digest == dataset.digest:
            return
        try:
            model = await _trained(dataset, cache)
            reader = await asyncio.to_thread(_encoder, encoder) if encoder else None
            interpreter = Interpreter(dataset, model, parents, reader)
            self._interpreters.setdefault(flow, {})[locale] = interpreter
        except (ValueError, MemoryError, TrainingFailed) as error:
            where = f'flow "{flow}": ' if flow else ""
            raise TrainingError(f"{where}the examples cannot be learned: {error}") from error

    async def understand(  # type: ignore[override]  # it names further arguments that it is offered
        self,
        text: str,
        *,
        language: str,
        flow: str = "",
        now: datetime | None = None,
    ) -> Understanding | None:
        """What a text means while ``flow`` is in force; ``now`` in the project's time zone."""
        interpreter = self.interpreter(flow, language)
        if interpreter is None:
            return read_sentence(text, language)
        return interpreter.read(text, now or datetime.now(UTC))

    def interpreter(self, flow: str, language: str) -> Interpreter | None:
        """The interpreter of a flow for a locale: the exact one, its language's, or the first."""
        by_locale = self._interpreters.get(flow, {})
        locale = choose(by_locale, language, {})
        return by_locale[locale] if locale is not None else None


def _encoder(name: str) -> SentenceEncoder | None:
    from flowhook.builtin.sentence_encoder import encoder_named  # numpy

    return encoder_named(name)


async def _trained(dataset: TrainingSet, folder: Path | None) -> TrainedModel:
    """Return the model of a training set: a known one, one that was kept, or one that is trained now."""
    cache = ModelCache(folder) if folder is not None else None
    known = _MODELS.get(dataset.digest)
    if known is None and cache is not None:
        known = await asyncio.to_thread(cache.find, dataset)
    if known is None:
        vectors = (folder,) if dataset.encoder else ()
        known = await train_in_background(dataset, *vectors)
        if cache is not None:
            await asyncio.to_thread(cache.keep, dataset, known)
    _MODELS[dataset.digest] = known
    return known
