"""Each hook once, through the façade, as a plugin file implements it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from flowhook.errors import ApiError, PluginError, Reject
from flowhook.hooks.api.request import Request, Response
from flowhook.hooks.calling.results import DISCARD, Body, Interpreted
from flowhook.hooks.loading.loader import PluginLoadError
from flowhook.hooks.loading.requirements import HandoverRequirement
from flowhook.model.delivery import Delivery
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.output import Deliver, Output
from flowhook.model.session_ref import SessionRef
from flowhook.model.understanding import Understanding
from flowhook.nodes.parts.answer_types import UserMessage

ENVELOPE: dict[str, Any] = {"userId": "u", "sessionId": "s", "disableSensitiveLogging": False, "AIOutput": {}}


def post(body: bytes = b"", **headers: str) -> Request:
    return Request("POST", "http://x/demo-pizza", "/demo-pizza", body=body, headers=headers)


async def test_hook_authenticate(bench):
    """A Reject reaches the caller as it is; any other failure is a 401."""
    bench.write(
        "door.py",
        """
        @hookimpl
        def authenticate(request, endpoint):
            if request.headers["X-Who"] != endpoint.name:
                raise Reject(403, "not you")
    """,
    )
    hooks = bench.hooks("door")
    assert hooks.has_authenticate
    await hooks.authenticate(post(**{"x-who": "pizza"}))
    with pytest.raises(Reject) as refused:
        await hooks.authenticate(post(**{"x-who": "pasta"}))
    assert (refused.value.status, refused.value.detail) == (403, "not you")
    with pytest.raises(ApiError) as failed:
        await hooks.authenticate(post())
    assert failed.value.status == 401
    assert bench.failures == ["door.authenticate@pizza"]


async def test_hook_transform_input(bench):
    """The next plugin gets the last one's result; what a plugin leaves out is the original's."""
    bench.write(
        "one.py",
        """
        @hookimpl
        def transform_input(request, message):
            return {"text": message["text"] + " one", "data": None}
    """,
    )
    bench.write(
        "two.py",
        """
        @hookimpl
        async def transform_input(message, response):
            response.status = 201
            return {"text": message["text"] + " two"}
    """,
    )
    response = Response()
    body = {"userId": "u", "text": "hi", "data": {"a": 1}}
    answer = await bench.hooks("two", "one").transform("message", post(), response, body)
    assert answer == {"userId": "u", "text": "hi two one", "data": {"a": 1}}
    assert body["text"] == "hi"
    assert response.written


async def test_hook_transform_inject(bench):
    """Runs on the inject route only, and may drop the message."""
    bench.write(
        "drop.py",
        """
        @hookimpl
        def transform_inject():
            return DISCARD
    """,
    )
    hooks = bench.hooks("drop")
    assert (hooks.transforms("message"), hooks.transforms("inject")) == (False, True)
    assert await hooks.transform("inject", post(), Response(), {}) is DISCARD
    assert await hooks.transform("message", post(), Response(), {}) is None


async def test_hook_transform_notify(bench):
    """Runs on the notify route and may make several messages of one; each goes on alone."""
    bench.write(
        "split.py",
        """
        @hookimpl
        def transform_notify(message):
            return [{"text": word} for word in message["text"].split()]
    """,
    )
    bench.write(
        "shorten.py",
        """
        @hookimpl
        def transform_notify(message):
            if message["text"] == "b":
                return DISCARD
            return {"text": message["text"] * 2} if message["text"] == "c" else None
    """,
    )
    hooks = bench.hooks("split", "shorten")
    answer = await hooks.transform("notify", post(), Response(), {"userId": "u", "text": "a b c"})
    assert answer == [{"userId": "u", "text": "a"}, {"userId": "u", "text": "cc"}]


async def test_hook_transform_output(bench):
    """A changed Output keeps the envelope and goes on; a Deliver or a Body ends the pipe."""
    bench.write(
        "sign.py",
        """
        @hookimpl
        def transform_output(output, envelope, user_id, session_id):
            assert envelope["AIOutput"]["text"] == output.text
            output.text += f" {user_id}/{session_id}"
            return output
    """,
    )
    bench.write(
        "away.py",
        """
        @hookimpl
        def transform_output(output, settings):
            return Deliver(settings.url, json={"t": output.text}) if output.data else Body([output.text])
    """,
    )
    bench.write(
        "late.py",
        """
        @hookimpl
        def transform_output(output):
            return DISCARD
    """,
    )
    said = Output("hi")
    assert await bench.hooks("sign").transform_output(said, ENVELOPE, "u", "s") == [Output("hi u/s")]
    assert said.text == "hi"
    hooks = bench.hooks("sign", "away", "late", settings={"away": {"url": "http://b"}})
    assert await hooks.transform_output(said, ENVELOPE, "u", "s") == [Body(["hi u/s"])]
    deliver = await hooks.transform_output(Output("hi", {"a": 1}), ENVELOPE, "u", "s")
    assert deliver == [Deliver("http://b", json={"t": "hi u/s"})]
    assert await bench.hooks("late").transform_output(said, ENVELOPE, "u", "s") == []


async def test_hook_answer(bench):
    """What it sets on the response is the answer; what it does to its outputs, nobody else sees."""
    bench.write(
        "voice.py",
        """
        @hookimpl
        def answer(outputs, request, response, user_id):
            response.status = 201
            response.body = f"{user_id} {request.method} " + " ".join(output.text for output in outputs)
            outputs[0].text = "changed"
    """,
    )
    response, said = Response(), [Output("a"), Output("b")]
    await bench.hooks("voice").answer(said, post(), response, "u", "s")
    assert (response.status, response.body) == (201, "u POST a b")
    assert said[0].text == "a"


async def test_hook_transform_turn(bench):
    """Gets all outputs at once, and the message; what it returns leaves in this order."""
    bench.write(
        "join.py",
        """
        @hookimpl
        async def transform_turn(outputs, inbound, session_id):
            first, *rest = outputs
            return [Output(first.text + inbound.private["thread"]), Deliver("http://x/", json=len(rest))]
    """,
    )
    ref = SessionRef("pizza", "u", "s")
    inbound = Inbound(ref, Kind.MESSAGE, "t", 0.0, private={"thread": "!"})
    hooks = bench.hooks("join")
    assert hooks.has_transform_turn
    made = await hooks.transform_turn([Output("a", trace_id="t"), Output("b")], inbound)
    assert made == [Output("a!", trace_id="t"), Deliver("http://x/", json=1)]


@pytest.mark.parametrize("answer", ["Output('x')", "[1]", "{'a': 1}", "['x']"])
async def test_a_turn_becomes_a_list_of_what_can_leave(bench, answer):
    """Anything else is the plugin's failure."""
    bench.write("odd.py", f"@hookimpl\ndef transform_turn(outputs):\n    return {answer}\n")
    inbound = Inbound(SessionRef("pizza", "u", "s"), Kind.MESSAGE, "t", 0.0)
    with pytest.raises(PluginError, match="answered"):
        await bench.hooks("odd").transform_turn([Output("a")], inbound)


