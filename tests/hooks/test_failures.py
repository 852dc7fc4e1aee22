"""A plugin that fails is named: plugin, hook, endpoint, line, trace id and what its error says."""

from __future__ import annotations

import contextlib
import logging
import threading
from types import SimpleNamespace

import pytest
from tests.machine import PATIENCE

from flowhook import Body, Deliver, Output
from flowhook.errors import ApiError, PluginError, Reject
from flowhook.hooks.api.request import Request, Response
from flowhook.hooks.calling.failures import CallContext, call_context
from flowhook.hooks.calling.results import Interpreted
from flowhook.logging_config import Console, JsonLines, redact_urls
from flowhook.model.endpoint import Endpoint

REQUEST = Request("POST", "http://x/", "/", body=b'{"text": "hi"}')
FAILS = """
@hookimpl
def {hook}({arguments}):
    raise ValueError("cannot read my PIN 4711")
"""
CALLS = {
    "authenticate": lambda hooks: hooks.authenticate(REQUEST),
    "transform_input": lambda hooks: hooks.transform("message", REQUEST, Response(), {}),
    "transform_output": lambda hooks: hooks.transform_output(Output("hi"), {}, "u", "s"),
    "turn_finished": lambda hooks: hooks.turn_finished([], [], "u", "s"),
    "before_nlu": lambda hooks: hooks.before_nlu("hi", {}, "en"),
    "after_nlu": lambda hooks: hooks.after_nlu(Interpreted("hi", {}), "en"),
}


RETURNS = """
class Settings(Settings):
    token: str = "SECRET"

@hookimpl
def transform_output(settings):
    return VALUE
"""
RETURNS_DATA = """
loop = {}
loop["a"] = loop
deep = {}
for _ in range(1000):
    deep = {"a": deep}

@hookimpl
def transform_input():
    return {"data": VALUE}
"""
BRAIN = """
class OwnEngine(NluEngine):
    name = "brain"

    async def understand(self, text):
        return VALUE

@hookimpl
def register_nlu():
    return [OwnEngine]
"""


def endpoint(**config: object) -> Endpoint:
    """The endpoint ``pizza`` with these settings."""
    transformers = SimpleNamespace(abort_on_error=True, timeout=PATIENCE)
    return Endpoint("pizza", "demo-pizza", "pizza", SimpleNamespace(transformers=transformers, **config))


def masked_endpoint() -> Endpoint:
    """The same with ``privacy: {mask_logging: true}``."""
    return endpoint(privacy=SimpleNamespace(mask_logging=True))


def lines(caplog) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name.startswith("flowhook.plugin.")]


@pytest.mark.parametrize("hook", CALLS)
async def test_every_hook_is_named_with_the_text_of_its_error(bench, caplog, hook):
    """In one line, under the trace id of what it was called for."""
    path = bench.write("bad.py", FAILS.format(hook=hook, arguments=""))
    call_context.set(CallContext("0af7651916cd43dd8448eb211c80319c", "pizza"))
    with contextlib.suppress(PluginError, ApiError):
        await CALLS[hook](bench.hooks("bad"))
    [line] = lines(caplog)
    where = f"plugin bad, hook {hook} at endpoint pizza: ValueError at {path}:5"
    assert line.message == f"{where}: cannot read my PIN 4711"
    assert line.traceId == "0af7651916cd43dd8448eb211c80319c"
    assert line.exc_info is not None


@pytest.mark.parametrize("hook", CALLS)
async def test_a_masked_endpoint_keeps_the_text_out_of_the_log(bench, caplog, hook):
    """What a plugin's error says may be what a user said; the line and the kind stay."""
    path = bench.write("bad.py", FAILS.format(hook=hook, arguments=""))
    with contextlib.suppress(PluginError, ApiError):
        await CALLS[hook](bench.load("bad").for_endpoint(masked_endpoint()))
    [line] = lines(caplog)
    assert "4711" not in JsonLines().format(line) + Console().format(line)
    assert line.message.endswith(f"ValueError at {path}:5: ****")
    assert len(line.traceId) == 32


