"""The engine by itself: turns per second of one core, in this process, with nothing awaited."""

from __future__ import annotations

import time
from datetime import UTC

from contest import Bench
from measure import Goal, Line, Result, Spread

from flowhook.engine.flow import Library
from flowhook.engine.turn.executor import TurnExecutor
from flowhook.engine.turn.view import TurnEnvironment
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session import Frame, Session
from flowhook.model.session_ref import SessionRef
from flowhook.nodes import BUILTIN

WANTED = 20_000
TURNS = 20_000

FLOWS = {
    "1 node: say": 'nodes:\n  - say: "You said: {{ input.text }}"\n',
    "3 nodes: set, if, say": """
nodes:
  - set: {context.count: "{{ context.count + 1 }}"}
  - if: context.count > 1000000
    then:
      - stop:
  - say: "You said: {{ input.text }}. That was message {{ context.count }}."
""",
    "ask: an answer, then the next question": """
nodes:
  - id: size
    ask: {text: "Which size?", type: choice, choices: [small, medium, large], store: context.size}
  - id: sure
    ask: {text: "{{ context.size }}, are you sure?", type: any}
    next: size
""",
}


async def engine(bench: Bench) -> Result:
    """Turns per second of small flows."""
    turns = bench.scaled(TURNS)
    advance = bench.begin("engine", len(FLOWS) * bench.rounds)
    result = Result("engine", "The engine alone, one core")
    for what, text in FLOWS.items():
        path = bench.directory / "engine.yaml"
        path.write_text(f"flow: bench\ncontext: {{count: 0}}\n{text}")
        loaded = load_library(path, NodeTypes(BUILTIN))
        assert loaded.good, loaded.problems
        rates = []
        for _ in range(bench.rounds):
            rates.append(_rate(loaded.library, turns))
            advance(1)
        result.lines.append(Line(what, "turns/s", Spread.of(rates)))
    result.goals.append(Goal(result.lines[1].what, result.lines[1].spread, WANTED, digits=0, unit="turns/s"))
    return result


def _rate(library: Library, turns: int) -> float:
    environment = TurnEnvironment(time.time(), UTC)
    session = Session([Frame("bench")], {"count": 0})
    name = SessionRef("bench", "user", "session")
    began = time.process_time()
    for n in range(turns):
        run = TurnExecutor(
            library, session, Inbound(name, Kind.MESSAGE, f"{n:032x}", 0.0, "small", seq=n), environment
        )
        end = run.start()
        if end.status != "done" or not run.outputs:
            raise RuntimeError(f"the turn went wrong: {end}")
    return turns / (time.process_time() - began)
