"""The desk in a real browser: two agents, two browsers, one user who speaks through the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from flowhook.runtime.handover.signed_addresses import signed_address
from flowhook.web.page_files import pages_are_built
from tests.machine import PATIENCE, reserve_port

from .conftest import Receiver, Shop, Tab, picture, unavailable, until, violations

FLOW = """\
flow: support
nodes:
  - say: "Ask me anything."
  - id: matter
    ask: {text: "What is it?", type: text, store: context.matter}
  - id: person
    handover: {text: "I fetch somebody."}
    on_completed: [{say: "The bot again: {{ input.result.note }}"}]
    on_active: [{say: "Somebody is here."}]
  - say: "Bye."
"""
HELPER = """\
flow: helper
nodes:
  - if: input.data.copilot is none
    then:
      - copilot_grid: {columns: 2, rows: 1, tiles: {said: {x: 1, y: 1}, next: {x: 2, y: 1}}}
      - copilot_tile:
          tile: said
          html: "<b onclick='x()'>Heard: {{ input.text }}</b><script>document.title='x'</script>"
      - copilot_tile: {tile: next, next_action: ["Ask for the number"]}
    else:
      - copilot_tile: {tile: done, identity: {taken: "{{ input.data.copilot.payload }}"}}
"""
KEY = "the-key-of-the-desk-tests"
SECRET = "a-secret-of-the-copilot-of-these-tests"
CONFIG = """\
server: {{port: {port}}}
admin_key: {key}
admin_keys:
  - {{name: ada, key: agent-key-of-ada-at-the-desk, role: agent}}
  - {{name: ben, key: agent-key-of-ben-at-the-desk, role: agent}}
  - {{name: olga, key: author-key-of-olga-elsewhere, role: author}}
handovers:
  desk: {{provider: desk, alert_after: 10ms, texts: {{hello: "Hello, I am here."}}}}
outgoing: {{allow: ["127.0.0.1:{receiver}"]}}
endpoints:
  - name: help
    token: a-token-of-the-desk
    flow: support
    handover: desk
    copilot: {{flow: helper, frames: ["https://crm.example"], secret: {secret}}}
    webhook: {{url: "http://127.0.0.1:{receiver}/", retries: [50ms]}}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Shop]:
    if not pages_are_built():
        unavailable("the pages are not built: make studio")
    root = tmp_path_factory.mktemp("help")
    (root / "flows").mkdir()
    (root / "flows" / "support.yaml").write_text(FLOW)
    (root / "flows" / "helper.yaml").write_text(HELPER)
    port = reserve_port()
    values = {"port": port, "receiver": receiver.port, "key": KEY, "secret": SECRET}
    (root / "config.yaml").write_text(CONFIG.format(**values))
    served = Shop(root, f"http://127.0.0.1:{port}", receiver)
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def seats() -> dict[str, Tab]:
    """Tabs in which an agent is logged in: one test leaves them to the next."""
    return {}


@pytest.fixture
def opened(browser: Any, desk: Shop, seats: dict[str, Tab]) -> Iterator[Callable[[str], Any]]:
    """Opens the desk for an agent, in a browser of his own. No page may tell an error or ask another host."""
    taken: dict[str, Tab] = {}

    def open_desk(name: str) -> Any:
        known = seats.pop(name, None)
        tab = taken[name] = known or Tab.opened(browser, desk)
        page = tab.page
        page.expected += ["401", "409", "403"]  # before the login; taken meanwhile
        page.goto("/desk")
        if known is None:
            page.get_by_label("Admin key").fill(f"agent-key-of-{name}-at-the-desk")
            page.get_by_role("button", name="Log in").click()
        page.get_by_role("region", name="Conversations").wait_for()
        return page

    yield open_desk
    unexpected: list[str] = []
    for name, tab in taken.items():
        unexpected += tab.unexpected()
        login = tab.page.context.cookies()
        tab.leave()
        tab.page.context.add_cookies(login)
        seats[name] = tab
    assert unexpected == []


def asks_for_a_person(desk: Shop, user: str) -> None:
    desk.receiver.bodies.clear()
    desk.say("hi", user, endpoint="desk")
    desk.say("my parcel", user, endpoint="desk")


def arrives(desk: Shop, text: str) -> None:
    until(lambda: text in desk.receiver.texts())


