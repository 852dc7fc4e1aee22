"""The base of a translator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from flowhook.hooks.api.engine import Engine
from flowhook.hooks.api.settings import Settings

SECONDS = 5.0


class TranslatorSettings(Settings):
    """What every translator takes from ``translators.<name>``: how long, how often, and what is kept."""

    timeout: float = Field(SECONDS, gt=0, le=30)  #: seconds for one call
    retries: int = Field(2, ge=0, le=5)  #: of a call that fails
    cache: float = Field(86_400.0, ge=0)  #: seconds for which a translation is used again; 0: none is


@dataclass(frozen=True, slots=True)
class Translated:
    """A text in another language, and the language that it was in."""

    text: str
    language: str = ""  #: as the service detected it, such as ``de`` or ``pt-BR``; "" where it was told


class Translator(Engine):
    """Translates texts; named by an endpoint's ``translation.provider``, brought by ``register_translators``.

    A ``Settings`` class inside, derived from ``TranslatorSettings``, reads ``translators.<name>``.
    ``no_translation`` is the markup around what is to stay as it is, in texts with ``markup``.
    """

    Settings: ClassVar[type[Settings]] = TranslatorSettings
    no_translation: ClassVar[tuple[str, str]] = ('<span translate="no">', "</span>")

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: str | None,
        target: str,
        markup: bool,
        glossary: str,
        formality: str,
        http: Any,
    ) -> list[Translated]:
        """Return the texts in the language ``target``, one for each, in their order.

        ``source`` is the language they are in, None: the service is to detect it. With ``markup`` they are
        HTML: escaped, with :attr:`no_translation` around what stays. ``glossary`` and ``formality`` are the
        endpoint's, "" for none. It may name further arguments: ``endpoint, storage, log``. What it raises is
        a failure, after which the texts stay as they are.
        """
        raise NotImplementedError
