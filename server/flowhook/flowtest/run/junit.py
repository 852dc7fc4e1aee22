"""The results as JUnit XML, which every CI service reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from flowhook.flowtest.run.report import failures_of, plain
from flowhook.flowtest.run.result import Result

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Sequence[Result]) -> bytes:
    """One ``testsuite`` for each file."""
    root = Element("testsuites", _counts(results))
    for file, group in groupby(results, key=lambda result: result.file.file):
        tests = list(group)
        suite = SubElement(root, "testsuite", {"name": _text(file), **_counts(tests)})
        for result in tests:
            _case(suite, result)
    indent(root)
    return bytes(tostring(root, "utf-8", xml_declaration=True)) + b"\n"


def _counts(results: Sequence[Result]) -> dict[str, str]:
    statuses = [result.status for result in results]
    return {
        "tests": str(len(results)),
        "failures": str(statuses.count("failed")),
        "errors": str(statuses.count("error")),
        "skipped": str(statuses.count("skipped")),
        "time": f"{sum(result.seconds for result in results):.3f}",
    }


def _case(suite: Element, result: Result) -> None:
    case = SubElement(
        suite,
        "testcase",
        {
            "classname": _text(result.file.flow),
            "name": _text(result.test.name),
            "file": _text(result.file.file),
            "line": str(result.line),
            "time": f"{result.seconds:.3f}",
        },
    )
    if result.status == "skipped":
        SubElement(case, "skipped", {"message": _text(str(result.test.skip))})
    elif result.failures:
        kind = "error" if result.status == "error" else "failure"
        first = result.failures[0]
        told = SubElement(case, kind, {"message": _text(first.message), "type": result.status})
        told.text = _text("\n".join(failures_of(result, plain)).strip())


def _text(text: str) -> str:
    """Without characters that XML cannot hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
