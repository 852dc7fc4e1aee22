"""Understanding in a running server: a plugin's engine, and the built-in one."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.nlu.shop import made_up

from flowhook.builtin import nlu_engine
from flowhook.builtin.nlu_training import TrainingFailed
from flowhook.builtin.nlu_training import train_in_background as training_of
from flowhook.nlu.dataset import TrainedModel, TrainingSet
from flowhook.nlu.interpreter import Interpreter
from flowhook.studio.reading import TextInterpreter, shown
from flowhook.testing import open_bot
from flowhook.testing.bot import Bot

ENGINE = '''
"""Knows one word."""
from flowhook import NluEngine, Understanding, hookimpl

class Words(NluEngine):
    name = "words"
    prepared = None

    async def prepare(self, intents, slots, *, language):
        Words.prepared = language

    async def understand(self, text, *, data, language, session, endpoint, http):
        if "pizza" not in text:
            return None
        return Understanding(intent="order", score=0.9, slots={"prepared": [Words.prepared]})

@hookimpl
def register_nlu():
    return [Words]
'''
FLOW = """
flow: talk
nodes:
  - say: "{{ input.intent }} {{ input.slots.prepared }}"
"""


async def test_an_engine_is_prepared_and_asked(tmp_path: Path) -> None:
    """Before the first text it hears its language; what it understands is in the input."""
    for name, file, text in (("flows", "talk.yaml", FLOW), ("plugins", "words.py", ENGINE)):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(text)
    async with open_bot("talk", project=tmp_path, endpoint={"nlu": "words", "locale": "de"}) as bot:
        assert await bot.says("one pizza") == ['order ["de"]']
        assert await bot.says("anything else") == [" "]


PLUGIN = '''
"""Hears what there is to learn."""
from flowhook import NluEngine, Understanding, hookimpl

class Told(NluEngine):
    name = "told"
    calls = []

    async def prepare(self, intents, slots, *, language):
        Told.calls.append((language, sorted(intents), intents["order"]["examples"], sorted(slots)))

    async def understand(self, text, **rest):
        assert not {"flow", "now"} & rest.keys()
        return Understanding(intent="order", score=1.0, details={"calls": Told.calls})

@hookimpl
def register_nlu():
    return [Told]
'''
SHOP = """
flow: shop
intents:
  order:
    examples: ["I want a pizza", "one pizza please", "can I order food"]
    entry: ordered
  opening:
    examples: ["when are you open", "opening hours", "are you open on sunday"]
    reply: We open at noon.
slots:
  topping: {values: {pepperoni: [salami], mushroom: [champignon]}}
nodes:
  - say: "Hello. {{ input.type }}"
  - stop:
  - id: ordered
    say: "A pizza with {{ input.slots.topping | join(' and ') }}."
"""


def project_of(tmp_path: Path, flow: str, plugin: str = "") -> Path:
    for name, file, text in (
        ("flows", "shop.yaml", flow),
        ("plugins", "told.py", plugin or '"""Nothing."""'),
    ):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / file).write_text(text)
    return tmp_path


async def test_a_plugin_is_told_of_the_intents_once_for_each_language(tmp_path: Path) -> None:
    flow = SHOP.replace("{{ input.type }}", "{{ input.nlu.details.calls }}")
    project = project_of(tmp_path, flow, PLUGIN)
    async with open_bot("shop", project=project, endpoint={"nlu": "told", "locale": "de"}) as bot:
        assert await bot.says("anything") == ["A pizza with ."]
        engine = bot.services.project.hooks.nlu()["told"]
        examples = ["I want a pizza", "one pizza please", "can I order food"]
        assert type(engine).calls == [("de", ["opening", "order"], examples, ["topping"])]


async def test_builtin_understands_a_flow(tmp_path: Path) -> None:
    """Intents by their examples, slots by their words, kinds of sentences; nothing else is installed."""
    async with open_bot("shop", project=project_of(tmp_path, SHOP)) as bot:
        assert await bot.says("hi there") == ["Hello. Greeting"]
        assert await bot.says("are you open today?") == ["We open at noon."]
        assert await bot.says("one pizza with salami and mushrooms, please") == [
            "A pizza with pepperoni and mushroom."
        ]
        assert await bot.says("a pizza with salami but no mushrooms") == ["A pizza with pepperoni."]
        assert await bot.says("what do elephants eat?") == ["Hello. whQuestion"]


async def test_a_flow_that_understands_nothing_costs_nothing(tmp_path: Path, monkeypatch) -> None:
    async def never(self: object, text: str, **rest: object) -> None:
        raise AssertionError("nobody wants to know")

    monkeypatch.setattr(nlu_engine.BuiltinNlu, "understand", never)
    flow = "flow: shop\nnodes:\n  - say: 'You said {{ input.text }}'\n"
    async with open_bot("shop", project=project_of(tmp_path, flow)) as bot:
        assert await bot.says("one pizza") == ["You said one pizza"]


async def test_examples_by_locale(tmp_path: Path) -> None:
    flow = """
