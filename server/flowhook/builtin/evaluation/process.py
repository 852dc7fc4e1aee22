"""An evaluation in a subprocess of low priority, for a server whose messages go on meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flowhook.errors import FlowhookError
from flowhook.nlu.evaluation import Examples

if TYPE_CHECKING:
    from flowhook.builtin.evaluation.report import Subject

PARTS: Final = 5  #: of a cross-validation
MOST: Final = 50  #: confusions and missed texts that are told
LINE_LIMIT: Final = 32 * 1024 * 1024  #: bytes of the report
#: The subprocess finds this flowhook, wherever it was imported from; it prints lines of JSON.
_COMMAND: Final = (
    "import sys; sys.path.insert(0, {home!r}); from flowhook.builtin.evaluation.process import main; main()"
)


async def evaluate_apart(
    examples: Examples, subject: Subject, encoder: str, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Cross-validate examples, and return the report as ``flowhook nlu evaluate --json`` prints it.

    ``encoder`` names the sentence encoder, "" for none; ``tell`` is told what is done next. Cancelled, the
    subprocess ends. Raises FlowhookError when it fails.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # what lies in the directory of a project is not taken for a library
        "-c",
        _COMMAND.format(home=str(Path(__file__).parents[3])),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LINE_LIMIT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(pickle.dumps((dict(examples), subject, encoder)))
        process.stdin.close()
        async for line in process.stdout:
            told = json.loads(line)
            if "report" in told:
                report: dict[str, Any] = told["report"]
                return report
            if "error" in told:
                raise FlowhookError(told["error"])
            tell(told["about"])
        raise FlowhookError(f"the evaluation ended with {await process.wait()}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def steps_of(examples: Examples) -> int:
    """Return how often ``tell`` is called, at most."""
    from flowhook.builtin.evaluation.report import DRAWS, TEN

    draws = DRAWS if any(len(texts) > TEN for texts in examples.values()) else 0
    return PARTS + draws + 3


def main() -> None:
    """Run in the subprocess: read what to evaluate from stdin, write lines of JSON to stdout."""
    os.nice(10)
    examples, subject, encoder = pickle.load(sys.stdin.buffer)
    try:
        _say(report=_report(examples, subject, encoder))
    except (ValueError, FlowhookError) as error:
        _say(error=str(error))


def _report(examples: Mapping[str, Sequence[str]], subject: Subject, encoder: str) -> dict[str, Any]:
    from dataclasses import replace

    from flowhook.builtin.evaluation.report import evaluate
    from flowhook.nlu.similarity import overlaps

    if encoder:
        from flowhook.builtin.sentence_encoder import encoder_named

        subject = replace(subject, encoder=encoder_named(encoder), encoder_name=encoder)
    report = evaluate(examples, None, subject, parts=PARTS, tell=lambda about: _say(about=about))
    shared = [asdict(overlap) for overlap in overlaps(examples)[:MOST]]
    return report.to_json(MOST) | {"overlaps": shared}


def _say(**told: Any) -> None:
    print(json.dumps(told), flush=True)
