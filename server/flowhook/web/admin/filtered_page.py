"""Pages of what the database does not sort out by itself: rows are read, and those that fit are kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

PAGES = 20  #: that are looked through for one page, which may then be short

T = TypeVar("T")
C = TypeVar("C")


async def filtered_page(
    read: Callable[[C | None], Awaitable[Sequence[T]]],
    cursor_of: Callable[[T], C],
    fits: Callable[[T], bool],
    limit: int,
    after: C | None,
) -> tuple[list[T], C | None]:
    """Return a page of what fits, and the cursor behind which to go on; None when there is no more.
    ``read`` gives the rows behind a cursor, ``limit`` at most."""
    found: list[T] = []
    for _ in range(PAGES):
        rows = await read(after)
        for row in rows:
            after = cursor_of(row)
            if fits(row):
                found.append(row)
                if len(found) == limit:
                    return found, after
        if len(rows) < limit:
            return found, None
    return found, after
