"""Tests of flows as they run: each kind of step, and what each does not let pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.flowtest.run.result import Result
from tests.flowtest.conftest import Play, messages

MOCK = 'mocks: [{http: "POST https://crm.test/price", json: {total: 22}}]'


def only(results: list[Result]) -> Result:
    """The one result."""
    (result,) = results
    return result


def test_a_conversation_with_mocks_and_expectations(play: Play) -> None:
    """Texts, data, the session and the path, as the flow left them."""
    result = only(
        play(f"""
        tests:
          - name: orders
            {MOCK}
            steps:
              - user: hello
              - bot: {{text: "Which size?", buttons: [small, large], rich: quick_replies}}
              - expect: {{node: size, timers: {{size: 10m}}, path: [size]}}
              - expect: {{context: {{count: 1, size: {{absent: true}}}}}}
              - user: big
              - bot: {{contains: "22"}}
              - expect:
                  context: {{equals: {{count: 1, size: large, price: {{total: 22}}}}}}
                  node: null
                  timers: none
                  path: [size, price, told, "#3"]
                  calls: [{{call: "POST https://crm.test/price", json: {{size: large}}}}]
                  texts: ["That is 22 euro."]
        """)
    )
    assert messages(result) == []
    assert result.status == "passed"


def test_scalars_are_texts_where_texts_are_said(play: Play) -> None:
    """``user: yes`` is the text "yes", and ``bot: 7`` the text "7"."""
    flow = """
        nodes:
          - say: "{{ input.text }}"
        """
    text = """
        tests:
          - name: as written
            steps: [{user: yes}, {bot: yes}, {user: 007}, {bot: 007}, {user: true}, {bot: true}]
        """
    assert only(play(text, flow="echo", flow_text=flow)).failures == []


def test_every_output_has_to_be_matched_in_order(play: Play) -> None:
    """A missing one fails, and one more fails, each at its line."""
    result = only(
        play("""
        tests:
          - name: wrong
            steps:
              - user: hello
              - user: what
              - bot: "Which one?"
              - bot: "And now?"
        """)
    )
    assert result.status == "failed"
    assert messages(result) == [
        (6, "the bot said one more output"),
        (8, "the bot said something else"),
        (9, "the bot said nothing"),
    ]


def test_time_moves_by_steps_and_timers_fire_at_their_own_time(play: Play) -> None:
    """Two days pass; each round of the flow sees its own time."""
    flow = """
        nodes:
          - id: pause
            wait: {timeout: 10m}
            on_timeout: again
          - id: again
            say: "{{ now.strftime('%d %H:%M') }}"
          - id: more
            wait: {timeout: 1d}
            on_timeout: again
        """
    text = """
        tests:
          - name: long
            start: {at: "2026-03-01T12:00"}
            steps:
              - user: hi
              - expect: {no_output: true}
              - advance: 10m
              - bot: 01 12:10
              - advance: 2d
              - bot: [02 12:10, 03 12:10]
        """
    assert only(play(text, flow="clock", flow_text=flow)).failures == []


def test_a_receiver_that_fails_gets_all_in_order_when_it_is_well(play: Play) -> None:
    """Also over a restart: nothing is lost and nothing comes twice."""
    result = only(
        play("""
        tests:
          - name: outage
            steps:
              - webhook: fail
              - user: hello
              - expect: {no_output: true, pending: 1, node: size}
              - notify: Late
              - advance: 1s
              - restart
              - webhook: ok
              - bot: "Which size?"
              - bot: Late
              - expect: {pending: 0}
        """)
    )
    assert messages(result) == []


def test_backends_speak_and_start_says_where_a_session_stands(play: Play) -> None:
    """Inject with a condition, notify, a patch, a session that begins in the middle."""
    flow = """
        nodes:
          - say: "from the top"
          - id: middle
            ask: {text: "Name?", store: context.name}
          - say: "{{ context.name }} {{ context.badge }} {{ profile.since }} {{ input.locale }}"
        """
    text = """
        tests:
          - name: middle
            locale: de
            start: {node: middle, waiting: true, context: {badge: gold}, profile: {since: 2020}}
            steps:
              - set: {context: {badge: silver}}
                comment: there is no session yet
              - user: Ada
              - bot: Ada gold 2020 de
        """
    failed = only(play(text, flow="mid", flow_text=flow))
    assert next(message for _, message in messages(failed)).startswith("there is no session yet")
    text = text.replace(
        "- set: {context: {badge: silver}}\n                comment: there is no session yet",
        "- comment: none",
    )
    assert only(play(text, flow="mid", flow_text=flow)).failures == []


@pytest.mark.parametrize(
    ("mocks", "expected"),
    [
        ("[]", "POST https://crm.test/price has no mock"),
        ('[{http: "POST https://crm.test/prize"}]', "the nearest is POST https://crm.test/prize"),
        (
            '[{http: "* https://crm.test/*", json: {total: 1}, expect: {json: {size: large}}}]',
            "was not called as expected",
        ),
        (
            '[{http: "POST https://crm.test/{what}", json: {total: 1}, times: 2}]',
            "was called once, expected twice",
        ),
        (
            '[{http: "POST https://crm.test/price", json: {total: 1}}, {http: "GET https://x.test/"}]',
            "GET https://x.test/ was never called",
        ),
    ],
)
def test_calls_that_are_not_as_they_should_be(play: Play, mocks: str, expected: str) -> None:
    """A call without a mock, with another body, too seldom, never: all are failures that say so."""
    result = only(
        play(f"""
        tests:
          - name: calls
            mocks: {mocks}
            steps: [{{user: hi}}, {{bot: {{type: text}}}}, {{user: small}}, {{bot: {{type: text}}}}]
        """)
    )
    assert expected in "\n".join(message for _, message in messages(result))


def test_a_service_fails_and_recovers(play: Play) -> None:
    """Answers come one after the other, and no time passes between two tries."""
    result = only(
        play("""
        tests:
          - name: recovers
            mocks:
              - http: "POST https://crm.test/price"
                answers: [{status: 503}, {fail: timeout}, {json: {total: 5}}]
            steps: [{user: hi}, {bot: "Which size?"}, {user: small}, {bot: "That is 5 euro."}]
        """)
    )
    assert messages(result) == []


@pytest.mark.parametrize(
    "expected",
    [
        "bot: |\n      line one\n      line two",
        'bot: "line one\\nline two\\n"',
        'bot: "line one\\nline two"',
        "bot:\n      text: |\n        line one\n        line two",
        'bot: {text: "line one\\nline two\\n"}',
        'expect: {texts: ["line one\\nline two\\n"]}',
        'bot: {equals: "line one\\nline two\\n"}',
    ],
)
def test_a_block_of_lines_is_expected_as_it_is_written(play: Play, expected: str) -> None:
    """The line break that ends it is seen by nobody: a test may write it or not."""
    flow = "nodes:\n  - say: |\n      line one\n      line two\n"
    text = f"tests:\n- name: block\n  steps:\n  - user: hi\n  - {expected}\n"
    assert messages(only(play(text, flow_text=flow))) == []


@pytest.mark.parametrize("more", ["", ", optional: true", ", comment: x"])
def test_the_first_mock_that_fits_stays_in_force(play: Play, more: str) -> None:
    """A test's own before its file's, a step's before both, and the first of several in one list."""
    flow = """
        nodes:
          - http_request: {url: "https://x.test/free", store: context.free}
          - say: "{{ context.free.ok }}"
        """
    text = """
        mocks: [{http: "GET https://x.test/free", json: {ok: 1}}]
        tests:
          - name: own mock
            mocks: [{http: "GET https://x.test/free", json: {ok: 2}MORE}]
            steps: [{user: a}, {bot: 2}, {user: b}, {bot: 2}]
          - name: mock step
            steps:
              - mock: [{http: "GET https://x.test/free", answers: [{json: {ok: 3}}]MORE}]
              - {user: a}
              - {bot: 3}
              - {user: b}
              - {bot: 3}
          - name: two that fit
            mocks:
              - {http: "GET https://x.test/free", json: {ok: 4}MORE}
              - {http: "GET https://x.test/*", json: {ok: 5}, optional: true}
            steps: [{user: a}, {bot: 4}, {user: b}, {bot: 4}]
          - name: twice, then the next
            mocks:
              - {http: "GET https://x.test/free", json: {ok: 6}, times: 2}
              - {http: "GET https://x.test/*", json: {ok: 7}MORE}
            steps: [{user: a}, {bot: 6}, {user: b}, {bot: 6}, {user: c}, {bot: 7}, {user: d}, {bot: 7}]
        """
    assert [messages(result) for result in play(text.replace("MORE", more), flow_text=flow)] == [
        [],
        [],
        [],
        [],
    ]