async def test_hook_delivery_finished(bench):
    """Is told what became of a delivery; one that fails keeps no other from hearing it."""
    for name in ("broken", "log"):
        bench.write(
            f"{name}.py",
            """
            @hookimpl
            async def delivery_finished(delivery, outcome, status, body, storage):
                async with storage.open(delivery.delivery_id) as data:
                    data["heard"] = [outcome, status, body.decode()]
                raise ValueError
        """,
        )
    delivery = Delivery("pizza", b"k", 1, "evt_1", b"{}", "t")
    await bench.hooks("broken", "log").delivery_finished(delivery, "dead", 400, b"why")
    assert bench.failures == ["broken.delivery_finished@pizza", "log.delivery_finished@pizza"]
    assert list((await bench.kept()).values()) == [{"heard": ["dead", 400, "why"]}]


async def test_hook_turn_finished(bench):
    """All plugins are told, whichever fails; the trace is read for them."""
    bench.write(
        "bad.py",
        """
        @hookimpl
        def turn_finished():
            raise ValueError("no")
    """,
    )
    bench.write(
        "good.py",
        """
        seen = []

        @hookimpl
        async def turn_finished(outputs, trace, user_id):
            seen.append((outputs[0].text, trace, user_id))
    """,
    )
    hooks = bench.hooks("bad", "good")
    await hooks.turn_finished([Output("hi")], b'[{"node": "a"}]', "u", "s")
    module = next(plugin.module for plugin in bench.loaded[0].plugins if plugin.name == "good")
    assert module.seen == [("hi", [{"node": "a"}], "u")]
    assert bench.failures == ["bad.turn_finished@pizza"]


