"""``flowhook chat``, by pipe and in a terminal."""

from __future__ import annotations

import ctypes
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from flowhook.cli import cli
from flowhook.cli.chat.interrupts import ctrl_c_arrives
from flowhook.flowfiles import library
from flowhook.flowfiles.library import LoadedLibrary
from tests.machine import PATIENCE
from tests.warm import WarmProcess

FLOW = """\
flow: order
locales: [en, de]
intents:
  where: {rules: ["'where' in input.text"], reply: "On its way."}
nodes:
  - id: ask_size
    ask: {text: {en: "Which size?", de: "Welche Größe?"}, type: choice, choices: [small, large],
          store: context.size, timeout: 10m}
    on_timeout: [{id: late, say: "Still there?"}, {id: again, goto: ask_size}]
  - id: price
    http_request: {method: POST, url: "http://127.0.0.1:9/price", json: {size: "{{ context.size }}"},
                   store: context.price, retries: 0, timeout: 2s}
    on_error: [{say: "No price."}, {stop: }]
  - say: {text: "{{ context.size }}: {{ context.price.total }}.",
          buttons: [{title: Take it, payload: take}, {title: Look, url: "https://shop.example/"}]}
  - id: job
    task: {url: "http://127.0.0.1:9/jobs", json: {}, store: context.result}
    on_error: [{say: "No lab."}, {stop: }]
  - say: "Result: {{ context.result.verdict }}."
"""
ROOT = Path(__file__).parents[2]
SHIPPED = {file.stem for file in (ROOT / "flows").glob("*.yaml") if not file.stem.endswith(".test")}


@pytest.fixture
def order(shop):
    """A shop whose services are not there."""
    shop.edit('outgoing: {allow: ["', 'outgoing: {allow: ["127.0.0.1:9", "')
    shop.flow.write_text(FLOW, "utf-8")
    return shop


def chat(*lines: str, arguments: tuple[str, ...] = ("order",), code: int = 0) -> str:
    """What is said to lines from a pipe."""
    result = CliRunner().invoke(
        cli, ["chat", *arguments], input="\n".join(lines) + "\n", prog_name="flowhook"
    )
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result.output


def test_a_conversation_by_pipe(order):
    """Lines are shown as if they had been typed; no colour where nobody looks."""
    done = subprocess.run(
        [sys.executable, "-m", "flowhook", "chat", "order"], input="hello\nmedium", text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=True,
    )  # fmt: skip
    said = done.stdout
    assert said.splitlines()[:4] == ["you: hello", "bot: Which size?", "     [small] [large]", "you: medium"]
    assert "\x1b" not in said


def test_services_that_are_not_there_are_mocked_and_called_back(order):
    """``/mock`` answers; without it the chat says how; ``/callback`` ends the task."""
    said = chat(
        "hello", "small", "/reset",
        '/mock POST http://127.0.0.1:9/price {"total": 22}', "/mock POST /jobs 202 {}",
        "hello", "large", '/callback {"verdict": "fine"}', '/callback {"verdict": "again"}',
    )  # fmt: skip
    assert "bot: No price." in said
    assert "POST http://127.0.0.1:9/price was not answered; /mock POST" in said
    assert "bot: large: 22." in said
    assert "[Take it] [Look → https://shop.example/]" in said
    assert "bot: Result: fine." in said
    assert "no task waits for a callback" in said


def test_mocks_are_listed_and_forgotten(order):
    """A mock replaces the one of the same call."""
    said = chat("/mock", "/mock POST /price 503", "/mock POST /price {}", "/mock nonsense", "/mock off")
    assert said.count("no call is mocked") == 2
    assert "POST /price → 503" in said
    assert "POST /price → 200 {}" in said
    assert "write /mock POST /price" in said


def test_a_click_says_what_the_button_says(order):
    """By title or number; a link says nothing, and an unknown button is named."""
    said = chat(
        '/mock * /price {"total": 1}', "/mock * /jobs {}", "hello", "/click large", "/click Look",
        "/click nothing",
    )  # fmt: skip
    assert "bot: large: 1." in said
    assert "this button leads elsewhere" in said
    assert "there is no such button; there are: Take it, Look" in said


def test_time_travel_fires_timers_each_at_its_time(order):
    """Two timeouts lie in half an hour, and a bit of a third."""
    said = chat("hello", "/advance 25m", "/timers", "/advance soon")
    assert said.count("bot: Still there?") == 2
    assert "timeout order/ask_size" in said
    assert "how far? write /advance 10m" in said


