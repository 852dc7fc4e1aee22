"""What an author sees of conversations: those of tests. People's are the readers'."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from flowhook.model.roles import permits
from flowhook.web.admin.routes import AdminRequest

PAGES = 20  #: that are looked through for one page of tests, which may then be short

T = TypeVar("T")
C = TypeVar("C")


def sees_all(request: AdminRequest) -> bool:
    """Return whether the caller may see conversations of people."""
    return permits(request.caller.role, ("reader",))


async def page_of_tests(
    read: Callable[[C | None], Awaitable[Sequence[T]]],
    cursor_of: Callable[[T], C],
    is_test: Callable[[T], bool],
    limit: int,
    after: C | None,
) -> tuple[list[T], C | None]:
    """Return a page of what is a test, and the cursor behind which to go on; None when there is no more.
    ``read`` gives the rows behind a cursor, ``limit`` at most."""
    found: list[T] = []
    for _ in range(PAGES):
        rows = await read(after)
        for row in rows:
            after = cursor_of(row)
            if is_test(row):
                found.append(row)
                if len(found) == limit:
                    return found, after
        if len(rows) < limit:
            return found, None
    return found, after
