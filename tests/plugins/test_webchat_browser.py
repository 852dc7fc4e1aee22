"""The widget of the web chat in a real Chromium, on a page of another origin with a strict CSP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.machine import PATIENCE, reserve_port
from tests.studio.conftest import AXE, QUIET, Receiver, Shop, note_strangers, unavailable, until, violations

SECRET = "the-secret-of-the-page-and-the-bot"
FLOW = """\
flow: chat
nodes:
  - say: "Hello <b>you</b>!"
  - id: colour
    ask: {text: "Which colour?", type: choice, choices: [red, blue], store: context.colour}
  - say:
      text: "Ours in {{ context.colour }}:"
      gallery:
        - title: Shirt
          subtitle: "10 €"
          image: "PAGE/shirt.png"
          buttons: [{title: More, url: "https://shop.example/shirt"}]
  - say: {text: "This one?", image: {url: "PAGE/shirt.png", alt: A shirt}}
  - say: {text: "A card", card: {type: AdaptiveCard, body: [{type: TextBlock, text: "Only as a text"}]}}
  - id: more
    ask: {text: "Anything else?", type: text, store: context.more}
  - say: "You said: {{ context.more }}"
  - goto: more
"""
CONFIG = """\
server: {{port: {port}}}
admin_key: the-key-of-the-chat-tests
plugins:
  settings: {{webchat: {{origins: ["{page}"], secret: {secret}, wait: 2}}}}
endpoints:
  - {{name: chat, token: a-token-of-the-chat, flow: chat, output: webchat}}
