"""Secrets of plugins: hidden wherever they are shown, and filled in where a delivery is sent.

A ``Secret`` that is written into a text, such as ``f"{settings.url}/bot{settings.token}"``, is a
*placeholder* there, which this process alone knows. What is stored of a delivery has the secret's name
between two control characters in its place, which no text of a user can have there; the attempt to send it
puts in the secret as it is then.

.. code-block:: text

    plugin     https://api.example/bot  fhs~5f1c…~telegram.bot_token~  /send      in this process
    database   https://api.example/bot  ␂telegram.bot_token␃           /send      seal
    network    https://api.example/bot  12345:AAF…                     /send      fill
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from flowhook.model.privacy import MASK

_OPEN, _CLOSE = "\x02", "\x03"
_NONCE: Final = secrets.token_hex(16)
_PLACEHOLDER = re.compile(rf"fhs~{_NONCE}~([\w.-]+)~")
_SEALED = re.compile(r"\x02([\w.-]+)\x03")

#: Of a secret's name the secret; None when there is none.
Lookup = Callable[[str], "str | None"]


class Secret:
    """A setting of a plugin that nobody may see: ``bot_token: Secret``.

    ``repr`` and JSON show ``****``. In an f-string it is a placeholder, which a ``Deliver`` may have in its
    url, its headers and its ``json``. :meth:`reveal` is for calls that the plugin makes itself.
    """

    __slots__ = ("_name", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        self._name = ""

    def reveal(self) -> str:
        """The secret itself. Do not keep or log it."""
        return self._value

    def matches(self, text: str) -> bool:
        """Whether a text is the secret, in a time that tells nothing of it."""
        return hmac.compare_digest(self._value.encode(), text.encode())

    def __str__(self) -> str:
        return f"fhs~{_NONCE}~{self._name}~" if self._name else MASK

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        return f"Secret('{MASK}')"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return self.matches(other._value) if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda secret: MASK),
        )


class SecretMissing(Exception):
    """A stored delivery needs a secret that is no longer set. Its text is the name."""


def bind_secrets(settings: Any, name: str) -> None:
    """Give the secrets among settings (a model, nested ones too) their names: ``telegram.bot_token``."""
    for field in getattr(type(settings), "model_fields", ()):
        value = getattr(settings, field)
        if isinstance(value, Secret):
            value._name = f"{name}.{field}"
        else:
            bind_secrets(value, f"{name}.{field}")


def find_secret(settings: Any, path: str) -> str | None:
    """The secret at a dotted path of fields, without the plugin's name; None when there is none."""
    for field in path.split("."):
        if field not in getattr(type(settings), "model_fields", ()):
            return None
        settings = getattr(settings, field)
    return settings.reveal() if isinstance(settings, Secret) else None


def hidden(text: str) -> str:
    """A text for the log: ``****`` in the place of placeholders."""
    return _PLACEHOLDER.sub(MASK, text) if "fhs~" in text else text


def seal(text: str) -> str:
    """A text as it is stored: names of secrets in the place of their placeholders."""
    if _OPEN in text or _CLOSE in text:  # not ours: nothing may look as if it were
        text = text.replace(_OPEN, "").replace(_CLOSE, "")
    return _PLACEHOLDER.sub(rf"{_OPEN}\1{_CLOSE}", text) if "fhs~" in text else text


def seal_json(body: bytes) -> bytes:
    """The same for JSON, in which control characters of others are escaped."""
    return seal(body.decode()).encode() if b"fhs~" in body else body


def is_sealed(text: str) -> bool:
    """Whether a stored text wants a secret."""
    return _OPEN in text


def fill(text: str, lookup: Lookup) -> str:
    """A stored text with its secrets. Raises SecretMissing."""
    return _SEALED.sub(lambda found: _found(found[1], lookup), text)


def fill_json(body: bytes, lookup: Lookup) -> bytes:
    """The same for JSON."""
    filled = _SEALED.sub(lambda found: json.dumps(_found(found[1], lookup))[1:-1], body.decode())
    return filled.encode()


def _found(name: str, lookup: Lookup) -> str:
    value = lookup(name)
    if value is None:
        raise SecretMissing(name)
    return value
