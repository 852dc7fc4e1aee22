"""Ten thousand random mistakes in the shipped flows: what does the checker say, and where?

Each mutation is one slip of an author: a line lost, doubled or moved, a wrong indentation, a name misspelt,
a bracket or quote too few, a value of the wrong type, a broken template. The checker must not crash nor
hang, and every problem that the mutation brings has to stand where the author looks:

- ``line``: on a line that was changed; where one was lost, on one of the two lines at the seam;
- ``refers``: on a line that names something (a node, a flow, a variable, an intent …) that was named on a
  changed line, before or after;
- ``construct``: on the line that opens the mapping or list in which a changed line stands, on a key beside
  it in the same mapping, or on a key or item directly under it: there something is missing now, or has
  lost what it belonged to;
- ``elsewhere``: anywhere else.

    python benchmarks/mutations.py --count 10000 --seed 1 --directory flows
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import LoadedLibrary, is_flow_file, load_library
from flowhook.nodes import BUILTIN
from flowhook.problems.problem import Problem

BOUND = 5.0  #: seconds that the checker may take for one mutation
CLASSES = ("line", "refers", "construct", "elsewhere")
_WORD = re.compile(r"[A-Za-z_][\w-]*")
_NAMES = (
    re.compile(r"\bid: *([\w-]+)"),
    re.compile(r"^flow: *([\w-]+)", re.MULTILINE),
    re.compile(r"\b(?:context|session|profile|vars|slots)\.([\w.]+)"),
    re.compile(r"\b(?:goto|call|next|entry|then|else|to|on_\w+|default|parent|slot|state): *([\w/-]+)"),
    re.compile(r"^  ([\w-]+):", re.MULTILINE),
    re.compile(r"\b(?:context|attach): *[\[{](.*)[\]}]"),
)


@dataclass(frozen=True, slots=True)
class Mutation:
    """One edit: the lines ``first`` to ``last`` (from 0, ``last`` not included) became ``lines``."""

    what: str
    first: int
    last: int
    lines: list[str]


_GARBAGE = (
    "@@", "\t", "{", "}", "[", "]", ":", "- ", "&x ", "*x ", "!!", "%", "'", '"', "#", "---", "\x00", "日本",
    "|", ">", "? ", "{{", "}}", "{%",
)  # fmt: skip

Mutator = Callable[[random.Random, list[str], int], Mutation | None]


# --- what authors get wrong --------------------------------------------------------------------------


def _delete(chance: random.Random, lines: list[str], at: int) -> Mutation:
    return Mutation("delete a line", at, at + 1, [])


def _duplicate(chance: random.Random, lines: list[str], at: int) -> Mutation:
    return Mutation("double a line", at, at + 1, [lines[at], lines[at]])


def _swap(chance: random.Random, lines: list[str], at: int) -> Mutation | None:
    if at + 1 >= len(lines) or lines[at] == lines[at + 1]:
        return None
    return Mutation("swap two lines", at, at + 2, [lines[at + 1], lines[at]])


def _indent(chance: random.Random, lines: list[str], at: int) -> Mutation | None:
    by = chance.choice([-4, -2, -1, 1, 2, 4])
    line = " " * by + lines[at] if by > 0 else lines[at][-by:]
    if by < 0 and lines[at][:-by].strip():
        return None
    return Mutation("indent a line", at, at + 1, [line])


def _put(what: str, lines: list[str], at: int, line: str) -> Mutation | None:
    return Mutation(what, at, at + 1, [line]) if line != lines[at] else None


def _word(what: str, pattern: str, change: Callable[[random.Random, str], str]) -> Mutator:
    """Change one of the words that a pattern finds on a line."""

    def mutate(chance: random.Random, lines: list[str], at: int) -> Mutation | None:
        found = list(re.finditer(pattern, lines[at]))
        if not found:
            return None
        one = chance.choice(found)
        line = lines[at][: one.start(1)] + change(chance, one[1]) + lines[at][one.end(1) :]
        return _put(what, lines, at, line)

    return mutate


def _misspelt(chance: random.Random, word: str) -> str:
    at = chance.randrange(len(word))
    return chance.choice(
        [
            word[:at] + word[at + 1 :] or "x",
            word[:at] + word[at] + word[at:],
            word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            word[:at] + chance.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :],
        ]
    )


def _drop(chance: random.Random, lines: list[str], at: int) -> Mutation | None:
    if not lines[at]:
        return None
    where = chance.randrange(len(lines[at]))
    return _put("drop a character", lines, at, lines[at][:where] + lines[at][where + 1 :])


def _garbage(chance: random.Random, lines: list[str], at: int) -> Mutation:
    bit = chance.choice(_GARBAGE)
    where = chance.randrange(len(lines[at]) + 1)
    return Mutation("insert garbage", at, at + 1, [lines[at][:where] + bit + lines[at][where:]])


def _unbalance(chance: random.Random, lines: list[str], at: int) -> Mutation | None:
    places = [where for where, char in enumerate(lines[at]) if char in "\"'[]{}()"]
    if not places:
        return None
    where = chance.choice(places)
    return _put("unbalance quotes or brackets", lines, at, lines[at][:where] + lines[at][where + 1 :])


def _replace_value(chance: random.Random, word: str) -> str:
    return chance.choice(["null", "[]", "{}", "[1, two]", "{a: 1}", "true", "-1", "3.5", '""', "~", "x"])


def _break_template(chance: random.Random, word: str) -> str:
    return chance.choice(
        [
            word[:-1],
            word[1:],
            word.replace("{{", "{{ (", 1),
            word.replace("}}", "| nosuch }}", 1),
            word.replace("context", "contxt", 1),
            word.replace("{{", "{%", 1),
            word.replace(".", "..", 1),
            word.replace("}}", "+ }}", 1),
        ]
    )


def _nonsense(chance: random.Random, word: str) -> str:
    return word + chance.choice([" &&", " ===", " |", " and", " (", " ~ ~", " then"])


MUTATORS: tuple[Mutator, ...] = (
    _delete, _duplicate, _swap, _indent, _drop, _garbage, _unbalance,
    _word("rename a key", r"([A-Za-z_]\w*):(?: |$)", lambda _, word: f"{word}_x"),
    _word("misspell a key", r"([A-Za-z_]\w*):(?: |$)", _misspelt),
    _word("rename an id", r"\bid: *([\w-]+)", lambda _, word: f"{word}_x"),
    _word(
        "misspell a target",
        r"\b(?:goto|call|next|entry|on_\w+|then|else|default|to): *([\w/-]+)",
        _misspelt,
    ),
    _word("misspell a word", r"([A-Za-z_]{3,})", _misspelt),
    _word("change a value", r": +([^\s{\[|>#][^,}\]]*)", _replace_value),
    _word("change a value", r": +([\[{].*[\]}])", _replace_value),
    _word("break a template", r"(\{[{%].*?[}%]\})", _break_template),
    _word("break an expression", r"\b(?:if|switch|valid_if|skip_if): ([^,}{]+)", _nonsense),
)  # fmt: skip


def mutation(chance: random.Random, lines: list[str]) -> Mutation:
    """A random one that changes something; comments and blank lines are left in peace."""
    while True:
        at = chance.randrange(len(lines))
        if not lines[at].strip() or lines[at].lstrip().startswith("#"):
            continue
        made = chance.choice(MUTATORS)(chance, lines, at)
        if made is not None:
            return made


# --- where problems may stand ------------------------------------------------------------------------


class Places:
    """The lines of a mutated file (from 1) on which a problem is well placed."""

    def __init__(self, before: list[str], change: Mutation) -> None:
        self.after = [*before[: change.first], *change.lines, *before[change.last :]]
        new = range(change.first, change.first + len(change.lines))
        seam = (change.first - 1, change.first) if not change.lines else ()
        self.changed = {index + 1 for index in (*new, *seam) if 0 <= index < len(self.after)}
        self.words = _named(before, before[change.first : change.last], change.lines)
        self.near = {at + 1 for index in new for at in _construct(self.after, index)}
        moved = len(change.lines) - (change.last - change.first)
        for index in range(change.first, change.last):
            for at in _construct(before, index):
                shifted = at + moved if at >= change.last else at
                self.near.add(shifted + 1)

    def judge(self, line: int, text: str) -> str:
        """The class of a place; ``text`` is the line itself, of whatever file."""
        if line in self.changed:
            return "line"
        if self.words & set(_WORD.findall(text)):
            return "refers"
        return "construct" if line in self.near else "elsewhere"


def _named(before: list[str], old: list[str], new: list[str]) -> set[str]:
    """The names of things on the changed lines, and what became of them."""
    known = set(_names("\n".join(before)))
    was, now = set(_WORD.findall("\n".join(old))), set(_WORD.findall("\n".join(new)))
    named = (was | now) & known
    if (was - now) & known:
        named |= now - was
    return named


def _names(text: str) -> Iterator[str]:
    language = {word for node in BUILTIN for word in (node.key, *node.model_fields, *node.branches)}
    for pattern in _NAMES:
        for found in pattern.findall(text):
            yield from (word for word in _WORD.findall(found) if word not in language)


def _construct(lines: list[str], index: int) -> Iterator[int]:
    """The line that opens the mapping or list in which a line stands, the keys beside it, and those and
    the items directly under it."""
    own = _key_column(lines[index])
    if own is None:
        return
    yield from _under(lines, index, own)
    at, first = index, _first_column(lines[index])
    while at > 0 and first == own:  # up to the "- key: …" that opens the mapping, or to what holds it
        at -= 1
        column = _key_column(lines[at])
        if column is None or column > own:
            continue
        yield at
        if column < own:
            break
        first = _first_column(lines[at])
    while at > 0 and first < own:
        at -= 1
        column = _key_column(lines[at])
        if column is not None and column < own:
            yield at
            if column <= first:
                break
    for at in range(index + 1, len(lines)):
        column = _key_column(lines[at])
        if column is None:
            continue
        if _first_column(lines[at]) < own:
            break
        if column == own:
            yield at


def _under(lines: list[str], index: int, own: int) -> Iterator[int]:
    level: int | None = None
    for at in range(index + 1, len(lines)):
        if _key_column(lines[at]) is None:
            continue
        column = _first_column(lines[at])
        if column <= own:
            break
        level = column if level is None else level
        if column == level:
            yield at


def _key_column(line: str) -> int | None:
    """The column of a line's first key, after dashes. None: nothing on it, or a comment."""
    text = re.sub(r"^ *(?:- +)*", "", line)
    return len(line) - len(text) if text and not text.startswith("#") else None


