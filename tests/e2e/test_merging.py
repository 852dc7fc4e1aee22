"""Messages that are one input, in a process that is killed."""

from __future__ import annotations

from .kit import Outside, Process, Project


async def test_a_kill_while_the_window_is_open(project: Project, outside: Outside, process: Process) -> None:
    """What was accepted is one input after the next start: nothing is lost, doubled or told apart."""
    project.flow("bot", "nodes: [{say: \"{{ input.text | replace('\\n', ' / ') }}\"}]")
    project.endpoint("bot", session={"concurrency": "merge", "merge_window": "2s"})
    await process.start()
    traces = [await process.send("bot", text) for text in ("one", "two", "three")]
    await process.kill()
    assert outside.texts() == []
    await process.start()
    await outside.until(1)
    receipts = [await process.ends(trace_id) for trace_id in traces]
    assert outside.texts() == ["one / two / three"]
    assert [receipt.get("turn") for receipt in receipts] == [None, traces[0], traces[0]]