def test_a_mock_answers_for_its_path_under_whatever_base_a_connection_has(play: Play) -> None:
    """Also where one connection lies below another: the longest base is the one that was meant."""
    flow = """
        nodes:
          - http_request: {connection: calendar, url: /slots, store: context.slots}
          - say: "{{ context.slots.free }}"
        """
    text = """
        tests:
          - name: asks
            mocks: [{http: "GET https://calendar.example/slots", json: {free: 3}}]
            steps: [{user: hi}, {bot: 3}]
        """
    connections = {
        "crm": {"base_url": "http://127.0.0.1:9000"},
        "calendar": {"base_url": "http://127.0.0.1:9000/calendar"},
    }
    assert only(play(text, flow="slots", flow_text=flow, connections=connections)).failures == []


def test_a_mocked_node_is_not_run(play: Play) -> None:
    """It changes what the test says, takes the branch it says, or fails."""
    results = play("""
        tests:
          - name: priced
            mocks: [{node: price, set: {context.price: {total: 9}}, times: 1}]
            steps: [{user: hi}, {bot: "Which size?"}, {user: small}, {bot: "That is 9 euro."}]
          - name: fails
            mocks: [{node: http_request, fail: broken}]
            steps:
              - user: hi
              - bot: "Which size?"
              - user: small
              - bot: No price today.
              - expect: {error: {message: broken, node: order/price}}
        """)
    assert [messages(result) for result in results] == [[], []]


