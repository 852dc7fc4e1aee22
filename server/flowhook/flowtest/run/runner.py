"""Runs one test: does what its steps say and looks whether what came of it was expected."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from flowhook.errors import FlowhookError
from flowhook.flowtest.files.matchers import Miss, shown
from flowhook.flowtest.files.model import ACTS, Expected, Message, Said, Step
from flowhook.flowtest.run.expectations import Seen, look_at
from flowhook.flowtest.run.fixture import Fixture, open_fixture
from flowhook.flowtest.run.mocks import Mocks
from flowhook.flowtest.run.outputs import misses_of, shown_output
from flowhook.flowtest.run.result import Failure, Fix, Result

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.flowtest.files.model import Test, TestFile
    from flowhook.runtime.project.project import Project

PATIENCE_SECONDS = 120.0  #: real ones, for one test


async def run_test(file: TestFile, test: Test, endpoint: str, config: Config, project: Project) -> Result:
    """Run one test and return its result, in which whatever goes wrong is told."""
    result = Result(file, test)
    if test.skip:
        result.status = "skipped"
        return result
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            mocks = Mocks([*test.mocks, *file.mocks])
            async with open_fixture(test, endpoint, config, project, mocks) as fixture:
                await TestRunner(fixture, result).run()
    except TimeoutError as error:
        _broken(result, f"the test does not end: {error or f'more than {PATIENCE_SECONDS:g} s'}")
    except FlowhookError as error:
        _broken(result, str(error))
    except Exception as error:  # one test must not keep the others from running
        _broken(result, f"{type(error).__name__}: {error}")
    result.seconds = time.perf_counter() - started
    if result.failures and result.status == "passed":
        result.status = "failed"
    return result


def _broken(result: Result, message: str) -> None:
    line = result.test.steps[result.steps - 1].line if result.steps else result.test.line
    result.status = "error"
    result.failures.append(Failure(line, message, spoken=len(result.conversation)))


class TestRunner:
    """Takes the steps of one test, one after the other."""

    __test__ = False  # of pytest

    def __init__(self, fixture: Fixture, result: Result) -> None:
        self.fixture = fixture
        self.result = result
        self._waiting: deque[dict[str, Any]] = deque()  #: outputs that no step has looked at
        self._seen = Seen()
        self._act: Step | None = None
        self._last: Step | None = None  #: the last step that did something or looked at an output
        self._acts: dict[str, Callable[[Step], Awaitable[None]]] = {
            "user": lambda step: self._submit("message", step.value, "user"),
            "inject": lambda step: self._submit("inject", step.value, "inject"),
            "notify": lambda step: self._submit("notify", step.value, "notify"),
            "callback": self._callback,
            "agent": self._agent,
            "advance": self._advance,
            "webhook": self._webhook,
            "restart": self._restart,
        }

    async def run(self) -> None:
        """All steps; those after a failure too, because one mismatch does not change the conversation."""
        for step in self.result.test.steps:
            self.result.steps += 1
            if step.kind in ACTS:
                self._finish_act()
                self._act = self._last = step
                try:
                    await self._acts[step.kind](step)
                except FlowhookError as error:
                    self._fail(step, f"{step.kind} was refused: {error}")
                self._collect(step)
            elif step.kind == "bot":
                self._bot(step)
            elif step.kind == "expect":
                await self._expect(step)
            elif step.kind == "set":
                await self._set(step)
            elif step.kind == "mock":
                self.fixture.mocks.add(step.value)
        self._finish_act()
        self._check_mocks()

    # -- what happens -----------------------------------------------------------------------------

    async def _submit(self, route: str, message: Message, who: str) -> None:
        self._note(who, message.text or shown(message.data))
        await self.fixture.submit(route, message)

    async def _callback(self, step: Step) -> None:
        self._note("callback", shown(step.value))
        await self.fixture.call_back(step.value)

    async def _agent(self, step: Step) -> None:
        told: dict[str, Any] = step.value
        event = told["event"]
        self._note("agent", told.get("text", "") if event == "message" else shown(told))
        await self.fixture.harness.agent(**told)

    async def _advance(self, step: Step) -> None:
        self._note("time", f"{step.value:g} s pass")
        await self.fixture.harness.advance(step.value)

    async def _webhook(self, step: Step) -> None:
        if step.value == "fail":
            self.fixture.receiver.fails = True
            self._note("webhook", "fails from now on")
        else:
            self._note("webhook", "is well again")
            await self.fixture.recover()

    async def _restart(self, step: Step) -> None:
        self._note("server", "stops and starts again")
        await self.fixture.restart()

    async def _set(self, step: Step) -> None:
        await self.fixture.harness.change_profile(step.value.get("profile") or {})
        if context := step.value.get("context"):
            await self.fixture.change_context(context)

    def _collect(self, step: Step) -> None:
        """Take in what a step set going."""
        outputs, turns = self.fixture.take_outputs(), self.fixture.script.take_turns()
        self.result.turns += turns
        self._waiting.extend(outputs)
        for output in outputs:
            self._note("bot", shown_output(output))
        calls = self.fixture.mocks.calls
        self._seen = Seen(outputs, turns, [*calls])
        calls.clear()
        for message in self.fixture.mocks.take_unexpected():
            self._fail(step, message)
        for armed in self.fixture.mocks.armed:
            for call, misses in armed.misses:
                self._fail(step, f"{call} was not called as expected", misses)
            armed.misses.clear()

    def _finish_act(self) -> None:
        """Before the next step that does something: all that was said has been looked at."""
        step = self._act
        if step is None or self._last is None:
            return
        if self._waiting:
            texts = [output["text"] for output in self._waiting]
            said = "\n".join(shown_output(output) for output in self._waiting)
            count = "one more output" if len(texts) == 1 else f"{len(texts)} more outputs"
            after = self._last.path[:-1]
            self._fail(self._last, f"the bot said {count}", expected="nothing more", actual=said,
                       fix=Fix("insert", after, [*self._waiting]))  # fmt: skip
            self._waiting.clear()
        for turn in self._seen.turns:
            if turn.status == "failed" and not self._seen.error_expected:
                position = f" at {turn.position}" if turn.position else ""
                self._fail(step, f"the turn failed{position}: {turn.error}")
        self._act = None

    # -- what is looked at ------------------------------------------------------------------------

    def _bot(self, step: Step) -> None:
        self._last = step
        said: list[Said] = step.value
        for number, expected in enumerate(said):
            if not self._waiting:
                self._silent(step, said[number:], alone=len(said) == 1)
                return
            self._compare(step, expected, self._waiting.popleft())

    def _silent(self, step: Step, missing: Sequence[Said], *, alone: bool) -> None:
        words = "\n".join(output.text.words if output.text is not None else "an output" for output in missing)
        fix = Fix("remove", step.path[:-1]) if alone else None
        self._fail(step, "the bot said nothing", expected=words, actual="nothing", fix=fix)

    def _compare(self, step: Step, expected: Said, output: dict[str, Any]) -> None:
        for part, miss in misses_of(expected, output):
            plain = part == "text" and not miss.at and expected.text_at is not None
            fix = Fix("replace", expected.text_at or (), miss.actual) if plain else None
            where = _at(miss.at if part == "text" else (part, *miss.at))
            self._fail(
                step, f"the bot said something else{where}", [Miss((), miss.expected, miss.actual)], fix=fix
            )

    async def _expect(self, step: Step) -> None:
        expectations: list[Expected] = step.value
        if any(expectation.outputs is not None or expectation.key == "texts" for expectation in expectations):
            self._waiting.clear()
            self._last = step
        for expected in expectations:
            async for miss in look_at(expected, self._seen, self.fixture):
                path = (*expected.path, *miss.at)
                fix = Fix("replace", path, miss.actual) if expected.outputs is None else None
                name = _at((expected.key, *miss.at)).removeprefix(" at ")
                difference = [Miss((), miss.expected, miss.actual)]
                self._fail(step, f"{name} is not as expected", difference, fix=fix, path=path)

    def _check_mocks(self) -> None:
        for mock, why in self.fixture.mocks.unmet:
            self.result.failures.append(Failure(mock.line, why, spoken=len(self.result.conversation)))

    # -- small things -----------------------------------------------------------------------------

    def _note(self, who: str, text: str) -> None:
        self.result.conversation.append((who, text))

    def _fail(
        self,
        step: Step,
        message: str,
        misses: Sequence[Miss] = (),
        *,
        expected: str | None = None,
        actual: str | None = None,
        fix: Fix | None = None,
        path: Sequence[str | int] | None = None,
    ) -> None:
        if misses:
            expected = "\n".join(f"{_label(miss.at)}{miss.expected}" for miss in misses)
            actual = "\n".join(f"{_label(miss.at)}{shown(miss.actual)}" for miss in misses)
        line = self.result.file.document.span(tuple(path)).line if path is not None else step.line
        trace = [step for turn in self._seen.turns for step in turn.steps]
        self.result.failures.append(
            Failure(line, message, expected, actual, fix, len(self.result.conversation), trace)
        )


def _at(path: Sequence[str | int]) -> str:
    return " at " + ".".join(map(str, path)) if path else ""


def _label(path: Sequence[str | int]) -> str:
    return ".".join(map(str, path)) + ": " if path else ""
