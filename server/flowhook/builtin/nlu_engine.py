"""``nlu: builtin``: flowhook's own NLU engine, brought by the same hook as a plugin's.

Models are shared by the digest of their training set, also across a reload: what counts is the
sentences, not the file. Nothing here imports numpy until there is something to train on, or to read:
a model that was kept is taken from its file when the first text comes.
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


class _LazyInterpreter:
    """What one flow was taught in one locale, and the interpreter of it: made at once of a model that is in
    memory, or at the first text of one that was kept."""

    def __init__(
        self, dataset: TrainingSet, parents: Mapping[str, IntentParent], folder: Path | None
    ) -> None:
        self.digest = dataset.digest
        self._dataset, self._parents, self._folder = dataset, parents, folder
        self._interpreter: Interpreter | None = None
        self._making = asyncio.Lock()

    async def prepare(self) -> None:
        """See to it that there is a model, in memory or in the folder, and an encoder where one is named."""
        at_once = self.digest in _MODELS or self._dataset.encoder
        if at_once or self._folder is None or not await asyncio.to_thread(self._is_kept, self._folder):
            await self.interpreter()

    async def interpreter(self) -> Interpreter:
        """The interpreter, made in a thread when it is asked for first. Raises ValueError or TrainingFailed
        where it needs training that fails."""
        if self._interpreter is None:
            async with self._making:
                if self._interpreter is None:
                    model = await _trained(self._dataset, self._folder)
                    self._interpreter = await asyncio.to_thread(self._build, model)
        return self._interpreter

    def _is_kept(self, folder: Path) -> bool:
        return ModelCache(folder).holds(self._dataset)

    def _build(self, model: TrainedModel) -> Interpreter:
        encoder = _encoder(self._dataset.encoder) if self._dataset.encoder else None
        return Interpreter(self._dataset, model, self._parents, encoder)


class BuiltinNlu(NluEngine):
    """Trains on the intents and slots of flow files alone, in memory."""

    name: ClassVar[str] = "builtin"

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._prepared: dict[str, dict[str, _LazyInterpreter]] = {}  #: by flow, by canonical locale

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
        current = self._prepared.get(flow, {}).get(locale)
        if current is not None and current.digest == dataset.digest:
            return
        prepared = _LazyInterpreter(dataset, parents, cache)
        try:
            await prepared.prepare()
        except (ValueError, MemoryError, TrainingFailed) as error:
            where = f'flow "{flow}": ' if flow else ""
            raise TrainingError(f"{where}the examples cannot be learned: {error}") from error
        self._prepared.setdefault(flow, {})[locale] = prepared

    async def understand(  # type: ignore[override]  # it names further arguments that it is offered
        self,
        text: str,
        *,
        language: str,
        flow: str = "",
        now: datetime | None = None,
    ) -> Understanding | None:
        """What a text means while ``flow`` is in force; ``now`` in the project's time zone."""
        by_locale = self._prepared.get(flow, {})
        locale = choose(by_locale, language, {})  # the exact one, its language's, or the first
        if locale is None:
            return read_sentence(text, language)
        interpreter = await by_locale[locale].interpreter()
        return interpreter.read(text, now or datetime.now(UTC))


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