def _first_column(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


# --- the run -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    count: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    crashes: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    silent: Counter[str] = field(default_factory=Counter)  #: kinds of mutation that brought no problem
    kinds: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    astray: Counter[str] = field(default_factory=Counter)  #: codes of problems that stand elsewhere
    codes: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    @property
    def problems(self) -> int:
        return sum(self.places.values())

    def share(self, *classes: str) -> float:
        """The share of the problems in some classes."""
        return sum(self.places[class_] for class_ in classes) / self.problems if self.problems else 1.0


class _TooLong(BaseException):
    """Not an Exception: nothing in the checker may take it for one of its own."""


class Bench:
    """Copies of the flows, of which one is mutated at a time."""

    def __init__(self, flows: Path, directory: Path) -> None:
        self.directory = directory
        self.texts = {
            path.relative_to(flows).as_posix(): path.read_text("utf-8")
            for path in sorted(flows.rglob("*"))
            if path.is_file() and is_flow_file(path.name)
        }
        for name, text in self.texts.items():
            self._write(name, text)
        self.types = NodeTypes(BUILTIN)
        self.sound = self._load(None)
        self.known = {(problem.code, problem.message, problem.file) for problem in self.sound.problems}

    def _write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")

    def _load(self, previous: LoadedLibrary | None) -> LoadedLibrary:
        return load_library(self.directory, self.types, root=self.directory, previous=previous)

    def run(self, count: int, seed: int, keep: int = 40) -> Outcome:
        """Make that many mutations, one after the other."""
        chance = random.Random(seed)
        names = list(self.texts)
        sizes = [len(self.texts[name].splitlines()) for name in names]
        outcome = Outcome()
        began = time.perf_counter()
        for _ in range(count):
            name = chance.choices(names, sizes)[0]
            self._one(outcome, name, mutation(chance, self.texts[name].split("\n")), keep)
        outcome.seconds = time.perf_counter() - began
        return outcome

    def _one(self, outcome: Outcome, name: str, change: Mutation, keep: int) -> None:
        outcome.count += 1
        outcome.kinds[change.what] += 1
        before = self.texts[name].split("\n")
        places = Places(before, change)
        self._write(name, "\n".join(places.after))
        shown = f"{name}:{change.first + 1}: {change.what}: {change.lines}"
        began = time.perf_counter()
        try:
            with _Bound():
                loaded = self._load(self.sound)
        except _TooLong:
            outcome.hangs.append(shown)
            return
        except Exception:
            outcome.crashes.append(f"{shown}\n{traceback.format_exc()}")
            return
        finally:
            outcome.slowest = max(outcome.slowest, time.perf_counter() - began)
            self._write(name, self.texts[name])
        new = [
            problem
            for problem in loaded.problems
            if (problem.code, problem.message, problem.file) not in self.known
        ]
        if not new:
            outcome.silent[change.what] += 1
        for problem in new:
            self._judge(outcome, problem, name, places, shown, keep)

    def _judge(
        self, outcome: Outcome, problem: Problem, name: str, places: Places, shown: str, keep: int
    ) -> None:
        outcome.codes[problem.code] += 1
        own = problem.file == name
        lines = places.after if own else self.texts.get(problem.file, "").split("\n")
        text = lines[problem.line - 1] if 0 < problem.line <= len(lines) else ""
        kind = places.judge(problem.line if own else -1, text)
        outcome.places[kind] += 1
        if kind == "elsewhere":
            outcome.astray[problem.code] += 1
            if len(outcome.examples) < keep:
                outcome.examples.append(f"{shown}\n    {problem}")


class _Bound:
    """Interrupts what takes too long. Does nothing where there are no such signals, as on Windows."""

    def __enter__(self) -> None:
        if hasattr(signal, "setitimer"):
            self._old = signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, BOUND)

    def __exit__(self, *_: object) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._old)

    @staticmethod
    def _ring(signum: int, frame: FrameType | None) -> None:
        raise _TooLong