async def test_hook_before_nlu(bench):
    """Changes text and data that the engine reads, or keeps it from reading."""
    bench.write(
        "clean.py",
        """
        @hookimpl
        def before_nlu(text, data, language):
            return DISCARD if text == "stop" else {"text": f"{text} in {language}"}
    """,
    )
    hooks = bench.hooks("clean")
    assert await hooks.before_nlu("hi", {"a": 1}, "en") == ("hi in en", {"a": 1})
    assert await hooks.before_nlu("stop", {}, "en") is DISCARD


async def test_hook_after_nlu(bench):
    """Changes what was understood; DISCARD means that nothing was."""
    bench.write(
        "sure.py",
        """
        @hookimpl
        def after_nlu(text, understanding):
            if text == "x":
                return DISCARD
            understanding.score = 1.0
            return understanding
    """,
    )
    hooks = bench.hooks("sure")
    found = Interpreted("a pizza", {}, Understanding("order", 0.4))
    assert await hooks.after_nlu(found, "en") == Interpreted("a pizza", {}, Understanding("order", 1.0))
    assert found.understanding.score == 0.4
    assert await hooks.after_nlu(replace(found, text="x"), "en") == Interpreted("x", {}, None)


async def test_after_nlu_changes_what_was_said(bench):
    """A mapping changes text and data, and leaves the understanding; the next plugin sees it."""
    hook = "@hookimpl\ndef after_nlu(text, data):\n    return "
    bench.write("one.py", hook + "{'text': text + '!', 'data': {'a': 1}}\n")
    bench.write("two.py", hook + "{'text': f'{text} {data}'}\n")
    found = Understanding("order", 0.4)
    heard = await bench.hooks("one", "two").after_nlu(Interpreted("hi", {}, found), "en")
    assert heard == Interpreted("hi! {'a': 1}", {"a": 1}, found)


async def test_hook_register_nodes(bench):
    """Node types of plugins stand beside the built-in ones, which enter by the same hook."""
    bench.write(
        "crm.py",
        """
        class CrmLookup(Node):
            key = "crm_lookup"

            async def run(self, turn):
                return None

        @hookimpl
        def register_nodes():
            return [CrmLookup]
    """,
    )
    hooks = bench.load()
    [node] = [node_type for node_type in hooks.node_types() if node_type.key == "crm_lookup"]
    assert hooks.plugin_of(node).name == "crm"
    assert hooks.plugins[0].name == "flowhook"
    assert "register_nodes" in hooks.plugins[0].hooks


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("pass", "Odd needs a method `async def run(self, turn)`"),
        (
            "waits = True\n\n            async def run(self, turn): ...",
            "so it needs a method `async def resume",
        ),
        ("id: str = ''\n\n            async def run(self, turn): ...", 'must not have a setting called "id"'),
        ("def run(self, turn): ...", "Odd.run must be `async def`"),
    ],
)
async def test_a_node_type_that_cannot_work_is_refused(bench, body, message):
    """When its plugin is loaded, with its name, and not when a session comes to it."""
    bench.write(
        "odd.py",
        f"""
        class Odd(Node):
            key = "odd"
            {body}

        @hookimpl
        def register_nodes():
            return [Odd]
    """,
    )
    with pytest.raises(PluginError) as refused:
        bench.load()
    assert "odd" in str(refused.value)
    assert message in str(refused.value)