@pytest.mark.parametrize("hook", ["transform_output", "before_nlu", "after_nlu"])
@pytest.mark.parametrize("abort", [True, False])
async def test_a_reject_where_there_is_no_request_is_the_plugins_failure(bench, caplog, hook, abort):
    """It always stops, and the log says whose it was."""
    path = bench.write("no.py", f"@hookimpl\ndef {hook}():\n    raise Reject(400, 'not today')\n")
    with pytest.raises(PluginError, match=f"plugin no, hook {hook} at endpoint pizza: Reject: not today"):
        await CALLS[hook](bench.hooks("no", abort=abort))
    [line] = lines(caplog)
    assert line.message.endswith(f"Reject: not today at {path}:4")
    assert bench.failures == [f"no.{hook}@pizza"]


@pytest.mark.parametrize("returned", ["False", "True", "42", "DISCARD", "ValueError('no')", "''"])
async def test_only_none_lets_a_caller_in(bench, caplog, returned):
    """A plugin that returns what compare_digest said has not refused by it, and must not let in."""
    bench.write("door.py", f"@hookimpl\ndef authenticate(request):\n    return {returned}\n")
    with pytest.raises(ApiError) as refused:
        await bench.hooks("door", abort=False).authenticate(REQUEST)
    assert (refused.value.status, refused.value.code) == (401, "unauthorized")
    assert "authenticate returns None, or raises Reject" in lines(caplog)[0].message


async def test_the_answer_to_the_caller_names_the_trace_of_the_log(bench, caplog):
    """The error that becomes the answer carries the id that its line in the log has."""
    bench.write("bad.py", FAILS.format(hook="authenticate", arguments=""))
    with pytest.raises(ApiError) as refused:
        await bench.hooks("bad").authenticate(REQUEST)
    assert refused.value.__cause__.trace_id == lines(caplog)[0].traceId


def test_a_reject_without_a_status_is_a_sentence():
    """``Reject("not you")`` says why; no status that is not a number reaches a caller."""
    assert (Reject("not you").status, str(Reject("not you"))) == (400, "not you")
    odd: object = "teapot"
    assert Reject(odd, "not you").as_api_error().status == 400


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("error '404' for url 'https://api.telegram.org/bot12:AA/send'", "error '404' for url 'https://api.telegram.org/…'"),
        ("see https://u:p@h.example:8443/x?key=1#y.", "see https://h.example:8443/…"),
        ("http://127.0.0.1:9000 and http://h/", "http://127.0.0.1:9000 and http://h"),
        ("nothing here", "nothing here"),
    ],
)  # fmt: skip
def test_urls_in_the_log_hold_no_secret(text, shown):
    """Scheme and host are enough to know which service it was."""
    assert redact_urls(text) == shown
    record = logging.makeLogRecord({"msg": "x", "exc_info": (ValueError, ValueError(text), None)})
    for formatter in (Console(), JsonLines()):
        assert "bot12" not in formatter.format(record)
        assert "u:p@" not in formatter.format(record)


async def test_a_filter_and_a_question_type_are_named(bench, caplog):
    """Their error goes on to the flow, and the plugin's log has it."""
    path = bench.write(
        "lib.py",
        """
        @hookimpl
        def register_filters():
            def shout(value):
                raise KeyError("volume")
            return {"shout": shout}

        @hookimpl
        def register_ask_types():
            def colour(text):
                return 1 // 0
            return {"colour": colour}
    """,
    )
    hooks = bench.load()
    call_context.set(CallContext("t" * 32, "pizza"))
    with pytest.raises(KeyError):
        hooks.filters()["shout"]("x")
    message = SimpleNamespace(
        text="red", data={}, attachments=(), locale="en", slots={}, intent=None, type=""
    )
    with pytest.raises(ZeroDivisionError):
        hooks.ask_types()["colour"](message, None)
    assert [line.message for line in lines(caplog)] == [
        f"plugin lib, hook filter shout at endpoint pizza: KeyError at {path}:6: 'volume'",
        f"plugin lib, hook ask type colour at endpoint pizza: ZeroDivisionError at {path}:12: "
        "integer division or modulo by zero",
    ]
    assert {line.traceId for line in lines(caplog)} == {"t" * 32}


