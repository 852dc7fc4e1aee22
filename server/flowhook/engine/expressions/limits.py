"""What one expression may cost."""

from __future__ import annotations

from typing import Final

MAX_SOURCE: Final = 16 * 1024  #: characters of one expression or template
MAX_OUTPUT: Final = 64 * 1024  #: characters that one evaluation may print
MAX_PRODUCED: Final = 256 * 1024  #: characters and items that its filters and operators may make
MAX_READ: Final = 100_000  #: items that its filters and searches may go through
MAX_LOOPS: Final = 10_000  #: rounds of all its loops together
MAX_RANGE: Final = 1_000  #: items of all its ranges together
MAX_ITEMS: Final = 10_000  #: values in one list or mapping that it builds, nested ones included
MAX_BITS: Final = 4_096  #: of an integer
MAX_DIGITS: Final = 1_000  #: of an integer that is read from a text
MAX_DEPTH: Final = 60  #: of an expression's tree
MAX_REASON: Final = 300  #: characters of what is said of one that failed