async def test_hook_register_ask_types(bench):
    """Further types of a question are kept by name."""
    bench.write(
        "iban.py",
        """
        def iban(text):
            return text

        @hookimpl
        def register_ask_types():
            return {"iban": iban}
    """,
    )
    types = bench.load().types
    ask = types["ask"]
    assert "iban" in ask.types
    assert "iban" in types["optional_ask"].types
    types["collect"].model_validate({"asks": [{"text": "?", "type": "iban", "store": "context.iban"}]})
    assert ask.types["iban"](UserMessage("DE", {}, [], "en", datetime.now(UTC)), None) == "DE"


async def test_nodes_of_plugins_ask_questions_of_plugins_types(bench):
    """Who brings the node, and in which order, does not matter: the class says that it asks."""
    bench.write(
        "a_survey.py",
        """
        from flowhook.nodes.ask import Ask

        class Survey(Ask):
            key = "survey"

        @hookimpl
        def register_nodes():
            return [Survey]
    """,
    )
    bench.write(
        "b_iban.py",
        """
        @hookimpl
        def register_ask_types():
            return {"iban": lambda text: text}
    """,
    )
    types = bench.load().types
    assert types["survey"].model_validate({"text": "Your account?", "type": "iban"}).type == "iban"


async def test_hook_register_nlu(bench):
    """An engine gets the settings of its own name."""
    bench.write(
        "nlu_things.py",
        """
        class Rasa(NluEngine):
            name = "rasa"

            class Settings(Settings):
                url: str

            async def understand(self, text):
                return None

        @hookimpl
        def register_nlu():
            return [Rasa]
    """,
    )
    hooks = bench.load(nlu="rasa", settings={"rasa": {"url": "http://r"}})
    assert hooks.nlu()["rasa"].settings.url == "http://r"
    assert list(bench.load().nlu()) == ["builtin"]
    with pytest.raises(PluginLoadError, match='rasa needs the setting "url"'):
        bench.load(nlu="rasa")


async def test_hook_register_outputs(bench):
    """An output that an endpoint names is loaded from the shipped plugins, and made once."""
    bench.write(
        "sms.py",
        """
        class Sms(OutputPlugin):
            name = "sms"

            async def deliver(self, delivery):
                return None

        @hookimpl
        async def register_outputs():
            return [Sms]
    """,
        shipped=True,
    )
    assert "sms" not in bench.load().outputs()
    assert type(bench.load(output="sms").outputs()["sms"]).__name__ == "Sms"
    with pytest.raises(PluginLoadError, match='no plugin registers the output "smss"') as failed:
        bench.load("sms", output="smss")
    assert failed.value.problems[0].hint == 'did you mean "sms"?'


BUREAU = """
from flowhook import Translated, Translator, TranslatorSettings

class Bureau(Translator):
    name = "bureau"

    class Settings(TranslatorSettings):
        url: str = "x"

    async def translate(self, texts, *, source, target, settings, endpoint):
        made = [Translated(f"{text} {source}>{target} {settings.url} {endpoint.name}") for text in texts]
        return {answer}

@hookimpl
def register_translators():
    return [Bureau]
"""
TEXTS = {
    "texts": ["a", "b"],
    "source": "en",
    "target": "de",
    "markup": False,
    "glossary": "",
    "formality": "",
}


async def test_hook_register_translators(bench):
    """A translator that an endpoint names gets what it names, with the settings of its own."""
    bench.write("bureau.py", BUREAU.replace("{answer}", "made"))
    hooks = bench.load(translator="bureau", settings={"bureau": {"url": "http://y"}})
    endpoint = bench.endpoint(translation=SimpleNamespace(provider="bureau"))
    found = await hooks.for_endpoint(endpoint).translate(TEXTS)
    assert [message.text for message in found] == ["a en>de http://y pizza", "b en>de http://y pizza"]