def test_what_was_understood_and_why(order):
    """``/intents`` ranks, ``/trace`` tells each step."""
    said = chat("hello", "where is it", "/intents", "/trace", "/trace two")
    assert "bot: On its way." in said
    assert "order/where" in said or "where" in said.partition("/intents")[2]
    assert "understanding" in said
    assert "write /trace, /trace 3" in said
    assert "nothing was said yet" in chat("/trace")


def test_another_locale(order):
    """From the beginning."""
    assert "bot: Welche Größe?" in chat("hallo", arguments=("order", "--locale", "de"))


def test_a_file_is_attached(shop):
    """With its address, its type and a text."""
    shop.flow.write_text(
        "flow: order\nnodes:\n"
        '  - say: "{{ input.attachments[0].type }} {{ input.attachments[0].name }} {{ input.text }}"\n',
        "utf-8",
    )
    said = chat("/attach https://a.example/pizza.jpg look here", "/attach https://a.example/b", "/attach")
    assert "bot: image/jpeg pizza.jpg look here" in said
    assert "which? write /attach" in said


def test_a_saved_conversation_is_a_test_that_passes(order, run):
    """At once, with its mocks; a second one is added to the file; what was before a reset is not in it."""
    mocks = ('/mock POST /price {"total": 22}', "/mock POST /jobs 202 {}")
    file = "flows/order.test.yaml"
    said = chat(
        "hello", "nonsense", "/reset", *mocks, "hello", "/advance 10m", "large",
        '/callback {"verdict": "fine"}', f"/save {file} the whole order",
    )  # fmt: skip
    assert f"wrote {file}" in said
    assert "does not pass" not in said
    assert "nonsense" not in Path(file).read_text("utf-8")
    assert "added to" in chat("hello", f"/save {file} just hello")
    assert "2 passed" in run("test").output


def test_what_was_odd_about_a_conversation_is_saved_as_it_was(shop, run):
    """A file without a text, a block of lines, and the result of a task that nobody waited for."""
    shop.flow.write_text(
        """\
flow: order
intents: {back: {rules: ["input.callback == 'job'"], entry: told}}
nodes:
  - say: |
      line one
      {{ input.attachments | length }}
  - id: job
    task: {url: "http://127.0.0.1:9/jobs", wait: false}
  - stop:
  - id: told
    say: "Result {{ input.data.n }}."
""",
        "utf-8",
    )
    shop.edit('outgoing: {allow: ["', 'outgoing: {allow: ["127.0.0.1:9", "')
    file = "flows/order.test.yaml"
    said = chat(
        "/mock POST /jobs 202 {}", "/attach https://a.example/a.jpg", '/callback {"n": 7}', f"/save {file}"
    )
    assert "bot: Result 7." in said
    assert "does not pass" not in said
    written = Path(file).read_text("utf-8")
    assert "- callback: {n: 7}" in written
    assert "attachments" in written
    assert "data: {}" not in written
    assert "1 passed" in run("test").output


def test_a_line_that_is_no_utf_8_is_refused(shop):
    """With a sentence; the next line is heard."""
    shop.flow.write_text('flow: order\nnodes:\n  - say: "You said {{ input.text }}"\n', "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "flowhook", "chat", "order"], input="Gr\xf6\xdfe\nhi\n".encode("latin-1"),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "1"},
    )  # fmt: skip
    said = done.stdout.decode()
    assert "that was not UTF-8" in said
    assert "bot: You said hi" in said
    assert "Error" not in said


def test_what_a_flow_logs_commands_no_terminal(shop):
    """Texts of users in log lines, where nobody configured logging."""
    shop.flow.write_text(
        'flow: order\nnodes:\n  - log: {level: warning, text: "{{ input.text }}"}\n  - say: "Ok"\n', "utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "flowhook", "chat", "order"], input="a\x1b]52;c;eA==\x07b\u009b31m\n",
        capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert "52;c" in done.stderr
    assert not {"\x1b", "\x07", "\u009b"} & set(done.stdout + done.stderr)


@pytest.fixture(scope="module")
def compiled_once() -> Iterator[None]:
    """Let the shipped flows be compiled once for all tests of them: each loads all flows three times."""
    kept: list[LoadedLibrary] = []

    class Loader(library._Loader):
        def __init__(self, node_types, filters, previous, unsaved):
            super().__init__(node_types, filters, previous or (kept[-1] if kept else None), unsaved)

        def finish(self, *names):
            kept[:] = [super().finish(*names)]
            return kept[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "_Loader", Loader)
        yield