def mutate(flows: Path, count: int, seed: int, keep: int = 40) -> Outcome:
    """Mutate the flows of a directory, which itself is left alone."""
    directory = Path(tempfile.mkdtemp(prefix="flowhook-mutations-"))
    try:
        return Bench(flows, directory).run(count, seed, keep)
    finally:
        shutil.rmtree(directory)


def report(outcome: Outcome) -> Iterator[str]:
    """For people."""
    slowest = f"{outcome.slowest * 1000:.0f} ms the slowest"
    yield f"{outcome.count:,} mutations in {outcome.seconds:.1f} s ({slowest})"
    yield f"crashes    {len(outcome.crashes)}"
    yield f"hangs      {len(outcome.hangs)}"
    yield f"silent     {sum(outcome.silent.values()):,} mutations without a problem (many are good flows)"
    yield f"problems   {outcome.problems:,}"
    for kind in CLASSES:
        yield f"  {kind:10} {outcome.places[kind]:7,}  {outcome.share(kind):6.1%}"
    yield f"on the mutated line or on one that refers to it: {outcome.share('line', 'refers'):.1%}"
    yield f"the construct around it counted, too: {1 - outcome.share('elsewhere'):.1%}"
    yield "elsewhere, by code:"
    for code, number in outcome.astray.most_common(12):
        yield f"  {code:24} {number:6,} of {outcome.codes[code]:,}"
    yield "silent, by kind of mutation:"
    for what, number in outcome.silent.most_common():
        yield f"  {what:30} {number:6,} of {outcome.kinds[what]:,}"


def main() -> int:
    """The command line. 1 when something crashed or hung."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=10_000, help="mutations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory", type=Path, default=Path("flows"), help="flows to mutate")
    parser.add_argument("--examples", type=int, default=0, help="problems elsewhere to show")
    options = parser.parse_args()
    outcome = mutate(options.directory, options.count, options.seed, options.examples)
    print("\n".join(report(outcome)))
    for line in (*outcome.examples, *outcome.crashes, *outcome.hangs):
        print(line)
    return 1 if outcome.crashes or outcome.hangs else 0


if __name__ == "__main__":
    sys.exit(main())
