"""How much a turn may leave behind."""

from __future__ import annotations

from pathlib import Path

from flowhook.testing import open_bot

FLOW = """
flow: pile
context: {pile: []}
nodes:
  - append: {context.pile: "{{ input.data.piece }}"}
  - say: "{{ context.pile | length }}"
"""


async def test_a_session_cannot_pile_up_without_end(tmp_path: Path) -> None:
    """The turn that would make it too large fails, and the session stays as it was."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "pile.yaml").write_text(FLOW)
    async with open_bot("pile", project=tmp_path, server={"max_body": "1KiB"}) as bot:
        for n in range(1, 5):
            assert await bot.says(data={"piece": "x" * 1000}) == [str(n)]
        assert await bot.says(data={"piece": "x" * 1000}) == []
        assert len((await bot.context())["pile"]) == 4
        assert await bot.says(data={"piece": "x"}) == ["5"]