def test_chance_is_the_same_in_every_run_and_another_with_another_seed(play: Play) -> None:
    """An alternative can be expected; ``any_of`` takes them all."""
    text = """
        tests:
          - name: lost
            seed: SEED
            steps:
              - user: hi
              - bot: "Which size?"
              - user: what
              - bot: "Which size?"
              - user: what
              - bot: {any_of: ["One.", "Two.", "Three.", "Four."]}
        """
    said = [only(play(text.replace("SEED", str(seed)))) for seed in (1, 1, 2, 3, 4, 5, 6)]
    assert all(result.status == "passed" for result in said)
    last = [result.conversation[-1][1] for result in said]
    assert last[0] == last[1]
    assert len(set(last)) > 1


def test_a_failed_turn_fails_the_test_unless_it_is_expected(play: Play) -> None:
    """Silence of a bot whose turn failed is not mistaken for a bot that has nothing to say."""
    flow = """
        nodes:
          - goto: "{{ input.text }}"
        """
    text = """
        tests:
          - name: not expected
            steps: [{user: nowhere}]
          - name: expected
            steps: [{user: nowhere}, {expect: {error: {contains: 'no node "nowhere"'}, no_output: true}}]
        """
    wrong, right = play(text, flow="jump", flow_text=flow)
    assert next(message for _, message in messages(wrong)).startswith("the turn failed at jump/")
    assert messages(right) == []


def test_skipped_tests_do_not_run_and_only_is_alone(play: Play) -> None:
    """A reason can be given."""
    skipped, ran = play("""
        tests:
          - {name: a, skip: not yet, steps: [{user: x}]}
          - {name: b, steps: [{user: hi}, {bot: "Which size?"}]}
        """)
    assert (skipped.status, ran.status) == ("skipped", "passed")
    alone = play("""
        tests:
          - {name: a, steps: [{user: x}]}
          - {name: b, only: true, steps: [{user: hi}, {bot: "Which size?"}]}
        """)
    assert [result.test.name for result in alone] == ["b"]


def test_defaults_are_shared_and_can_be_replaced(play: Play) -> None:
    """Settings and mocks of the file hold for each of its tests."""
    results = play("""
        defaults: {start: {context: {count: 5}}, seed: 3}
        mocks: [{http: "POST https://crm.test/price", json: {total: 1}}]
        tests:
          - {name: a, steps: [{user: hi}, {bot: "Which size?"}, {expect: {context: {count: 5}}}]}
          - name: b
            start: {context: {count: 6}}
            mocks: [{http: "POST https://crm.test/price", json: {total: 2}}]
            steps: [{user: hi}, {bot: "Which size?"}, {user: small}, {bot: "That is 2 euro."},
                    {expect: {context: {count: 6}}}]
        """)
    assert [messages(result) for result in results] == [[], []]