flow: shop
locales: [en, de]
intents:
  order:
    examples: {en: ["I want a pizza", "one pizza please"], de: ["ich möchte eine Pizza", "eine Pizza bitte"]}
    reply: {en: "Your pizza!", de: "Deine Pizza!"}
slots:
  size: {values: {large: {synonyms: {en: [big], de: [groß, große]}}}}
nodes:
  - say: "{{ input.slots.size }}"
"""
    for locale, said, answers in (
        ("de", "Ich möchte eine große Pizza", ["Deine Pizza!"]),
        ("de-AT", "eine Pizza, bitte!", ["Deine Pizza!"]),
        ("en", "I want a big pizza", ["Your pizza!"]),
        ("fr", "I want a pizza", ["Your pizza!"]),
    ):
        endpoint = {"locale": locale}
        async with open_bot("shop", project=project_of(tmp_path, flow), endpoint=endpoint) as bot:
            assert await bot.says(said) == answers


async def reload(bot: Bot) -> list[str]:
    """The texts of the problems."""
    reloaded = await bot.services.reload()
    return [problem.text for problem in reloaded.problems]


async def test_what_did_not_change_is_not_learned_again(tmp_path: Path, monkeypatch) -> None:
    """A reload learns new sentences and takes over the rest; a bad edit keeps the last good project."""
    shop = SHOP.replace("on sunday", "on this very day")  # no other test has learned it
    lessons: list[int] = []
    train = nlu_engine.train_in_background

    async def counted(lesson: TrainingSet) -> TrainedModel:
        lessons.append(len(lesson))
        return await train(lesson)

    monkeypatch.setattr(nlu_engine, "train_in_background", counted)
    project = project_of(tmp_path, shop)
    async with open_bot("shop", project=project) as bot:
        assert lessons == [6]
        project_of(tmp_path, shop.replace("We open at noon.", "At noon."))
        assert await reload(bot) == []
        assert lessons == [6]
        assert await bot.says("opening hours") == ["At noon."]
        project_of(tmp_path, shop.replace('"opening hours"', '"opening hours", "when do you close"'))
        assert await reload(bot) == []
        assert lessons == [6, 7]

        async def fails(lesson: TrainingSet) -> TrainedModel:
            raise TrainingFailed("the training process ended with -9")

        monkeypatch.setattr(nlu_engine, "train_in_background", fails)
        project_of(tmp_path, shop.replace('"opening hours"', '"business hours"'))
        problems = await reload(bot)
        assert len(problems) == 1
        assert "cannot be learned" in problems[0]
        assert await bot.says("when do you close") == ["We open at noon."]


async def test_messages_go_on_while_many_sentences_are_learned(tmp_path: Path) -> None:
    """A thousand and more sentences are learned by another process: the event loop hardly notices."""
    examples = made_up(12, 100)
    lesson = TrainingSet(examples)
    training = asyncio.ensure_future(training_of(lesson))
    longest, ticks, last = 0.0, 0, time.thread_time()
    while not training.done():
        await asyncio.sleep(0.002)
        now = time.thread_time()  # what this thread did meanwhile, not what the machine was busy with
        longest, ticks, last = max(longest, now - last), ticks + 1, now
    learned = training.result()
    assert learned.count >= 1_000
    assert ticks > 10
    assert longest < 0.5  # usually 0.03 s
    reader = Interpreter(lesson, learned, {})
    assert reader.read(examples["intent3"][0], datetime(2026, 11, 21, tzinfo=UTC)).intent == "intent3"


async def test_reading_many_examples_once_more_is_no_work_of_the_event_loop(monkeypatch) -> None:
    """A flow's examples also tell which words deny an intent: seconds of work for ten thousand."""
    threads = []

    class Noted(Interpreter):
        def __init__(self, *given) -> None:
            threads.append(threading.current_thread())
            super().__init__(*given)

    monkeypatch.setattr("flowhook.builtin.nlu_engine.Interpreter", Noted)
    engine = nlu_engine.BuiltinNlu()
    intents = {name: {"examples": texts} for name, texts in made_up(3, 40).items()}
    await engine.prepare(intents, {}, language="en", flow="shop")
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
    assert await engine.understand(intents["intent1"]["examples"][0], language="en", flow="shop")


