"""An HTTP request as a plugin sees it, and the response that a plugin may write."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs

from pydantic_core import from_json

from flowhook.hooks.api.multipart import FormFile, read_multipart

#: Stands for a value that was not parsed yet; None is a value.
_UNREAD: Any = object()


#: Byte order marks; that of UTF-32 begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Headers(Mapping[str, str]):
    """Header fields by name, whatever the case. Repeated ones are joined with a comma."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: dict[str, str] = {}
        for name, value in fields:
            name = name.lower()
            known = self._fields.get(name)
            self._fields[name] = value if known is None else f"{known}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


@dataclass(slots=True)
class Request:
    """An HTTP request, as the caller sent it.

    ``url`` begins with ``server.public_url``, whatever proxy stands before us; ``body`` are the bytes as
    they came, ``content`` the same where the caller compressed them; ``remote_address`` is an IP address,
    None for a Unix socket.
    """

    method: str
    url: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=Headers)  #: names in any case
    body: bytes = b""
    remote_address: str | None = None
    content: bytes = b""  #: the body, decompressed
    _json: Any = field(default=_UNREAD, init=False, repr=False)
    _form: Any = field(default=_UNREAD, init=False, repr=False)
    _files: list[FormFile] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.headers, Headers):
            self.headers = Headers(self.headers.items())
        self.content = self.content or self.body

    def copy(self) -> Request:
        """A request of the same content, that can be changed without changing this one."""
        return replace(self, headers=Headers(self.headers.items()))

    @property
    def query(self) -> dict[str, str]:
        """The query's values by name; of repeated ones the last."""
        return {name: values[-1] for name, values in self.query_lists.items()}

    @property
    def query_lists(self) -> dict[str, list[str]]:
        """The query's values by name, all of them."""
        return _fields(self.query_string)

    @property
    def json(self) -> Any:
        """The body as JSON of any kind, in whatever encoding it is; None when it is not JSON."""
        if self._json is _UNREAD:
            try:
                self._json = from_json(self._utf8())
            except (ValueError, LookupError):
                self._json = None
        return self._json

    def _utf8(self) -> bytes:
        """The body in UTF-8. A byte order mark tells its encoding, else the Content-Type does."""
        for mark, encoding in _MARKS:
            if self.content.startswith(mark):
                return self.content.removeprefix(mark).decode(encoding).encode()
        for parameter in self.headers.get("content-type", "").lower().split(";")[1:]:
            name, _, value = parameter.strip().partition("=")
            if name == "charset" and value.strip('"') not in ("", "utf-8", "utf8", "us-ascii"):
                return self.content.decode(value.strip('"')).encode()
        return self.content

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form, urlencoded or multipart, of repeated ones the last; empty when the body is
        none. Files are in :attr:`files`."""
        if self._form is _UNREAD:
            self._form, self._files = self._read_form()
        return dict(self._form)

    @property
    def files(self) -> list[FormFile]:
        """The files of a multipart form, in their order."""
        if self._form is _UNREAD:
            self._form, self._files = self._read_form()
        return list(self._files)

    def _read_form(self) -> tuple[dict[str, str], list[FormFile]]:
        header = self.headers.get("content-type", "")
        content_type = header.partition(";")[0].strip().lower()
        if content_type == "application/x-www-form-urlencoded":
            fields = _fields(self.content.decode("utf-8", "replace"))
            return {name: values[-1] for name, values in fields.items()}, []
        if content_type == "multipart/form-data":
            return read_multipart(header, self.content)
        return {}, []


def _fields(text: str) -> dict[str, list[str]]:
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return {}


class _Fields(dict[str, str]):
    """Header fields that tell their response when one of them is set."""

    def __init__(self, response: Response, fields: Mapping[str, str]) -> None:
        super().__init__(fields)
        self._response = response

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(name, value)
        self._response.written = True

    def update(self, *args: Any, **fields: str) -> None:
        for name, value in dict(*args, **fields).items():
            self[name] = value

    def setdefault(self, name: str, value: str = "") -> str:
        if name not in self:
            self[name] = value
        return self[name]


class Response:
    """The response that a plugin writes in place of ours. Untouched, ours is sent.

    A ``status`` outside of 200 to 599 raises ValueError. A ``body`` is text, bytes, or a value to be sent
    as JSON. When ours is an error, ours is sent.
    """

    def __init__(self) -> None:
        self._status = 200
        self._headers: dict[str, str] = _Fields(self, {})
        self._body: str | bytes | dict[str, Any] | list[Any] | None = None
        self.written = False  #: whether anything was set

    @property
    def status(self) -> int:
        """The status code."""
        return self._status

    @status.setter
    def status(self, value: int) -> None:
        if not 200 <= value <= 599:
            raise ValueError(f"an answer's status must lie between 200 and 599, not {value}")
        self._status, self.written = value, True

    @property
    def headers(self) -> dict[str, str]:
        """The header fields, to be set one by one or all at once."""
        return self._headers

    @headers.setter
    def headers(self, value: Mapping[str, str]) -> None:
        self._headers, self.written = _Fields(self, value), True

    @property
    def body(self) -> str | bytes | dict[str, Any] | list[Any] | None:
        """Text, bytes, or a value that is sent as JSON."""
        return self._body

    @body.setter
    def body(self, value: str | bytes | dict[str, Any] | list[Any] | None) -> None:
        self._body, self.written = value, True

    def redirect(self, url: str, status: int = 302) -> None:
        """Send the caller elsewhere."""
        self.status = status
        self.headers["location"] = url