@pytest.mark.usefixtures("compiled_once")
@pytest.mark.parametrize("flow", sorted(SHIPPED))
def test_every_shipped_flow_can_be_tried_and_saved(flow, tmp_path, monkeypatch):
    """Without the services that it calls: what is said is a test that passes."""
    monkeypatch.chdir(ROOT)
    file = tmp_path / "tried.test.yaml"
    said = chat(
        "hello", "yes", "what is it about", "tomorrow at five", "/trace", "/intents", "/advance 2h", "no",
        f"/save {file} tried", arguments=(flow,),
    )  # fmt: skip
    assert "bot: " in said
    assert f"wrote {file}" in said
    assert "does not pass" not in said
    assert "Traceback" not in said


def test_nothing_to_save(order):
    """A sentence, no file."""
    assert "nothing was said yet" in chat("/save a.test.yaml")
    assert "where to?" in chat("/save")


def test_a_turn_that_fails_says_where(shop):
    """The node, its file and line."""
    shop.flow.write_text(
        'flow: order\nnodes:\n  - id: broken\n    set: {context.x: "{{ 1 // (input.text | length - 2) }}"}\n',
        "utf-8",
    )
    said = chat("hi", "/trace")
    assert "the turn failed at order/broken (flows/order.yaml:3)" in said


def test_what_a_terminal_would_obey_is_taken_out(shop):
    """Of what is typed, said, shown and refused."""
    shop.flow.write_text('flow: order\nnodes:\n  - say: "You said {{ input.text }}"\n', "utf-8")
    said = chat(
        "a\x1b[31mb",
        "/trace",
        '/context x="\x1b[31m\x9b31m"',
        "/state",
        "/\x1b[31m",
        "/attach http://a/\x1b]",
    )
    assert "\x1b" not in said
    assert "\x9b" not in said
    assert "bot: You said a" in said


def test_lines_that_begin_with_a_slash_and_unknown_commands(shop):
    """``//`` says what follows the first; a beginning that fits one command is enough."""
    shop.flow.write_text('flow: order\nnodes:\n  - say: "You said {{ input.text }}"\n', "utf-8")
    said = chat("//help me", "/nothing", "/hel", "/quit", "never")
    assert "bot: You said /help me" in said
    assert "there is no command /nothing" in said
    assert "list the commands" in said
    assert "never" not in said


def test_a_pause_of_the_flow_is_waited_for(shop):
    """The next line comes after it."""
    shop.flow.write_text(
        'flow: order\nnodes:\n  - say: "One"\n  - sleep: 300ms\n  - say: "Two {{ input.text }}"\n', "utf-8"
    )
    said = [line for line in chat("a", "b").splitlines() if line]
    assert said == ["you: a", "bot: One", "bot: Two a", "you: b", "bot: One", "bot: Two b"]


def test_a_flow_that_is_not_there(shop):
    """With a hint, and the exit code of wrong use."""
    assert 'did you mean "order"?' in chat(arguments=("ordre",), code=2)


# --- in a terminal -------------------------------------------------------------------------------------


class Terminal:
    """A command with a terminal of its own."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        self._master, slave = pty.openpty()
        self._process = WarmProcess(
            *arguments, cwd=cwd, env={**os.environ, "TERM": "xterm"},
            stdin=slave, stdout=slave, stderr=slave, terminal=True,
        )  # fmt: skip
        os.close(slave)
        self.shown = ""
        self._looked = 0  #: how far ``until`` has found what it looked for

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, pattern: str) -> str:
        """What is shown from the end of what was found last to the end of the pattern, in whatever pieces
        it arrives."""
        deadline = time.monotonic() + PATIENCE
        while (found := re.search(pattern, self.shown[self._looked :])) is None:
            assert time.monotonic() < deadline, f"never showed {pattern!r}: {self.shown[self._looked :]!r}"
            self._read(0.1)
        begun, self._looked = self._looked, self._looked + found.end()
        return self.shown[begun : self._looked]

    def prompts(self) -> None:
        """Wait until it takes keys one by one: before that, the terminal itself would eat Ctrl+D."""
        self.until("you: ")
        deadline = time.monotonic() + PATIENCE
        while termios.tcgetattr(self._master)[3] & termios.ICANON:
            assert time.monotonic() < deadline, f"never takes keys: {self.shown!r}"
            self._read(0.01)

    def _read(self, seconds: float) -> None:
        if select.select([self._master], [], [], seconds)[0]:
            try:
                self.shown += os.read(self._master, 65536).decode("utf-8", "replace")
            except OSError:
                return  # it has ended

    def wait(self) -> int:
        """Until it ends; its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self._process.poll() is None:
            assert time.monotonic() < deadline, f"does not end: {self.shown!r}"
            self._read(0.1)
        self._read(0.1)
        return self._process.wait()

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(request, shop) -> Iterator[Terminal]:
    """A chat in a terminal, with a question whose time is over when the test says, and a pause."""
    time_is_over = getattr(request, "param", "1h")
    shop.flow.write_text(
        f'flow: order\nnodes:\n  - id: q\n    ask: {{text: "Well?", type: text, timeout: {time_is_over}}}\n'
        '    on_timeout: [{id: late, say: "Too late."}, {stop: }]\n'
        '  - say: "One"\n  - sleep: 1s\n  - say: "Two"\n',
        "utf-8",
    )
    opened = Terminal("chat", "order", cwd=shop.root)
    yield opened
    opened.kill()


