"""A filter for the hash chain of the chaos tests."""

import hashlib

from flowhook import hookimpl


def sha256(text: str) -> str:
    """The hexadecimal digest."""
    return hashlib.sha256(text.encode()).hexdigest()


@hookimpl
def register_filters():
    return {"sha256": sha256}