def test_a_test_says_what_texts_mean(play: Play) -> None:
    """An engine is not asked about them."""
    flow = """
        intents:
          order: {examples: ["a pizza please"], entry: ordered}
        nodes:
          - say: "What?"
          - stop:
          - id: ordered
            say: "{{ input.intent }} {{ input.slots.size | first }}"
        """
    text = """
        tests:
          - name: understood
            mocks: [{nlu: {qwertz: {intent: order, slots: {size: large}}, zuiop: null}}]
            steps:
              - user: qwertz
              - bot: order large
              - expect: {intent: order, slots: {size: [large]}}
              - user: zuiop
              - bot: "What?"
        """
    assert messages(only(play(text, flow="meant", flow_text=flow))) == []


def test_a_task_is_called_back(play: Play) -> None:
    """At the URL that its service was given, also after a restart."""
    flow = """
        nodes:
          - id: inspect
            task: {url: "https://lab.test/jobs", store: context.inspection, timeout: 2d}
            on_message: [{say: "Still at it."}]
          - say: "{{ context.inspection.verdict }}"
        """
    text = """
        mocks: [{http: "POST https://lab.test/jobs", status: 202}]
        tests:
          - name: called back
            steps:
              - user: hi
              - expect: {node: inspect, timers: {inspect: 2d}, no_output: true}
              - user: and?
              - bot: Still at it.
              - restart
              - callback: {verdict: fine}
              - bot: fine
          - name: nobody waits
            steps: [{callback: {}}]
        """
    right, wrong = play(text, flow="lab", flow_text=flow)
    assert messages(right) == []
    assert messages(wrong) == [(15, "callback was refused: no task waits for a callback")]


PLUGIN = '''
"""A plugin of the tests."""
from flowhook import Node, hookimpl

class Lookup(Node):
    """Asks the outside."""
    key = "lookup"
    main = "phone"
    branches = ("found", "missing")
    phone: str

    async def run(self, turn):
        raise RuntimeError("the outside was asked")

@hookimpl
def register_nodes():
    return [Lookup]

@hookimpl
def transform_output(output):
    output.text = output.text.upper()
    return output
'''


def test_plugins_take_part_where_the_endpoint_says_so_and_their_nodes_can_be_mocked(
    play: Play, root: Path
) -> None:
    """The hooks of a named endpoint; a node by its id and by its type."""
    (root / "plugins").mkdir()
    (root / "plugins" / "crm.py").write_text(PLUGIN)
    flow = """
        nodes:
          - id: find
            lookup: "123"
            found: [{say: "{{ context.name }}"}]
            missing: [{say: nobody}]
            on_error: [{say: "{{ error.message }}"}]
        """
    text = """
        tests:
          - name: by id, at the endpoint
            endpoint: shop
            mocks: [{node: find, branch: found, set: {context.name: Ada}, say: [one moment]}]
            steps: [{user: hi}, {bot: [ONE MOMENT, ADA]}]
          - name: by type
            mocks: [{node: lookup, branch: missing}]
            steps: [{user: hi}, {bot: nobody}]
          - name: really
            steps: [{user: hi}, {bot: {contains: RuntimeError}}]
        """
    endpoints = [{"name": "shop", "flow": "crm", "transformers": {"use": ["crm"]}}]
    results = play(text, flow="crm", flow_text=flow, endpoints=endpoints)
    assert [messages(result) for result in results] == [[], [], []]


def test_what_waits_for_the_clock_does_not_hold_up_the_test(play: Play) -> None:
    """A pause of the flow, and a message that stays queued while a task runs."""
    flow = """
        nodes:
          - say: "one"
          - sleep: 3s
          - say: "two"
          - id: job
            task: {url: "https://lab.test/", store: context.result}
          - say: "{{ context.result.x }} {{ input.text }}"
        """
    text = """
        mocks: [{http: "POST https://lab.test/", delay: 1s}]
        tests:
          - name: patience
            steps:
              - user: hi
              - bot: one
              - advance: 2s
              - expect: {no_output: true}
              - advance: 1s
              - bot: two
              - advance: 1s
              - expect: {no_output: true, node: job}
              - user: queued
              - expect: {no_output: true}
              - callback: {x: 7}
              - bot: {contains: "7"}
              - bot: one
        """
    assert messages(only(play(text, flow="slow", flow_text=flow))) == []
