"""Multipart forms (RFC 7578): fields and files of a body that is here already, and bounded so."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message

MAX_PARTS = 1000


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file of a multipart form: its field, the name and the type that the caller gave it, its bytes."""

    name: str
    filename: str
    content_type: str
    body: bytes = field(repr=False)


def read_multipart(content_type: str, body: bytes) -> tuple[dict[str, str], list[FormFile]]:
    """Return the fields, of repeated ones the last, and the files. Both are empty for what is no such form,
    or has more than 1,000 parts."""
    from email.parser import BytesParser  # few servers get forms
    from email.policy import HTTP

    head = b"content-type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    parsed = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = parsed.get_payload()
    if not parsed.is_multipart() or not isinstance(parts, list) or len(parts) > MAX_PARTS:
        return {}, []
    fields: dict[str, str] = {}
    files: list[FormFile] = []
    for part in parts:
        assert isinstance(part, Message)
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            continue
        filename = part.get_filename()
        content = part.get_payload(decode=True)
        content = content if isinstance(content, bytes) else b""
        if filename is None:
            fields[name] = content.decode(part.get_content_charset() or "utf-8", "replace")
        else:
            files.append(FormFile(name, filename, part.get_content_type(), content))
    return fields, files
