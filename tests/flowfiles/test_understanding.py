"""Intents, slots, states, attached flows and locales: what becomes of them when a flow is compiled."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from flowhook.engine.expressions import Expressions
from flowhook.engine.flow import Back, Flow
from flowhook.flowfiles.compile.compiler import CompiledFlow, compile_flow
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import LoadedLibrary, load_library
from flowhook.nodes import BUILTIN
from flowhook.yamldoc.document import load


def compiled(text: str) -> CompiledFlow:
    document, problems = load("flow: f\n" + dedent(text), "f.yaml")
    assert not problems
    assert document is not None
    return compile_flow(document, NodeTypes(BUILTIN), Expressions())


def flow_of(head: str, nodes: str = "nodes: [{id: here, say: hi}]\n") -> Flow:
    result = compiled(dedent(head) + dedent(nodes))
    assert result.flow is not None, result.problems
    return result.flow


def library(directory: Path, **flows: str) -> LoadedLibrary:
    for name, text in flows.items():
        (directory / f"{name}.yaml").write_text(f"flow: {name}\n{dedent(text)}")
    return load_library(directory, NodeTypes(BUILTIN), root=directory)


def codes(loaded: LoadedLibrary) -> list[str]:
    return [f"{p.file}:{p.line}:{p.column} {p.severity} {p.code}" for p in loaded.problems]


def said(flow: Flow, key: str, locale: str = "en") -> object:
    """The text of a ``say`` in a locale."""
    return flow.nodes[key].settings.node({"input": {"locale": locale}}, []).model_dump()["text"]


# -- intents ----------------------------------------------------------------------------------------


def test_an_intent_with_all_that_it_can_have() -> None:
    """Every setting of an intent arrives; its reply is a hidden place that leads back."""
    flow = flow_of("""
        intents:
          order:
            description: Wants a pizza.
            examples: [I want a pizza, 12, "can I  order"]
            rules: ["input.text == 'order'", "profile.hungry"]
            condition: context.open
            confirm: Do you want to order, {{ profile.name }}?
            entry: here
            confidence: 0.3
            priority: 2
            inherit: true
          large: {examples: a large one, parent: order, reply: {text: [Big!, Huge!], order: loop}}
    """)
    order, large = flow.intents["order"], flow.intents["large"]
    assert order.examples == {"": ("I want a pizza", "12", "can I  order")}
    assert [rule.source for rule in order.rules] == ["input.text == 'order'", "profile.hungry"]
    assert order.condition is not None
    assert (order.entry, order.confirm, order.confidence, order.priority) == (
        "here",
        "#intents.order.confirm",
        0.3,
        2,
    )
    assert (order.inherit, order.description, order.flow, order.line) == (True, "Wants a pizza.", "f", 4)
    assert (large.parent, large.entry, large.reply) == ("order", None, "#intents.large.reply")
    reply = flow.nodes["#intents.large.reply"]
    assert (reply.type.key, reply.below, reply.has_id) == ("say", Back(), False)
    assert said(flow, "#intents.large.reply") == ["Big!", "Huge!"]
    assert "profile" in flow.roots


def test_the_first_node_stays_the_first() -> None:
    """Hidden places are no way into a flow, and nothing below runs after them."""
    flow = flow_of("intents: {hi: {examples: [a, b], reply: Hello}}\n")
    assert flow.first == "here"
    assert flow.nodes["here"].below is None


def test_a_disabled_intent_is_not_there_but_known() -> None:
    """It has no part in the flow, its name may still be used, and its children move up."""
    result = compiled("""
        intents:
          top: {examples: [a, b]}
          off: {disabled: true, parent: top, examples: [c], reply: Never}
          low: {parent: off, examples: [d, e]}
        states: {quiet: {block: off}}
        nodes: [{stop: }]
    """)
    flow = result.flow
    assert flow is not None
    assert list(flow.intents) == ["top", "low"]
    assert flow.intents["low"].parent == "top"
    assert result.intents["off"].disabled
    assert [key for key in flow.nodes if key.startswith("#intents")] == []


def test_examples_and_reject_by_locale() -> None:
    """Sentences are kept by canonical locale; doubles within an intent are dropped."""
    flow = flow_of("""
        locales: [en, de-AT]
        reject: {en: asdf, de_at: [jklö, JKLÖ]}
        intents: {hi: {examples: {en: [hi, hello], de-at: [servus, Servus, grüß dich]}}}
    """)
    assert flow.intents["hi"].examples == {"en": ("hi", "hello"), "de-AT": ("servus", "grüß dich")}
    assert flow.reject == {"en": ("asdf",), "de-AT": ("jklö",)}
    assert flow.locales == {"en": None, "de-AT": None}


def test_examples_are_kept_with_their_places() -> None:
    """What compares sentences across intents knows where each stands."""
    result = compiled("""
        intents: {a: {examples: [x, y]}, b: {examples: {en: z}}}
        reject: w
        nodes: []
    """)
    assert [(e.intent, e.locale, e.text, e.line, e.column) for e in result.examples] == [
        ("a", "", "x", 3, 26),
        ("a", "", "y", 3, 29),
        ("b", "en", "z", 3, 53),
        (None, "", "w", 4, 9),
    ]


def test_an_entry_leads_into_the_graph(tmp_path: Path) -> None:
    """A node that only an intent leads to is not unreachable."""
    lonely = "nodes:\n  - stop:\n  - id: lonely\n    say: hi\n"
    assert codes(library(tmp_path, a=lonely)) == ["a.yaml:4:5 warning unreachable"]
    intents = "intents: {x: {rules: input.text == 'x', entry: lonely}}\n"
    assert codes(library(tmp_path, a=intents + lonely)) == []
    off = "intents: {x: {rules: input.text == 'x', entry: lonely, disabled: true}}\n"
    assert codes(library(tmp_path, a=off + lonely)) == ["a.yaml:5:5 warning unreachable"]


def test_a_rule_is_a_rule_wherever_it_is_broken() -> None:
    """A mistake in a rule is shown at its character, in quotes and in blocks, too."""
    result = compiled("""
        intents:
          a:
            rules:
              - 'input.text == "it''s" and'
              - |
                input.text
                  == = 2
        nodes: []
    """)
    assert [f"{p.line}:{p.column} {p.code}" for p in result.problems] == [
        "6:35 bad-expression",
        "9:14 bad-expression",
    ]


# -- what is worth understanding ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "node", "understands"),
    [
        ("", "say: hi", False),
        ("", "if: input.text == 'x'", False),
        ("", "if: input.intent == 'x'", True),
        ("", "say: '{{ input.slots.size | first }}'", True),
        ("", "switch: input.type", True),
        ("", "log: '{{ input }}'", True),
        ("", "say: {en: hi, de: '{{ input.nlu.yesNo }}'}", True),
        ("", "ask: {text: x, type: yes_no}", False),
        ("", "ask: {text: x, type: intent}", True),
        ("", "ask: x\n    on_intent: {stop: []}", True),
        ("slots: {size: {type: number}}", "say: hi", True),
        ("intents: {a: {examples: [b, c]}}", "say: hi", True),
        ("intents: {a: {rules: input.text == 'x'}}", "say: hi", False),
        ("intents: {a: {rules: input.slots.size}}", "say: hi", True),
        ("intents: {a: {disabled: true, examples: [b]}}", "say: hi", False),
        ("intents: {a: }", "say: hi", True),
        ("attach: [other]", "say: hi", True),
        ("reject: [asdf]", "say: hi", False),
    ],
)
def test_flows_say_whether_texts_are_worth_understanding(head: str, node: str, understands: bool) -> None:
    """Flows that make no use of intents and slots cost nothing."""
    assert flow_of(f"{head}\n", f"nodes:\n  - id: n\n    {node}\n").understands is understands


# -- slots ------------------------------------------------------------------------------------------


def test_slots_in_all_their_forms() -> None:
    """Values with synonyms and data, patterns, types; what is found may be kept at once."""
    flow = flow_of("""
        locales: [en, de]
        slots:
          topping:
            values:
              salami: [pepperoni, 7]
              ham:
              8: eight
              tuna: {synonyms: {en: [fish], de: Fisch}, data: {kg: 1}}
            fuzzy: true
            store: profile.order.topping
          side:
            values: [salad, {value: bread, synonyms: roll, data: 3}, 5.0, {value: 6}]
            pattern: "s[a-z]+"
          when: {type: datetime}
    """)
    topping, side, when = flow.slots["topping"], flow.slots["side"], flow.slots["when"]
    assert topping.values == {
        "salami": {"synonyms": ["pepperoni", "7"]},
        "ham": {"synonyms": []},
        "8": {"synonyms": ["eight"]},
        "tuna": {"synonyms": {"en": ["fish"], "de": ["Fisch"]}, "data": {"kg": 1}},
    }
    assert (topping.fuzzy, topping.store, topping.line) == (True, ("profile", "order", "topping"), 5)
    assert side.values == {
        "salad": {"synonyms": []},
        "bread": {"synonyms": ["roll"], "data": 3},
        "5.0": {"synonyms": []},
        "6": {"synonyms": []},
    }
    assert (side.pattern, when.type) == ("s[a-z]+", "datetime")
    assert "profile" in flow.roots


# -- states, attached flows ---------------------------------------------------------------------------


def test_states() -> None:
    """Allowed or blocked intents; the default one is named, or called so."""
    head = "intents: {a: {rules: true}, b: {rules: true}}\n"
    flow = flow_of(head + "states: {one: {allow: [a, b]}, two: {block: a, default: true}, three: }\n")
    one, two, three = (flow.states[name] for name in ("one", "two", "three"))
    assert (one.allow, one.block) == (frozenset({"a", "b"}), frozenset())
    assert (two.allow, two.block) == (None, frozenset({"a"}))
    assert (three.allow, three.block, flow.state) == (None, frozenset(), "two")
    assert flow_of(head + "states: {default: {allow: a}}\n").state == "default"
    assert flow_of(head + "states: {one: {allow: a}}\n").state is None


TALK = "intents: {hello: {examples: [hi, hello], reply: Hi.}}\nnodes: []\n"


def test_names_of_intents_are_looked_up_in_attached_flows(tmp_path: Path) -> None:
    """States and questions may name the intents of the flow and of those attached to it, no others."""
    main = """
        attach: [talk]
        intents: {order: {rules: true}}
        states: {busy: {allow: [order, hello, bye]}}
        nodes:
          - id: q
            ask: Who?
            on_intent: {hello: [], ordre: [], /^b/: []}
    """
    loaded = library(tmp_path, main=main, talk=TALK, other="intents: {bye: {rules: true}}\nnodes: []\n")
    assert codes(loaded) == ["main.yaml:5:39 error unknown-intent", "main.yaml:9:28 error unknown-intent"]


def test_a_flow_without_intents_may_name_those_of_its_callers(tmp_path: Path) -> None:
    """It keeps the intents of the flow that calls it, whichever that is."""
    asks = "nodes:\n  - id: q\n    ask: Who?\n    on_intent: {hello: [], nobody: []}\n"
    assert codes(library(tmp_path, talk=TALK, asks=asks)) == ["asks.yaml:5:28 error unknown-intent"]


def test_without_any_intent_names_are_an_engines(tmp_path: Path) -> None:
    """Where no flow has intents, an engine of a plugin brings them, and nothing is said."""
    asks = "nodes:\n  - id: q\n    ask: Who?\n    on_intent: {nobody: []}\n"
    assert codes(library(tmp_path, asks=asks)) == []


def test_attached_flows_are_looked_up(tmp_path: Path) -> None:
    """Unknown ones, and circles of any length, are errors; one without intents is idle."""
    assert codes(library(tmp_path, a="attach: [b, tolk]\nnodes: []\n", b="attach: c\nnodes: []\n", talk=TALK,
                         c="attach: [a]\nnodes: []\n")) == [
        "a.yaml:2:10 error attach-circle",
        "a.yaml:2:10 warning idle-attach",
        "a.yaml:2:13 error unknown-flow",
        "b.yaml:2:9 warning idle-attach",
        "c.yaml:2:10 warning idle-attach",
    ]  # fmt: skip


def test_the_intents_of_an_attached_flow_may_be_in_a_broken_file(tmp_path: Path) -> None:
    """A flow that has errors keeps its names: nothing follows from them elsewhere."""
    main = "attach: [talk]\nstates: {s: {allow: [hello]}}\nnodes: []\n"
    assert codes(library(tmp_path, main=main, talk=TALK.replace("Hi.", "'{{ 1 + }}'"))) == [
        "talk.yaml:2:57 error bad-expression"
    ]


# -- settings ---------------------------------------------------------------------------------------


def test_settings_of_understanding() -> None:
    """They arrive as they were written."""
    flow = flow_of("""
        settings: {digressions: silent, confidence: 0.5, confirm_below: 1, mapping: attached_first,
                   continue_after_reply: true, language: de, loop_limit: 7}
    """)
    assert dict(flow.settings) == {
        "digressions": "silent",
        "confidence": 0.5,
        "confirm_below": 1,
        "mapping": "attached_first",
        "continue_after_reply": True,
        "language": "de",
        "loop_limit": 7,
    }


# -- texts by locale ----------------------------------------------------------------------------------


def test_texts_by_locale_wherever_a_text_is() -> None:
    """The main setting, a setting, a list in it, the synonyms of a choice."""
    flow = flow_of("locales: {en: , de: , de-AT: , fr: de}\n", """
        nodes:
          - say: {en: Hello, de: [Hallo, Tag], de-AT: "Servus {{ context.name }}"}
          - id: q
            ask:
              text: {en: "Which?", de: "Welche?"}
              type: choice
              choices: [{value: small, synonyms: {en: [little], de: [klein]}}]
              reprompt: ["Again", {en: "Once more", de: "Noch einmal"}]
    """)  # fmt: skip
    scope = {"context": {"name": "Ada"}}
    node = flow.nodes["#0"].settings
    texts = {
        locale: node.node({"input": {"locale": locale}, **scope}, []).model_dump()["text"]
        for locale in ("en", "de", "de-AT", "de_at", "de-CH", "fr", "fr-CA", "it")
    }
    assert texts == {
        "en": "Hello",
        "de": ["Hallo", "Tag"],
        "de-AT": "Servus Ada",
        "de_at": "Servus Ada",
        "de-CH": ["Hallo", "Tag"],
        "fr": ["Hallo", "Tag"],
        "fr-CA": ["Hallo", "Tag"],
        "it": "Hello",
    }
    question = flow.nodes["q"].settings.node({"input": {"locale": "de-AT"}}, []).model_dump()
    assert (question["text"], question["reprompt"]) == ("Welche?", ["Again", "Noch einmal"])
    assert "klein" in str(question["choices"])
    assert node.names >= {"context"}


def test_without_declared_locales_the_first_is_the_last_resort() -> None:
    """A flow need not declare locales; then the one that is written first stands in for the others."""
    flow = flow_of("", "nodes: [{say: {de: Hallo, en: Hello}}]\n")
    assert [said(flow, "#0", locale) for locale in ("en-GB", "de", "it")] == ["Hello", "Hallo", "Hallo"]
    assert said(flow, "#0", "") == "Hallo"
    assert flow.nodes["#0"].settings.node({}, []).model_dump()["text"] == "Hallo"


def test_a_setting_called_like_a_language_is_a_setting() -> None:
    """``to`` and ``id`` are languages, too; where a node has such a setting, it is meant."""
    flow = flow_of("", "nodes: [{id: here, goto: {to: here}}]\n")
    assert flow.nodes["here"].settings.node({}, []).model_dump()["to"] == "here"


def test_mappings_of_data_are_no_texts() -> None:
    """Where any mapping may stand, one with languages as keys stays what it is."""
    flow = flow_of("", "nodes: [{set: {context.a: {en: x, de: y}}}, {say: {text: a, data: {en: 1}}}]\n")
    assert "'en': 'x'" in str(flow.nodes["#0"].settings.node({}, []).model_dump())
    assert flow.nodes["#1"].settings.node({}, []).model_dump()["data"] == {"en": 1}


def test_every_language_is_checked_at_load() -> None:
    """A mistake in the text of one locale is an error although another would be taken."""
    result = compiled("""
        locales: [en, de]
        nodes:
          - say:
              en: Fine
              de: "{{ context. }}"
              dee: Slip
          - say: {text: {en: a, de: {b: c}}, order: rnd}
    """)
    assert [f"{p.line} {p.code} {p.hint}".strip() for p in result.problems] == [
        '8 unknown-locale did you mean "de"?',
        "7 bad-expression",
        '9 bad-value did you mean "random"?',
        "9 bad-value",
    ]


def test_texts_that_lack_a_locale_are_noted() -> None:
    """Where only the last resort would be left; a language stands in for its regions."""
    result = compiled("""
        locales: {en: , de: , de-AT: , fr: de, es: en}
        intents: {a: {examples: {en: [x, y]}, reply: {en: x, es: y}}}
        nodes:
          - say: {en: a, de: b}
          - say: plain
          - say: {text: {de: b, es: c}}
    """)
    assert [(gap.line, gap.lacks) for gap in sorted(result.gaps, key=lambda gap: gap.line)] == [
        (4, ("de", "de-AT", "fr")),
        (4, ("de", "de-AT", "fr")),
        (8, ("en",)),
    ]


def test_names_in_every_language_are_looked_up() -> None:
    """What the texts of a locale read is known of the node: roots, and names to be checked."""
    result = compiled("""
        nodes:
          - say: {en: "{{ profile.name }}", de: "{{ input.txet }} {{ nobody }}"}
    """)
    assert result.flow is not None
    assert {"profile", "input"} <= result.flow.roots
    assert [(use.kind, use.name, use.column) for use in result.uses] == [
        ("root", "nobody", 62),
        ("input", "txet", 51),
    ]


def test_many_intents_compile_quickly() -> None:
    """A flow with fifty thousand sentences is no matter of minutes; nothing grows with their square."""
    lines = ["intents:"]
    for number in range(500):
        lines += [f"  i{number}:", "    examples:"]
        lines += [f"      - this is sentence {problem} of intent {number}" for problem in range(100)]
    result = compiled("\n".join([*lines, "nodes: []\n"]))
    assert result.flow is not None
    assert len(result.examples) == 50_000