@pytest.mark.parametrize("answer", ["None", "made[:1]", "[each.text for each in made]", "tuple(made)"])
async def test_a_translator_answers_one_for_each_text(bench, answer):
    """Anything else is its failure, which names it."""
    bench.write("bureau.py", BUREAU.replace("{answer}", answer))
    hooks = bench.load(translator="bureau")
    endpoint = bench.endpoint(translation=SimpleNamespace(provider="bureau"))
    with pytest.raises(PluginError, match=r"translator bureau.*no list of 2"):
        await hooks.for_endpoint(endpoint).translate(TEXTS)


async def test_an_unknown_translator_is_a_problem(bench):
    """With the place where it is named."""
    with pytest.raises(PluginLoadError, match='no plugin registers the translator "burau"'):
        bench.load(translator="burau")


async def test_hook_register_handover(bench):
    """A provider that is named is brought in, once for each entry of ``handovers``, with its settings."""
    source = """
        from flowhook import HandoverProvider, Settings

        class Pager(HandoverProvider):
            name = "pager"

            class Settings(Settings):
                url: str

            async def send(self, message):
                return None

        @hookimpl
        def register_handover():
            return [Pager]
    """
    bench.write("handover_pager.py", source, shipped=True)

    def named(provider, settings):
        entry = HandoverRequirement(provider, settings, ("handovers", "night", "provider"))
        return {"handovers": {"night": entry}}

    with pytest.raises(PluginLoadError, match='plugin pager needs the setting "url"'):
        bench.load(**named("pager", {}))
    found = bench.load(**named("pager", {"url": "http://a"})).handovers()
    assert found["night"].settings.url == "http://a"
    with pytest.raises(PluginLoadError, match='no plugin registers the handover provider "pagr"'):
        bench.load(**named("pagr", {}))
    assert type(bench.load(**named("desk", {})).handovers()["night"]).__name__ == "Desk"


async def test_hook_register_filters(bench):
    """Filters are functions by name; two plugins cannot bring the same."""
    source = (
        "@hookimpl\ndef register_filters(settings):\n    return {'loud': lambda text: text + settings.mark}\n"
    )
    bench.write("loud.py", source)
    hooks = bench.load(settings={"loud": {"mark": "!"}})
    assert hooks.filters()["loud"]("hi") == "hi!"
    bench.write("quiet.py", source)
    with pytest.raises(
        PluginLoadError, match='quiet, hook register_filters: "loud" is already registered by loud'
    ):
        bench.load()


async def test_hook_register_commands(bench):
    """A click command, or several."""
    bench.write(
        "tool.py",
        """
        import click

        @click.command("tool")
        def tool():
            pass

        @hookimpl
        def register_commands():
            return tool
    """,
    )
    assert list(bench.load().commands()) == ["tool"]


async def test_hook_register_routes(bench):
    """A blueprint is kept with the plugin that it belongs to."""
    bench.write(
        "pages.py",
        """
        from quart import Blueprint

        @hookimpl
        def register_routes():
            return Blueprint("pages", __name__)
    """,
    )
    [(plugin, blueprint)] = bench.load().routes()
    assert (plugin, blueprint.name) == ("pages", "pages")


async def test_hook_on_event(bench):
    """Every plugin that listens is told, used by an endpoint or not."""
    bench.write(
        "listen.py",
        """
        heard = []

        @hookimpl
        async def on_event(event):
            heard.append(event.type)
    """,
    )
    hooks = bench.load()
    assert hooks.has("on_event")
    assert not hooks.has("turn_finished")
    assert hooks.listeners == {"listen"}
    await hooks.event(SimpleNamespace(type="flow.reloaded"), "listen")
    await hooks.event(SimpleNamespace(type="flow.reloaded"), "nobody")
    assert hooks.plugins[1].module.heard == ["flow.reloaded"]


async def test_on_event_gets_app_and_storage(bench):
    """The app of the running server, and what plugins keep at the endpoint of the event."""
    bench.write(
        "listen.py",
        """
        @hookimpl
        async def on_event(event, app, storage):
            async with storage.open("seen") as data:
                data["by"] = app.name
    """,
    )
    hooks = bench.load()
    app: Any = SimpleNamespace(name="server")
    await hooks.startup(app)
    await hooks.event(SimpleNamespace(type="x", endpoint="pizza"), "listen")
    assert await bench.kept() == {("pizza", "", "seen", ""): {"by": "server"}}


