"""What the names in the head of an HTTP message may look like, to whoever reads or writes one."""

from __future__ import annotations

from typing import Final

#: A token (RFC 9110, 5.6.2): the name of a header, or a method. As a part of expressions.
TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