@pytest.mark.parametrize("terminal", ["3s"], indirect=True)
def test_what_is_said_while_somebody_types_stands_above_the_line(terminal):
    """The line begun is erased, the output stands alone, then prompt and what was typed are there again."""
    terminal.until("/help lists the commands")
    terminal.prompts()
    terminal.type("hello\r")
    terminal.until(r"bot:.*Well\?")
    terminal.type("hal")
    shown = terminal.until(r"Too late\.(.|\n)*you: .*hal")
    assert re.search(r"\r\x1b\[K\S*bot:", shown)
    terminal.type("lo\r")
    terminal.until(r"Well\?")
    terminal.prompts()
    terminal.type("\x04")
    assert terminal.wait() == 0


def test_a_pause_shows_that_it_passes_and_ctrl_c_ends(terminal):
    """What the flow is busy with stands in the last line, and goes."""
    terminal.prompts()
    terminal.type("hello\r")
    terminal.until(r"Well\?")
    terminal.type("yes\r")
    terminal.until("the flow pauses")
    terminal.until(r"\x1b\[K.*bot:.*Two")
    terminal.until("you: ")  # at once: not even the line editor is ready
    terminal.type("\x03")
    assert terminal.wait() == 0
    assert "Traceback" not in terminal.shown


def test_ctrl_c_is_noticed_by_a_wait_that_it_did_not_break_off():
    """As when it comes after the prompt is shown and before keys are waited for: here another thread gets
    the signal, and the main one waits where nothing but a signal of its own ends the wait."""

    def wait_for_a_signal() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
            ctypes.CDLL(None).pause()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    before = signal.getsignal(signal.SIGINT)  # ignored where the tests run in the background of a shell
    with ctrl_c_arrives(), pytest.raises(KeyboardInterrupt):
        wait_for_a_signal()
    assert signal.getsignal(signal.SIGINT) is before


HANDED = """\
flow: order
nodes:
  - id: agent
    handover: {text: "One moment.", provider: desk}
    on_active: {say: "A colleague is here."}
    on_completed: {say: "Back: {{ input.result.note }}, {{ input.result.result.refund }}."}
  - say: "What else?"
"""


def test_the_agent_of_a_handover_is_played_and_saved(order, run):
    """Both sides from one terminal; what they said is a test that passes."""
    order.flow.write_text(HANDED, "utf-8")
    said = chat(
        "help",
        "it is cold",
        "/agent I am sorry.",
        '/agent {"event": "resolved", "note": "warmed up", "result": {"refund": 9}}',
        "/save flows/handed.test.yaml",
        "/agent too late",
        '/agent {"event": "vanished"}',
        '/agent {"txt": "x", "text": "y"}',
        "/agent",
    )
    lines = said.splitlines()
    assert (
        lines.count('handed over: /agent TEXT answers as the agent, /agent {"event": "resolved"} ends it')
        == 1
    )
    assert [line for line in lines if line.startswith(("bot:", "agent:"))] == [
        "bot: One moment.",
        "agent: I am sorry.",
        "bot: A colleague is here.",
        "bot: Back: warmed up, 9.",
        "bot: What else?",
    ]
    saved = Path("flows/handed.test.yaml").read_text("utf-8")
    assert "- user: it is cold" in saved
    assert '- agent: "I am sorry."' in saved
    assert '- agent: {event: "resolved", result: {refund: 9}, note: "warmed up"}' in saved
    assert "the conversation is not handed over" in said
    assert "event is one of message, queue" in said
    assert "an agent has no 'txt'" in said
    assert "what? write /agent Hello!" in said
    assert run("test", "flows/handed.test.yaml").exit_code == 0
