"""Sessions and deliveries in a real browser: what operators do with many of them; pages that stay live."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import click
import pytest

from flowhook.cli import cli

from .conftest import Shop, open_screen, picture, until, violations

#: A stream whose events the test sends, all in one task.
FAKE_STREAM = """
window.EventSource = class {
  constructor() { this.heard = {}; window.stream = this; setTimeout(() => this.onopen?.(), 0); }
  addEventListener(type, listener) { this.heard[type] = listener; }
  close() {}
};
window.happen = (count, type, about) => {
  for (let n = 0; n < count; n += 1) {
    const event = {type, at: '2030-01-01T00:00:00.000Z', endpoint: 'shop', userId: `user-${n}`,
                   sessionId: 's', traceId: `trace-${n}`, data: {}, ...about};
    window.stream.heard[type]({data: JSON.stringify(event)});
  }
};
"""


@pytest.fixture(autouse=True)
def receiver_that_takes(shop: Shop) -> Iterator[None]:
    yield
    shop.receiver.refuses = False


def sessions_of(shop: Shop, user: str) -> set[str]:
    listed = shop.api("GET", f"/sessions?userId={user}")["sessions"]
    return {session["sessionId"] for session in listed}


def test_filters_are_saved_under_a_name(page: Any) -> None:
    """In this browser, as the page says; a view leads back to its list, also after a reload, until it is
    forgotten."""
    open_screen(page, "deliveries?status=dead&endpoint=shop")
    saved = page.get_by_role("form", name="Saved views")
    saved.get_by_text("kept in this browser alone").wait_for()
    saved.get_by_label("Name of the view").fill("dead at the shop")
    page.keyboard.press("Enter")
    open_screen(page, "deliveries")
    page.reload()
    saved.get_by_role("link", name="dead at the shop").click()
    page.wait_for_url("**/studio#/deliveries?status=dead&endpoint=shop")
    assert page.get_by_role("textbox", name="Endpoint").input_value() == "shop"
    assert violations(page) == []
    saved.get_by_role("button", name="Forget the view dead at the shop").click()
    assert saved.get_by_role("link").count() == 0


def test_of_many_at_once_the_plan_is_what_is_done(page: Any, shop: Shop) -> None:
    """Sessions: the dry run says how many; when they are others by then nothing is done, and those are done
    that the next plan tells."""
    for number in range(3):
        shop.say("hi", user="gina", session=f"g{number}")
    open_screen(page, "sessions?userId=gina&endpoint=shop")
    page.get_by_role("button", name="Forget all of these …").click()
    plan = page.get_by_role("dialog", name="Forget all of these")
    plan.get_by_text("3 sessions would be erased").wait_for()
    plan.get_by_text("shop: 3").wait_for()
    assert violations(page) == []
    shop.say("hi", user="gina", session="g3")
    page.expected.append("409")
    plan.get_by_role("button", name="Erase them").click()
    page.get_by_text("There are 4 by now: nothing was done").wait_for()
    assert len(sessions_of(shop, "gina")) == 4
    shop.say("hi", user="gina", session="elsewhere", endpoint="notes")
    page.get_by_role("button", name="Reset all of these …").click()
    page.get_by_role("dialog").get_by_text("4 sessions would begin anew").wait_for()
    page.get_by_role("button", name="Reset them").click()
    page.get_by_text("4 sessions begin anew.").wait_for()
    assert shop.api("GET", "/sessions/shop/gina/g0")["node"] is None
    page.get_by_role("button", name="Forget all of these …").click()
    plan.get_by_text("4 sessions would be erased").wait_for()
    plan.get_by_role("button", name="Erase them").click()
    page.get_by_text("4 sessions erased.").wait_for()
    assert sessions_of(shop, "gina") == {"elsewhere"}


def test_many_are_moved_to_a_node_after_a_plan(page: Any, shop: Shop) -> None:
    """One says where to; a node that is not there is told before anything is done."""
    for number in range(2):
        shop.say("hi", user="mona", session=f"m{number}")
    open_screen(page, "sessions?userId=mona&endpoint=shop")
    page.get_by_role("button", name="Move all of these …").click()
    asked = page.get_by_role("dialog", name="Move all of these")
    page.expected.append("404")
    asked.get_by_label("Node, as flow/node").fill("greet/nowhere")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("no node 'nowhere'").wait_for()
    page.get_by_role("button", name="Move all of these …").click()
    asked.get_by_label("Node, as flow/node").fill("greet/bye")
    page.keyboard.press("Enter")
    asked.get_by_text("2 sessions would stand at greet/bye").wait_for()
    assert violations(page) == []
    assert shop.api("GET", "/sessions/shop/mona/m0")["node"] == "greet/colour"
    asked.get_by_role("button", name="Move them").click()
    page.get_by_text("2 sessions moved.").wait_for()
    for number in range(2):
        assert shop.api("GET", f"/sessions/shop/mona/m{number}")["node"] == "greet/bye"


@pytest.mark.pictures
def test_attempts_stand_on_an_axis_with_what_the_receiver_answered(page: Any, shop: Shop) -> None:
    """When, how long, which status, and how its answer began; after it is sent again the last one is good."""
    shop.receiver.refuses = True
    shop.say("hi", user="hanna", session="axis")
    listed = "/deliveries?status=dead&userId=hanna"
    until(lambda: [one for one in shop.api("GET", listed)["deliveries"] if one["output"]["text"] == "Hello!"])
    open_screen(page, "deliveries?userId=hanna")
    page.get_by_role("button", name="Hello!").click()
    detail = page.get_by_role("region", name="Delivery")
    detail.get_by_role("img", name=re.compile(r"^2 attempts in \d")).wait_for()
    assert detail.get_by_label("Answer of the receiver").first.inner_text() == "closed for now"
    assert json.loads(detail.get_by_label("Payload").inner_text())["AIOutput"]["text"] == "Hello!"
    assert detail.get_by_text("422 after").count() == 2
    picture(page, "delivery")
    assert violations(page) == []
    shop.receiver.refuses = False
    detail.get_by_role("button", name="Send again").click()
    until(lambda: shop.api("GET", "/deliveries?status=delivered&userId=hanna")["deliveries"])
    detail.get_by_role("button", name="Look again").click()
    detail.get_by_role("img", name=re.compile(r"^3 attempts in \d")).wait_for()
    detail.get_by_text(re.compile(r"200 delivered")).wait_for()


def test_deliveries_of_an_endpoint_are_held_and_let_go(page: Any, shop: Shop) -> None:
    """With the reason, and who it was; nothing leaves meanwhile, everything after."""
    open_screen(page, "deliveries?endpoint=shop")
    page.get_by_role("button", name="Pause shop …").click()
    page.get_by_label("Why").fill("we move house")
    page.get_by_role("button", name="Hold them").click()
    page.get_by_text("held by admin: we move house").wait_for()
    shop.say("hi", user="ines", session="held")
    waiting = shop.api("GET", "/deliveries?status=pending&userId=ines")["deliveries"]
    assert [one["attempts"] for one in waiting] == [0, 0]
    assert shop.receiver.texts("ines") == []
    open_screen(page, "deliveries")  # told whatever one looks at
    page.get_by_role("button", name="Resume shop").click()
    page.get_by_text("held by admin").wait_for(state="detached")
    until(lambda: "Hello!" in shop.receiver.texts("ines"))


def test_dead_deliveries_are_discarded_after_a_plan(page: Any, shop: Shop) -> None:
    """As many as it told, of those that the filters show, and no others."""
    shop.receiver.refuses = True
    for user in ("jana", "jonas"):
        shop.say("hi", user=user, session="dead")
    dead = {user: f"/deliveries?status=dead&userId={user}" for user in ("jana", "jonas")}
    until(lambda: all(len(shop.api("GET", path)["deliveries"]) == 2 for path in dead.values()))
    open_screen(page, "deliveries?status=dead&userId=jana")
    page.get_by_role("button", name="Discard all of these …").click()
    page.get_by_role("dialog").get_by_text("2 dead deliveries would be deleted").wait_for()
    page.get_by_role("button", name="Delete them").click()
    page.get_by_text("No delivery is like this.").wait_for()
    assert shop.api("GET", dead["jana"])["deliveries"] == []
    assert shop.api("GET", dead["jonas"])["deliveries"]


def test_the_log_is_filtered(page: Any, shop: Shop) -> None:
    """What went wrong is found by its level and its words, and where it was."""
    shop.receiver.refuses = True
    shop.say("hi", user="maja", session="log")
    until(lambda: shop.api("GET", "/deliveries?status=dead&userId=maja")["deliveries"])
    open_screen(page, "log?level=warning&endpoint=shop")
    page.get_by_role("region", name="Log").get_by_text("endpoint=shop").first.wait_for()
    page.get_by_label("Level").select_option("error")
    page.get_by_label("Holds").fill("no line says this")
    page.wait_for_url("**/studio#/log?level=error&endpoint=shop&text=no+line+says+this")
    page.get_by_text("No line is like this.").wait_for()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "sessions?endpoint=shop&userId=ada&sessionId=s1&node=greet%2Fcolour&waiting=1&from=2026-01-01T00%3A00%3A00.000Z",
        "sessions?text=it's+red&to=2030-01-01T00%3A00%3A00.000Z",
        "session/shop/ada/s1",
        "deliveries?status=dead&endpoint=shop&userId=ada&sessionId=s1&from=2026-01-01T00%3A00%3A00.000Z",
        "traces?endpoint=shop&failed=1",
        "flow/greet",
        "timers",
        "audit",
        "edit/flows%2Fgreet.yaml",
        "tests",
    ],
)
def test_the_command_that_a_screen_shows_is_one(page: Any, shop: Shop, address: str) -> None:
    """It can be pasted: every word and option of it is known to the command line."""
    shop.say("hi")
    open_screen(page, address)
    page.locator(".command code").first.wait_for()
    for shown in page.locator(".command code").all_inner_texts():
        program, *words = shlex.split(shown)
        assert program == "flowhook"
        command: click.Command = cli
        context = click.Context(cli, **cli.context_settings)  # whose names of --help a command keeps
        while isinstance(command, click.Group):
            word = words.pop(0)
            found = command.get_command(context, word)
            assert found is not None, shown
            command = found
        command.make_context(command.name, words, context, resilient_parsing=False)


def test_events_are_handed_on_once_a_frame(own_page: Any) -> None:
    """Two thousand at once are one change of the page, which shows the latest and no more than it has room
    for."""
    own_page.add_init_script(FAKE_STREAM)
    open_screen(own_page, "")
    happening = own_page.get_by_role("region", name="Happening now")
    happening.wait_for()
    own_page.wait_for_function("() => window.stream?.heard['message.received']")
    changes = own_page.evaluate(
        """async () => {
          let frames = 0, changes = 0;
          const ask = window.requestAnimationFrame;
          window.requestAnimationFrame = (work) => { frames += 1; return ask(work); };
          const list = document.querySelector('.events');
          const watching = new MutationObserver(() => { changes += 1; });
          watching.observe(list, {childList: true});
          window.happen(2000, 'message.received');
          const asked = frames;
          await new Promise((done) => ask(() => ask(() => setTimeout(done, 50))));
          return {asked, changes};
        }"""
    )
    assert changes == {"asked": 1, "changes": 1}
    happening.get_by_role("link", name=re.compile("user-1999")).wait_for()
    assert happening.get_by_role("listitem").count() <= 50


def test_what_happens_is_drawn_as_fast_as_one_reads(own_page: Any) -> None:
    """However many frames bring events, the list changes four times a second at most, and holds few of
    them; the last of all is shown in the end."""
    own_page.add_init_script(FAKE_STREAM)
    open_screen(own_page, "")
    own_page.wait_for_function("() => window.stream?.heard['message.received']")
    own_page.get_by_role("region", name="Happening now").wait_for()
    drawn = own_page.evaluate(
        """async () => {
          let changes = 0, most = 0;
          const section = document.querySelector('[aria-label="Happening now"]');
          new MutationObserver(() => {
            changes += 1;
            most = Math.max(most, section.querySelectorAll('li').length);
          }).observe(section, {childList: true, subtree: true});
          const begin = performance.now();
          for (let n = 0; n < 100; n += 1) {
            window.happen(40, 'message.received', {userId: `frame-${n}`});
            await new Promise((done) => requestAnimationFrame(done));
          }
          return {changes, most, took: performance.now() - begin};
        }"""
    )
    assert drawn["changes"] <= drawn["took"] / 250 + 2
    assert 0 < drawn["most"] <= 50
    own_page.get_by_role("link", name=re.compile("frame-99")).first.wait_for()


def test_a_session_that_talks_without_end_is_not_asked_for_without_end(own_page: Any, shop: Shop) -> None:
    """However many frames bring events of it, it is loaded four times a second at most; and once more after
    the last of them."""
    shop.say("hi", user="kim", session="busy")
    own_page.add_init_script(FAKE_STREAM)
    asked: list[str] = []
    own_page.on("request", lambda request: asked.append(request.url) if "transcript" in request.url else None)
    open_screen(own_page, "session/shop/kim/busy")
    own_page.get_by_role("region", name="Transcript").get_by_text("Hello!").wait_for()
    own_page.wait_for_function("() => window.stream?.heard['message.received']")
    before = len(asked)
    took = own_page.evaluate(
        """async () => {
          const begin = performance.now();
          for (let n = 0; n < 100; n += 1) {
            window.happen(20, 'message.received', {userId: 'kim', sessionId: 'busy'});
            await new Promise((done) => requestAnimationFrame(done));
          }
          return performance.now() - begin;
        }"""
    )
    assert len(asked) - before <= took / 250 + 2
    shop.say("red", user="kim", session="busy")
    own_page.evaluate("() => window.happen(1, 'message.sent', {userId: 'kim', sessionId: 'busy'})")
    own_page.get_by_role("region", name="Transcript").get_by_text("Red it is.").wait_for()