async def test_hook_startup(bench):
    """Gets the app; its failure stops the start."""
    bench.write(
        "begin.py",
        """
        @hookimpl
        def startup(app, settings):
            app.begun.append(settings.word)
            if len(app.begun) > 1:
                raise OSError("port taken")
    """,
    )
    hooks = bench.load(settings={"begin": {"word": "a"}})
    app: Any = SimpleNamespace(begun=[])
    await hooks.startup(app)
    assert app.begun == ["a"]
    with pytest.raises(PluginError, match="plugin begin, hook startup"):
        await hooks.startup(app)


async def test_a_failed_start_is_taken_back(bench):
    """What had started is shut down again; what had not is left alone."""
    both = """
        @hookimpl
        def startup(app):
            app.did.append(f"start {__name__[-1]}")
            if __name__.endswith("b"):
                raise Reject(500, "no")

        @hookimpl
        def shutdown(app):
            app.did.append(f"stop {__name__[-1]}")
    """
    for name in "abc":
        bench.write(f"{name}.py", both)
    app: Any = SimpleNamespace(did=[])
    with pytest.raises(PluginError, match="plugin b, hook startup: Reject: no at"):
        await bench.load().startup(app)
    assert app.did == ["start a", "start b", "stop a"]


async def test_hook_shutdown(bench):
    """All are called, whichever fails."""
    bench.write("a.py", "@hookimpl\ndef shutdown(app):\n    raise SystemExit\n")
    bench.write("b.py", "@hookimpl\nasync def shutdown(app):\n    app.ended = True\n")
    app: Any = SimpleNamespace(ended=False)
    await bench.load().shutdown(app)
    assert app.ended
    assert bench.failures == ["a.shutdown@"]


async def test_an_engine_is_called_with_its_arguments_by_name(bench):
    """The engine that the endpoint names understands; its failure names it."""
    bench.write(
        "brain.py",
        """
        class OwnEngine(NluEngine):
            name = "brain"

            async def understand(self, text, *, language, http, **rest):
                if text == "":
                    raise ValueError
                return Understanding(intent=f"{text} {language} {sorted(rest)}")

        @hookimpl
        def register_nlu():
            return [OwnEngine]
    """,
    )
    endpoint = bench.endpoint()
    assert await bench.load().for_endpoint(endpoint).understand("hi", {}, "en", "s") is None
    endpoint.config.nlu = "brain"
    hooks = bench.load(nlu="brain").for_endpoint(endpoint)
    found = await hooks.understand("hi", {}, "en", "s")
    assert found == Understanding(intent="hi en ['data', 'endpoint', 'session']")
    with pytest.raises(PluginError, match="plugin brain, hook nlu brain at endpoint pizza: ValueError"):
        await hooks.understand("", {}, "en", "s")


@pytest.mark.parametrize(
    "answer",
    [
        "object()",
        "Output(3)",
        "Output('', [1])",
        "Deliver('ftp://x')",
        "Deliver('http://x', headers={'a': 1})",
    ],
)
async def test_what_cannot_be_sent_is_a_failure_at_once(bench, answer):
    """A wrong answer is the plugin's fault in its turn, not the dispatcher's an hour later."""
    bench.write("odd.py", f"@hookimpl\ndef transform_output():\n    return {answer}\n")
    with pytest.raises(PluginError, match="plugin odd, hook transform_output at endpoint pizza: answered"):
        await bench.hooks("odd").transform_output(Output("hi"), ENVELOPE, "u", "s")


async def test_an_output_made_anew_belongs_to_its_turn(bench):
    """It keeps the trace id, and what was confidential stays so."""
    bench.write("new.py", "@hookimpl\ndef transform_output():\n    return Output('new')\n")
    before = Output("hi", {}, "t1", disable_sensitive_logging=True)
    after = await bench.hooks("new").transform_output(before, ENVELOPE, "u", "s")
    assert after == [Output("new", {}, "t1", disable_sensitive_logging=True)]