async def test_startup_says_why_it_failed(bench):
    """At a start and at a reload alike: the text, the file and the line."""
    path = bench.write("db.py", "@hookimpl\ndef startup():\n    raise RuntimeError('db password wrong')\n")
    with pytest.raises(PluginError) as failed:
        await bench.load().startup(None)
    assert str(failed.value) == f"plugin db, hook startup: RuntimeError at {path}:4: db password wrong"
    assert failed.value.position == (str(path), 4)


# --- what may be returned ---


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("True", "answered bool, not an Output"),
        ("{'a': 1}", "answered dict, not an Output"),
        ("settings", "answered Settings, not an Output"),
        ("Understanding('x')", "answered Understanding, not an Output"),
        ("[]", "answered an empty list"),
        ("[Deliver('http://a'), 3]", "answered int, not an Output"),
        ("Body(settings)", "answered body with Settings, which is not JSON"),
        ("Body({'a': float('nan')})", "answered body.a with nan, which is not JSON"),
        ("Body({'a': {1, 2}})", "answered body.a with set, which is not JSON"),
        ("Body([object()])", r"answered body\\[0\\] with object, which is not JSON"),
        ("Output('x', {'a': float('inf')})", "answered output.data.a with inf"),
        ("Deliver('http://a', json={1: 2})", "which is no text"),
        ("Body(10**401)", "of more than 400 digits"),
    ],
)  # fmt: skip
async def test_what_is_no_delivery_is_refused(bench, returned, message):
    """Nothing that a plugin did not mean to send leaves: not its settings, not a truth value."""
    bench.write("odd.py", RETURNS.replace("VALUE", returned))
    with pytest.raises(PluginError, match=message.replace("\\\\", "\\")):
        await bench.hooks("odd").transform_output(Output("hi"), {}, "u", "s")


async def test_one_output_may_become_several_deliveries(bench):
    """In their order; Outputs among them go on to the next plugin, each alone."""
    bench.write(
        "a.py",
        """
        @hookimpl
        def transform_output(output):
            if output.text == "no":
                return DISCARD
            return [Deliver("http://a", headers={"authorization": "Bearer A"}), Output("one"),
                    Output("no"), Body(7)]
    """,
    )
    bench.write(
        "b.py",
        """
        @hookimpl
        def transform_output(output):
            return DISCARD if output.text == "no" else Output(output.text + "!")
    """,
    )
    results = await bench.hooks("a", "b").transform_output(Output("hi", {}, "t1"), {}, "u", "s")
    assert results == [
        Deliver("http://a", headers={"authorization": "Bearer A"}),
        Output("one!", {}, "t1"),
        Body(7),
    ]


@pytest.mark.parametrize(
    "data",
    ["{'a': float('nan')}", "{'a': b'x'}", "{'a': 10**401}", "loop", "deep", "{'a': object()}", "{1: 2}"],
)
async def test_what_a_plugin_makes_of_a_request_is_json(bench, data):
    """Named after the plugin, never a failure further inside."""
    bench.write("odd.py", RETURNS_DATA.replace("VALUE", data))
    with pytest.raises(PluginError, match="plugin odd, hook transform_input at endpoint pizza: answered"):
        await bench.hooks("odd").transform("message", REQUEST, Response(), {})


async def test_times_tuples_and_long_integers_are_json(bench):
    """What has one written form is taken, as a text or a list."""
    bench.write(
        "a.py",
        """
        from datetime import date

        @hookimpl
        def transform_input():
            return {"data": {"at": date(2026, 1, 31), "pair": (1, 2), "id": 4912661846655238145}}
    """,
    )
    result = await bench.hooks("a").transform("message", REQUEST, Response(), {})
    assert result == {"data": {"at": "2026-01-31", "pair": [1, 2], "id": 4912661846655238145}}


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("Understanding('a', score='high')", "score 'high'"),
        ("Understanding('a', score=7.0)", "score 7.0"),
        ("Understanding('a', score=float('nan'))", "score nan"),
        ("Understanding('a', found={'a': 5})", r"found\['a'\], which is not a list of Slot"),
        ("Understanding('a', ranking=[{'name': 'a'}])", "a ranking with dict, not Ranked"),
        ("Understanding(3)", "intent is no text"),
        ("'order'", "str, not an Understanding"),
    ],
)
async def test_what_an_engine_says_is_checked(bench, caplog, returned, message):
    """A wrong answer is the plugin's failure, named; not a TypeError of some node."""
    bench.write("brain.py", BRAIN.replace("VALUE", returned))
    hooks = bench.load(nlu="brain").for_endpoint(endpoint(nlu="brain"))
    with pytest.raises(
        PluginError, match=f"plugin brain, hook nlu brain at endpoint pizza: answered.*{message}"
    ):
        await hooks.understand("hi", {}, "en", "s")
    assert len(lines(caplog)) == 1