def test_from_the_users_message_to_the_agents_answer_and_back_to_the_bot(
    desk: Shop, opened: Callable[[str], Any]
) -> None:
    """Two agents, two browsers, one conversation: one takes it, the other sees who, and both sides hear each
    other through the webhook."""
    ada, ben = opened("ada"), opened("ben")
    asks_for_a_person(desk, "uma")
    for page in (ada, ben):
        page.get_by_role("list", name="Queue").get_by_role("link", name="uma").wait_for()
    ada.wait_for_function("() => /^\\(\\d+\\) /.test(document.title)")
    ben.get_by_role("link", name="uma").click()
    ada.get_by_role("button", name="Take uma").click()
    talk = ada.get_by_role("region", name="Conversation")
    talk.get_by_text("yours").wait_for()
    talk.get_by_text("my parcel").first.wait_for()
    arrives(desk, "Somebody is here.")
    ben.get_by_role("region", name="Conversation").get_by_text("ada has it").first.wait_for()
    talk.get_by_label("Reply").fill("Which number has it?")
    talk.get_by_label("Reply").press("Enter")
    arrives(desk, "Which number has it?")
    desk.say("It is 42", "uma", endpoint="desk")
    talk.get_by_role("list", name="What was said").get_by_text("It is 42").wait_for()
    talk.get_by_label("Ready text").focus()
    talk.get_by_role("option", name="hello").wait_for(state="attached")
    talk.get_by_label("Ready text").select_option("hello")
    assert talk.get_by_label("Reply").input_value() == "Hello, I am here."
    talk.get_by_label("Reply").fill("")
    talk.get_by_label("Note for agents").fill("calls us often")
    talk.get_by_role("button", name="Note it").click()
    ben.get_by_text("Note of ada").wait_for(state="detached")  # it is Ada's: Ben may not read it
    talk.get_by_text("calls us often").wait_for()
    talk.get_by_text("End …").click()
    talk.get_by_label("Note for the flow").fill("found it")
    talk.get_by_role("button", name="End the conversation").click()
    talk.get_by_text("over: ").wait_for()
    arrives(desk, "The bot again: found it")
    assert "calls us often" not in desk.receiver.texts()
    assert desk.receiver.texts().count("Which number has it?") == 1


def test_of_two_who_take_at_once_the_second_is_told_who(desk: Shop, opened: Callable[[str], Any]) -> None:
    """Also on a page that does not know of it yet."""
    ben = opened("ben")
    asks_for_a_person(desk, "vera")
    ben.get_by_role("button", name="Take vera").wait_for()
    ben.expected.append("ERR_INTERNET_DISCONNECTED")  # whatever the page asks for in that moment
    ben.context.set_offline(True)
    waiting = desk.api("GET", "/handovers?status=queue", key=KEY)["handovers"]
    (row,) = [row for row in waiting if row["userId"] == "vera"]
    desk.api("POST", f"/handovers/{row['id']}/take", {}, key=KEY)
    ben.context.set_offline(False)
    # In one step, as the button goes when the page hears of it: it may have heard already, or not yet.
    ben.evaluate("() => document.querySelector('[aria-label=\"Take vera\"]')?.click()")
    ben.get_by_text("admin has it").first.wait_for()
    desk.api("POST", f"/handovers/{row['id']}/resolve", {}, status=202, key=KEY)


def test_a_conversation_is_answered_with_the_keyboard_alone(desk: Shop, opened: Callable[[str], Any]) -> None:
    """Next, take, reply; and the list of keys says so."""
    asks_for_a_person(desk, "willy")
    page = opened("ada")
    page.get_by_role("link", name="willy").wait_for()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").get_by_text("take it").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.get_by_role("region", name="Conversation").get_by_text("in the queue").wait_for()
    page.keyboard.press("t")
    page.get_by_role("region", name="Conversation").get_by_text("yours").wait_for()
    page.keyboard.press("r")
    page.keyboard.type("By keys")
    page.keyboard.press("Enter")
    arrives(desk, "By keys")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Release").click()
    page.get_by_role("button", name="Take willy").wait_for()


def test_a_copilot_draws_tiles_and_its_suggestions_are_taken_up(
    desk: Shop, opened: Callable[[str], Any]
) -> None:
    """Drawn while one looks, without what could run; a click fills the reply and goes back to the flow."""
    asks_for_a_person(desk, "yara")
    page = opened("ada")
    policy = httpx.get(f"{desk.url}/desk", trust_env=False).headers["content-security-policy"]
    assert policy.endswith("frame-src https://crm.example")
    page.get_by_role("button", name="Take yara").click()
    tiles = page.get_by_role("region", name="Copilot")
    tiles.get_by_role("button", name="Ask for the number").wait_for()
    desk.say("it is broken", "yara", endpoint="desk")
    tiles.get_by_text("Heard: it is broken").wait_for()
    assert tiles.locator("script, [onclick]").count() == 0
    assert violations(page) == []
    tiles.get_by_role("button", name="Ask for the number").click()
    assert page.get_by_label("Reply").input_value() == "Ask for the number"
    tiles.get_by_text("taken").wait_for()
    page.get_by_role("button", name="Release").click()


