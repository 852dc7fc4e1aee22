"""Scrubbing: the unused space of a database file is filled with zeros, so that nothing of what was deleted
is left.

SQLite writes zeros over what it deletes (``secure_delete``), but where it rebuilds a page of a B-tree, the
cells that move elsewhere leave their bytes behind, in the space between the cell pointers and the cells:

.. code-block:: text

    ┌ header ┬ cell pointers ┬─ unused: belongs to nobody ─┬ cells, and free blocks between them ┐

That space has no meaning, and so it may be written at any time without SQLite, by the one process that
holds the file, once no newer version of the page waits in the write-ahead log. ``VACUUM`` would do the same
for all pages in one transaction, in which nobody else gets to write. A page that does not look exactly like
a page of a B-tree is left as it is. The format: https://www.sqlite.org/fileformat2.html
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple, Self

PIECE = 512  #: pages that are looked at without a pause

_LEAVES, _INTERIORS = frozenset({0x0A, 0x0D}), frozenset({0x02, 0x05})
_HEADER = struct.Struct(">BHHHB")  #: type, first free block, cells, start of the cells, fragmented bytes
_PENDING_BYTE = 0x4000_0000  #: the page with this byte is never used
_FILE_HEADER = 100  #: bytes of the first page


class Layout(NamedTuple):
    """What the header of a database file says of its pages."""

    page_size: int
    usable: int  #: bytes of a page, without those reserved for others
    has_pointer_maps: bool

    @classmethod
    def of(cls, header: bytes) -> Self:
        """From the first 100 bytes of a file. Raises ValueError."""
        if header[:16] != b"SQLite format 3\x00" or len(header) < _FILE_HEADER:
            raise ValueError("no database")
        size = struct.unpack(">H", header[16:18])[0]
        size = 65536 if size == 1 else size
        return cls(size, size - header[20], header[52:56] != bytes(4))

    def may_be_tree(self, page: int) -> bool:
        """Whether a page (from 1) may belong to a B-tree by its place in the file."""
        if page == _PENDING_BYTE // self.page_size + 1:
            return False
        if not self.has_pointer_maps or page < 2:
            return True
        group = self.usable // 5 + 1
        position = (page - 2) // group * group + 2
        if position == _PENDING_BYTE // self.page_size + 1:
            position += 1
        return page != position


def scrub_pages(file: int, first: int, count: int) -> int:
    """Fill the unused space of pages with zeros, from page ``first`` (1 is the first) on; return how many
    pages were looked at, 0 behind the last one.

    The caller sees to it that nothing is written meanwhile and that the log holds no version of these pages.
    """
    layout = Layout.of(os.pread(file, _FILE_HEADER, 0))
    size = layout.page_size
    read = os.pread(file, count * size, (first - 1) * size)
    pages = len(read) // size
    for index in range(pages):
        if not layout.may_be_tree(first + index):
            continue
        for start, end in unused_space(read[index * size : (index + 1) * size], layout.usable, first + index):
            os.pwrite(file, bytes(end - start), (first - 1 + index) * size + start)
    return pages


def unused_space(page: bytes, usable: int, number: int = 2) -> list[tuple[int, int]]:
    """The ranges of a page that belong to nobody and are not all zeros; none when it is no page of a
    B-tree."""
    head = _FILE_HEADER if number == 1 else 0
    kind, block, cells, content, fragments = _HEADER.unpack_from(page, head)
    if kind not in _LEAVES and kind not in _INTERIORS:
        return []
    pointers = head + (8 if kind in _LEAVES else 12)
    begin = pointers + 2 * cells
    content = content or 65536
    if not begin <= content <= usable or fragments > 60:
        return []
    cell_starts = struct.unpack_from(f">{cells}H", page, pointers)
    if cells and not (min(cell_starts) >= content and max(cell_starts) < usable):
        return []
    ranges = [(begin, content)]
    starts = frozenset(cell_starts)
    end = content
    while block:
        if block < end or block > usable - 4:
            return []
        following, length = struct.unpack_from(">HH", page, block)
        if length < 4 or block + length > usable or not starts.isdisjoint(range(block, block + length)):
            return []
        ranges.append((block + 4, block + length))
        end, block = block + length, following
    return [(a, b) for a, b in ranges if a < b and page.count(0, a, b) < b - a]