"""
PAGE = """\
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A shop</title>
<script src="{bot}/x/webchat/widget.js" data-endpoint="chat"{more}></script></head>
<body><main><h1>A shop</h1></main></body></html>"""
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def jwt(user: str) -> str:
    """A token of the page's backend."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    claims = {"sub": user, "exp": time.time() + 600}
    signed = ".".join(part(json.dumps(item).encode()) for item in ({"alg": "HS256"}, claims))
    return f"{signed}.{part(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest())}"


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A bot, and a page of another origin that allows it, and no script or style within the page."""
    port = reserve_port()
    bot = f"http://127.0.0.1:{port}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, user = self.path.partition("?")
            kinds = {"/shirt.png": ("image/png", PIXEL), "/token": ("text/plain", jwt("ada").encode())}
            if path in kinds:
                kind, body = kinds[path]
            else:
                more = ' data-token-url="/token"' if user else ""
                kind, body = "text/html", PAGE.format(bot=bot, more=more).encode()
            self.send_response(200)
            self.send_header("content-type", kind)
            policy = f"default-src 'none'; script-src {bot}; connect-src {bot} 'self'; img-src 'self' data:"
            self.send_header("content-security-policy", policy)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None: ...

    pages = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=pages.serve_forever, daemon=True)
    thread.start()
    page = f"http://127.0.0.1:{pages.server_port}"
    root: Path = tmp_path_factory.mktemp("chat")
    (root / "flows").mkdir()
    (root / "flows" / "chat.yaml").write_text(FLOW.replace("PAGE", page))
    (root / "config.yaml").write_text(CONFIG.format(port=port, page=page, secret=SECRET))
    served = Shop(root, bot, Receiver(pages.server_port))
    served.start()
    yield served
    served.stop()
    pages.shutdown()
    pages.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One for the module: while it is open, no test with an event loop of its own can run in this thread."""
    chromium = shutil.which("chromium")
    if chromium is None:
        unavailable("Debian's package chromium is not installed")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        unavailable("playwright is not installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Any, chat: Shop) -> Iterator[Any]:
    """The page of somebody new. It fails its test when another host is asked, or the console tells an
    error."""
    own = f"http://127.0.0.1:{chat.receiver.port}"
    context = browser.new_context(base_url=own, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE * 1000)
    complaints: list[str] = []
    expected: list[str] = []
    note_strangers(context, complaints, f"{own}/", f"{chat.url}/x/webchat/")
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.expected = expected
    yield opened
    context.close()
    assert [said for said in complaints if not any(part in said for part in expected)] == []


def texts(page: Any) -> list[str]:
    """What the log shows, in its order; without who says it."""
    shown: list[str] = page.locator(".log > .m > p").evaluate_all(
        "all => all.map(p => [...p.childNodes].filter(node => node.nodeType === 3)"
        ".map(node => node.data).join(''))"
    )
    return shown


def says(page: Any, *expected: str) -> None:
    """The whole conversation, once it is there."""
    until(lambda: texts(page) == list(expected) or (len(texts(page)) > len(expected)))
    assert texts(page) == list(expected)


def write(page: Any, text: str) -> None:
    """With the keyboard alone: the cursor is in the field."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


BEGIN = ["hi", "Hello <b>you</b>!", "Which colour?"]
ALL = [*BEGIN, "red", "Ours in red:", "This one?", "A card\nOnly as a text", "Anything else?"]


def test_a_conversation(page: Any) -> None:
    """Typed and clicked, by the keyboard; texts stay texts; after a reload it is there again, each once."""
    page.goto("/")
    button = page.get_by_role("button", name="Open chat")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Chat")
    dialog.wait_for()
    write(page, "hi")
    says(page, *BEGIN)
    assert page.locator(".log b").count() == 0
    assert page.get_by_role("log").get_attribute("aria-live") == "polite"
    page.get_by_role("button", name="red").focus()
    page.keyboard.press("Enter")
    says(page, *ALL)
    assert page.get_by_role("button", name="red").count() == 0, "what was chosen is no choice any more"
    assert page.get_by_role("link", name="More").get_attribute("href") == "https://shop.example/shirt"
    assert page.get_by_role("img", name="A shirt").evaluate("image => image.naturalWidth") == 1
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert page.evaluate("() => document.activeElement.shadowRoot.activeElement.textContent") == "Open chat"
    page.reload()
    says(page, *ALL)
    page.get_by_role("button", name="Open chat").click()
    write(page, "that is all")
    says(page, *ALL, "that is all", "You said: that is all", "Anything else?")


def test_what_was_said_while_it_was_offline(page: Any, chat: Shop) -> None:
    """By the bot while the page was away, and by the user while the server was: each exactly once."""
    page.expected += [
        "ERR_CONNECTION_REFUSED",
        "ERR_INTERNET_DISCONNECTED",
        "ERR_EMPTY_RESPONSE",
        "ERR_CONNECTION_RESET",
    ]
    page.goto("/")
    page.get_by_role("button", name="Open chat").click()
    write(page, "hi")
    says(page, *BEGIN)
    page.context.set_offline(True)
    id = page.evaluate(
        "() => JSON.parse(Object.entries(localStorage).find(([name]) => name.endsWith(' id'))[1])"
    )
    user = "anon-" + hashlib.sha256(id.encode()).hexdigest()[:32]
    rich = {"type": "buttons", "buttons": [{"title": "Bad", "url": "javascript:alert(1)"}, {"title": "Good"}]}
    said = {"text": "We are back at nine.", "data": {"rich": rich}}
    body = {"userId": user, "sessionId": "webchat", **said}
    noted = httpx.post(f"{chat.url}/notify/a-token-of-the-chat", json=body, trust_env=False)
    assert noted.status_code == 202, noted.text
    page.get_by_role("status").get_by_text("No connection").wait_for()
    page.context.set_offline(False)
    news = [*BEGIN, "We are back at nine."]
    says(page, *news)
    assert page.get_by_text("Bad").count() == 0, "an address that would run something is none"
    assert page.get_by_role("button", name="Good").is_visible()
    chat.stop()
    write(page, "red")
    says(page, *news, "red")
    page.get_by_role("status").get_by_text("No connection").wait_for()
    chat.start()
    says(page, *news, *ALL[3:])
    page.reload()
    says(page, *news, *ALL[3:])


def test_who_logged_in(page: Any) -> None:
    """The page's backend signs who it is; on another device the same conversation goes on."""
    page.goto("/?user")
    page.get_by_role("button", name="Open chat").click()
    write(page, "hi")
    says(page, *BEGIN)
    assert page.evaluate("() => localStorage.length") == 0, "others may use this computer"
    page.evaluate("() => sessionStorage.clear()")
    page.reload()
    says(page, *BEGIN[1:])
    page.goto("/")
    page.get_by_role("button", name="Open chat").wait_for()
    assert texts(page) == []


def test_everybody_can_use_it(page: Any) -> None:
    """axe-core finds nothing serious, in both colour schemes, closed and open."""
    if not AXE.is_file():
        unavailable("axe-core is not installed: make studio")
    page.goto("/")
    button = page.get_by_role("button", name="Open chat")
    button.wait_for()
    assert violations(page) == []
    button.click()
    write(page, "hi")
    says(page, *BEGIN)
    assert violations(page) == []
    page.get_by_role("button", name="red").click()
    says(page, *ALL)
    assert violations(page) == []