@pytest.mark.pictures
def test_what_the_bot_did_stands_beside_the_conversation(desk: Shop, opened: Callable[[str], Any]) -> None:
    """Step by step, for the agent whose conversation it is, from the keyboard; who waits too long is told in
    red, and in words."""
    asks_for_a_person(desk, "zoe")
    page = opened("ada")
    row = page.get_by_role("list", name="Queue").get_by_role("listitem").filter(has_text="zoe")
    assert "bad" in (row.get_by_text("too long").get_attribute("class") or "")
    page.get_by_role("button", name="Take zoe").click()
    talk = page.get_by_role("region", name="Conversation")
    talk.get_by_text("yours").wait_for()
    page.get_by_role("button", name="Keys").focus()
    page.keyboard.press("w")
    steps = talk.get_by_role("listbox", name="Steps")
    steps.focus()
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("End")
    assert "support/" in talk.get_by_role("region", name="This step").inner_text()
    page.evaluate("() => scrollTo(0, 0)")
    picture(page, "desk")
    assert violations(page) == []
    page.get_by_role("button", name="Release").click()
    page.get_by_role("button", name="Take zoe").wait_for()


def test_whoever_looks_elsewhere_is_called(desk: Shop, opened: Callable[[str], Any]) -> None:
    """The number in the title counts on while the page is hidden, where a browser draws no frames."""
    page = opened("ada")
    number = "(Number(/^\\((\\d+)\\)/.exec(document.title)?.[1] ?? 0))"
    waiting = len(desk.api("GET", "/handovers?status=queue", key=KEY)["handovers"])
    page.wait_for_function(f"() => {number} >= {waiting}", polling=100)  # those of other tests
    page.evaluate(
        """() => {
          Object.defineProperty(document, 'hidden', {get: () => true});
          window.requestAnimationFrame = () => 1;
          document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    before = page.evaluate(f"() => {number}")
    asks_for_a_person(desk, "anton")
    page.wait_for_function(f"() => {number} === {before + 1}", polling=100)


def test_the_desk_is_accessible_and_fits_a_phone(desk: Shop, opened: Callable[[str], Any]) -> None:
    """In both colour schemes, with and without a conversation; at 390 pixels one of both is shown."""
    asks_for_a_person(desk, "xenia")
    page = opened("ada")
    page.get_by_role("link", name="xenia").wait_for()
    assert violations(page) == []
    page.get_by_role("link", name="xenia").click()
    page.get_by_role("region", name="Conversation").get_by_label("Reply").wait_for()
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert not page.get_by_role("region", name="Conversations").is_visible()
    page.get_by_role("link", name="Back to the queue").click()
    page.get_by_role("region", name="Conversations").wait_for()


def test_whose_role_does_not_answer_is_told(desk: Shop, browser: Any) -> None:
    """An author sees why, and nothing else."""
    context = browser.new_context(base_url=desk.url)
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    page.goto("/desk")
    page.get_by_label("Admin key").fill("author-key-of-olga-elsewhere")
    page.get_by_role("button", name="Log in").click()
    assert "olga has the role author" in page.get_by_role("alert").inner_text()
    context.close()


def test_a_signed_address_shows_the_tiles_without_a_login(browser: Any, desk: Shop) -> None:
    """Of one conversation: clicks reach the flow, what it draws appears; a wrong signature is told."""
    asks_for_a_person(desk, "sia")
    address = signed_address(desk.url, "help", SECRET, "sia", "s1")
    context = browser.new_context()
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.get_by_role("article", name="said").get_by_text("Heard:").wait_for()
    assert page.title() == "flowhook copilot"
    assert violations(page) == []
    page.get_by_role("button", name="Ask for the number").click()
    page.get_by_role("article", name="done").get_by_text("Ask for the number").wait_for()
    page.goto(address.replace("sia", "tim")[:-1])
    page.get_by_role("alert").get_by_text("not signed").wait_for()
    assert page.get_by_role("article").count() == 0
    context.close()
    assert complaints == []