async def test_engines_are_timed_with_their_plugin(bench):
    """``flowhook plugins`` and the metrics show them like hooks."""
    bench.write("brain.py", BRAIN.replace("VALUE", "None"))
    loaded = bench.load(nlu="brain")
    await loaded.for_endpoint(endpoint(nlu="brain")).understand("hi", {}, "en", "s")
    assert loaded.plugin("brain").timings["nlu brain"].count == 1


# --- copies ---


async def test_what_a_hook_is_given_is_its_own(bench):
    """What one plugin does to the request, the endpoint or its settings, no other sees, nor the next call."""
    bench.write(
        "a.py",
        """
        class Settings(Settings):
            names: dict = {}

        @hookimpl
        def authenticate(request, endpoint, settings):
            assert (endpoint.flow, dict(settings.names)) == ("pizza", {})
            request.json["text"] = "forged"
            request.body = b"forged"
            request.method = "GET"
            endpoint.flow = "other"
            endpoint.config.use.clear()
            settings.names["leak"] = 1

        @hookimpl
        def transform_input(request, endpoint, settings):
            assert request.body == b'{"text": "hi"}' and request.json == {"text": "hi"}
            assert endpoint.flow == "pizza" and settings.names == {}
            request.json["text"] = "forged"
    """,
    )
    bench.write(
        "b.py", "@hookimpl\ndef transform_input(request):\n    return {'text': request.json['text']}\n"
    )
    original = endpoint(use=["a", "b"])
    hooks = bench.load("a", "b").for_endpoint(original)
    for _ in range(2):
        await hooks.authenticate(REQUEST)
        assert await hooks.transform("message", REQUEST, Response(), {}) == {"text": "hi"}
    assert (original.flow, original.config.use, REQUEST.json) == ("pizza", ["a", "b"], {"text": "hi"})


# --- threads ---


async def test_a_plugin_whose_threads_hang_stops_no_other(bench, caplog):
    """Each plugin has threads of its own, and the log says whose are all busy."""
    ends = threading.Event()
    bench.write("stuck.py", "ends = None\n\n@hookimpl\ndef transform_input():\n    ends.wait()\n")
    bench.write("fine.py", "@hookimpl\ndef transform_inject():\n    return {'text': 'fine'}\n")
    hooks = bench.hooks("stuck", "fine", timeout=0.01)
    bench.loaded[-1].plugin("stuck").module.ends = ends
    try:
        for _ in range(33):
            with pytest.raises(PluginError, match="not done within"):
                await hooks.transform("message", REQUEST, Response(), {})
        patient = bench.loaded[-1].for_endpoint(bench.endpoint())
        assert await patient.transform("inject", REQUEST, Response(), {}) == {"text": "fine"}
    finally:
        ends.set()
    said = [record.getMessage() for record in caplog.records]
    assert "plugin stuck: all 32 threads are busy; its plain hooks wait, and their time runs" in said
    assert "all 32 threads of the plugin are busy with calls that do not end" in said[-1]


async def test_an_output_that_cannot_be_opened_is_named(bench):
    """At a start and at a reload: plugin, output, line and what it says."""
    path = bench.write(
        "sms.py",
        """
        class Sms(OutputPlugin):
            name = "sms"

            async def open(self):
                raise OSError("no route to the gateway")

            async def deliver(self, delivery):
                raise NotImplementedError

        @hookimpl
        def register_outputs():
            return [Sms]
    """,
    )
    hooks = bench.load()
    with pytest.raises(PluginError) as failed:
        await hooks.open_outputs(hooks.outputs())
    assert str(failed.value) == (
        f"plugin sms, hook output sms: open: OSError at {path}:7: no route to the gateway"
    )
    assert failed.value.position == (str(path), 7)