async def test_a_mistake_in_the_other_process_is_told(monkeypatch) -> None:
    slots = {"x": {"pattern": "("}}
    with pytest.raises(ValueError, match="regular expression"):
        await training_of(TrainingSet(made_up(12, 100), slots))
    monkeypatch.setattr("flowhook.builtin.nlu_training._COMMAND", "import sys; sys.exit('no memory')")
    with pytest.raises(TrainingFailed, match="no memory"):
        await training_of(TrainingSet(made_up(12, 100)))


async def test_cancelling_ends_the_other_process() -> None:
    training = asyncio.ensure_future(training_of(TrainingSet(made_up(12, 100))))
    await asyncio.sleep(0.05)
    training.cancel()
    with pytest.raises(asyncio.CancelledError):
        await training


HOOKS = """
from flowhook import Node, hookimpl

class Ask(Node):
    key = "reads"
    main = "text"
    async def run(self, turn):
        found = await turn.understand(self.text)
        await turn.say(f"{found.ranking[0].name} {sorted(found.slots)}")
    text: str

@hookimpl
def register_nodes():
    return [Ask]

@hookimpl
def before_nlu(text, data):
    return {"text": text.replace("pls", "please"), "data": {**data, "cleaned": True}}

@hookimpl
def after_nlu(text, data):
    return {"text": text.upper()} if text.startswith("shout") else None
"""


async def test_what_hooks_make_of_a_message_reaches_the_flow(tmp_path: Path) -> None:
    """Text and data of ``before_nlu`` and ``after_nlu`` are what ``input`` holds; the transcript keeps what
    was said."""
    said = "{{ input.text }} {{ input.data.keys() | list | sort | join }} {{ input.mode }}"
    flow = f"flow: shop\nnodes:\n  - say: '{said}'\n"
    project = project_of(tmp_path, flow, HOOKS)
    async with open_bot("shop", project=project, use=["told"]) as bot:
        assert await bot.says("one pls") == ["one please cleaned text+data"]
        assert await bot.says("shout it", {"a": 1}) == ["SHOUT IT acleaned text+data"]
        transcript = await bot.services.store.transcripts.entries(bot.session_id)
        assert [entry["text"] for entry in transcript] == ["one pls", "shout it"]


async def test_what_each_hook_did_is_told(tmp_path: Path) -> None:
    """When somebody tries a text, as the studio does: what differs before and after each, in their order."""
    async with open_bot("shop", project=project_of(tmp_path, SHOP, HOOKS), use=["told"]) as bot:
        told = shown(await TextInterpreter(bot.services, flow="shop").read("shout pls"))
    before, after = told["hooks"]
    assert (before["plugin"], before["hook"], before["did"]) == ("told", "before_nlu", "changed")
    assert before["changed"] == {"text": ["shout pls", "shout please"], "data": [{}, {"cleaned": True}]}
    assert (after["hook"], after["did"]) == ("after_nlu", "changed")
    assert after["changed"] == {"text": ["shout please", "SHOUT PLEASE"]}


async def test_a_node_asks_the_built_in_engine(tmp_path: Path) -> None:
    """``turn.understand`` reads any text with the intents and slots of the flow in force."""
    flow = SHOP.replace('say: "Hello. {{ input.type }}"', 'reads: "a pizza with salami please"')
    async with open_bot("shop", project=project_of(tmp_path, flow, HOOKS)) as bot:
        assert await bot.says("hello") == ["order ['topping']"]


BROKEN = """
from flowhook import NluEngine, Settings, hookimpl

class Broken(NluEngine):
    name = "told"

    class Settings(Settings):
        word: str = "crash"

    async def understand(self, text, *, settings, storage, log):
        async with storage.open("calls") as data:
            data["n"] = data.get("n", 0) + 1
            log.info("call %s", data["n"])
        raise OSError(settings.word)

@hookimpl
def register_nlu():
    return [Broken]
"""


async def test_the_built_in_engine_takes_the_place_of_one_that_fails(tmp_path: Path, caplog) -> None:
    """With ``nlu_fallback: builtin``; without it nothing is understood. Either way the flow runs."""
    flow = SHOP.replace("{{ input.type }}", "{{ input.intent }}")
    project = project_of(tmp_path, flow, BROKEN)
    async with open_bot("shop", project=project, endpoint={"nlu": "told"}) as bot:
        assert await bot.says("one pizza please") == ["Hello. "]
    caplog.set_level("INFO", "flowhook.plugin.told")
    endpoint = {"nlu": "told", "nlu_fallback": "builtin"}
    async with open_bot("shop", project=project, endpoint=endpoint) as bot:
        assert await bot.says("one pizza with salami please") == ["A pizza with pepperoni."]
        assert await bot.says("are you open today?") == ["We open at noon."]
        assert "call 2" in caplog.text
        assert bot.services.project.hooks.failures_of("told", "nlu told") == 2
