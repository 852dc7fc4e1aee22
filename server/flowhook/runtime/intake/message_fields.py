"""The rules of a message's body, the same for HTTP, plugins and tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flowhook.errors import ApiError
from flowhook.model.inbound import JsonObject, Precondition
from flowhook.runtime.intake.repeats import is_idempotency_key

ID_LIMIT = 256  #: characters of userId and sessionId
TEXT_LIMIT = 10_000  #: characters
LONGEST_AHEAD = 366 * 86_400.0  #: seconds from now that notBefore may lie


class MessageFields:
    """The fields of one message, checked. Raises :class:`ApiError` 400 naming all that is wrong.

    ``strict``: a bad part is an error also when the other is good. ``backend``: inject and notify, which
    may carry conditions. ``now``: POSIX seconds.
    """

    def __init__(self, message: Mapping[str, Any], *, strict: bool, backend: bool, now: float) -> None:
        self.backend = backend
        self.errors: list[dict[str, str]] = []
        self.user_id = self._identifier(message, "userId")
        self.session_id = self._identifier(message, "sessionId")
        self.message_id = self._message_id(message)
        identity_errors = len(self.errors)
        self.text = self._content(message, "text")
        self.data = self._object(message)
        self.attachments = self._attachments(message)
        content_errors = self.errors[identity_errors:]
        usable = bool(self.text or self.attachments) or self.data is not None
        if content_errors and usable and not strict:
            del self.errors[identity_errors:]
        self.not_before: float | None = None
        self.precondition: Precondition | None = None
        if backend:
            self._conditions(message, now)
        if not usable and not content_errors:
            self.errors.append(
                {"field": "text", "message": "text (not empty), data or attachments are needed"}
            )
        if self.errors:
            only_content = not usable and not content_errors and len(self.errors) == 1
            raise ApiError(
                400,
                "missing_content" if only_content else "invalid_field",
                "; ".join(f"{error['field']}: {error['message']}" for error in self.errors),
                errors=self.errors,
            )

    def _add_error(self, name: str, message: str) -> None:
        self.errors.append({"field": name, "message": message})

    def _identifier(self, message: Mapping[str, Any], name: str) -> str:
        value = message.get(name)
        if value is None:
            self._add_error(name, "is missing")
        elif not isinstance(value, str):
            self._add_error(name, "must be a string")
        elif not value:
            self._add_error(name, "must not be empty")
        elif len(value) > ID_LIMIT:
            self._add_error(name, f"must have at most {ID_LIMIT} characters")
        elif not _storable(value):
            self._add_error(name, "must not hold NUL or broken characters")
        else:
            return value
        return ""

    def _message_id(self, message: Mapping[str, Any]) -> str | None:
        value = message.get("messageId")
        if value is None:
            return None
        if not isinstance(value, str) or not is_idempotency_key(value):
            self._add_error("messageId", "must be a string of 1 to 255 printable ASCII characters")
            return None
        return value

    def _content(self, message: Mapping[str, Any], name: str) -> str:
        value = message.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._add_error(name, "must be a string")
        elif len(value) > TEXT_LIMIT:
            self._add_error(name, f"must have at most {TEXT_LIMIT} characters")
        elif not _storable(value):
            self._add_error(name, "must not hold NUL or broken characters")
        else:
            return value
        return ""

    def _object(self, message: Mapping[str, Any]) -> JsonObject | None:
        value = message.get("data")
        if value is None or isinstance(value, dict):
            return value
        self._add_error("data", "must be an object")
        return None

    def _attachments(self, message: Mapping[str, Any]) -> list[JsonObject]:
        value = message.get("attachments")
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._add_error("attachments", "must be a list of objects")
            return []
        for n, item in enumerate(value):
            for name in ("name", "url", "type", "caption"):
                if item.get(name) is not None and not isinstance(item[name], str):
                    self._add_error(f"attachments[{n}].{name}", "must be a string")
        return value

    def _conditions(self, message: Mapping[str, Any], now: float) -> None:
        self.not_before = self._time(message, "notBefore")
        if self.not_before is not None and self.not_before > now + LONGEST_AHEAD:
            self._add_error("notBefore", f"must be at most {LONGEST_AHEAD // 86_400:g} days ahead")
        expires_at = self._time(message, "expiresAt")
        if_node, if_revision = message.get("ifNode"), message.get("ifRevision")
        if if_node is not None and (not isinstance(if_node, str) or not if_node):
            self._add_error("ifNode", "must be the id of a node, or flow/node")
        if if_revision is not None and (not isinstance(if_revision, int) or isinstance(if_revision, bool)):
            self._add_error("ifRevision", "must be a whole number")
        elif if_revision is not None and not 0 <= if_revision < 2**53:
            self._add_error("ifRevision", "must be a whole number from 0 to 2^53")
        if (if_node, if_revision, expires_at) != (None, None, None):
            self.precondition = Precondition(if_node, if_revision, expires_at)

    def _time(self, message: Mapping[str, Any], name: str) -> float | None:
        value = message.get(name)
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value.upper())  # RFC 3339 allows t and z
        except (AttributeError, TypeError, ValueError):
            self._add_error(name, "must be a time such as 2030-01-31T12:00:00Z (RFC 3339)")
            return None
        if moment.tzinfo is None:
            self._add_error(name, "must say its offset from UTC, such as Z or +02:00")
            return None
        try:
            return moment.astimezone(UTC).timestamp()
        except OverflowError:
            self._add_error(name, "must lie between the years 1 and 9999, in UTC")
            return None


def _storable(value: str) -> bool:
    """Neither database takes NUL or half a surrogate pair; a plugin may have made one."""
    if value.isascii():
        return "\0" not in value
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
