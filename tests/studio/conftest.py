"""A real server, a real receiver and a real Chromium: one of each for all tests of the pages."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from flowhook.web.page_files import STATIC, pages_are_built
from tests.machine import PATIENCE, reserve_port
from tests.warm import WarmProcess

REQUIRED = os.environ.get("FLOWHOOK_BROWSER") == "required"  # CI: a skip would hide a failure
DOCS = Path(__file__).parents[2] / "docs"
PAGES = STATIC.parent / "pages"
AXE = PAGES / "node_modules" / "axe-core" / "axe.min.js"
KEY = "admin-key-of-the-studio"
#: Chromium asks nobody outside: by itself not, and for a page it finds no other host.
QUIET = (
    *("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

VIEWPORT = {"width": 1400, "height": 900}

FLOW = """\
flow: greet
description: Asks for a colour.
nodes:
  - id: hello
    say: "Hello!"
  - id: colour
    ask: {text: "Which colour?", type: choice, choices: [red, blue], store: context.colour}
  - id: which
    switch: context.colour
    cases:
      red: {say: "Red it is."}
      blue: {say: "Blue it is."}
  - id: bye
    say: "Bye."
"""
#: For tests that change a flow.
NOTES = """\
flow: notes
# a comment that stays
nodes:
  - id: note
    ask: {text: "What shall I note?", type: text, store: context.note}
  - id: noted
    say: "Noted: {{ context.note }}"
"""
#: With intents, a timer and a service: for rehearsals and the understanding.
BAKERY = """\
flow: bakery
# what people come for
intents:
  order:
    examples:
      - I want a cake  # the plain way
      - can I order a cake
      - one cake please
      - a birthday cake
      - I need a cake
    entry: kind
  opening:
    examples: ["when are you open", "opening hours", "are you open today", "when do you close"]
    reply: "From six."
slots:
  kind: {values: {chocolate: [choc], apple: [apples]}}
reject: ["do you sell shoes", "what is the weather like"]
nodes:
  - say: "Good morning."
  - stop:
  - id: kind
    ask: {text: "Which kind?", type: choice, choices: [chocolate, apple], slot: kind, store: context.kind,
          timeout: 10m}
    on_timeout: {say: "Still there?"}
  - id: price
    http_request: {method: POST, url: "https://prices.example/price", json: {kind: "{{ context.kind }}"},
                   store: context.price}
    on_error: [{say: "I do not know the price."}, {stop: }]
  - say: "One {{ context.kind }} cake, {{ context.price.total }} Euro."
"""
CONFIG = """\
server: {{port: {port}}}
admin_key: {key}
admin_keys:
  - {{name: rita, key: reader-key-of-the-studio, role: reader}}
  - {{name: arno, key: author-key-of-the-studio, role: author}}
outgoing: {{allow: ["127.0.0.1:{receiver}"]}}
endpoints:
  - name: shop
    token: a-token-of-the-shop
    flow: greet
    webhook: {{url: "http://127.0.0.1:{receiver}/", retries: [50ms], secret: a-secret-of-the-shop-x}}
  - name: notes
    token: a-token-of-the-notes
    flow: notes
    webhook: {{url: "http://127.0.0.1:{receiver}/"}}
"""


def unavailable(reason: str) -> None:
    """Skip, or fail where the browser is required."""
    if REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Receiver:
    """Takes webhooks, and refuses them while it is told to."""

    port: int
    bodies: list[dict[str, Any]] = field(default_factory=list)
    refuses: bool = False

    def texts(self, user: str | None = None) -> list[str]:
        """What was said, to all or to one of the users: others' may come late."""
        return [body["AIOutput"]["text"] for body in self.bodies if user in (None, body["userId"])]


@dataclass
class Shop:
    """The project that is served."""

    root: Path
    url: str
    receiver: Receiver
    process: WarmProcess | None = None

    def start(self) -> None:
        with (self.root / "log").open("ab") as log:
            self.process = WarmProcess("serve", "--reload", cwd=self.root, stdout=log)
        until(self._is_ready)

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait()

    def say(self, text: str, user: str = "ada", session: str = "s1", endpoint: str = "shop") -> str:
        """Send a message as curl would; return its trace id when its turn has ended."""
        body = {"userId": user, "sessionId": session, "text": text}
        url = f"{self.url}/a-token-of-the-{endpoint}"
        accepted = httpx.post(url, json=body, trust_env=False)
        assert accepted.status_code == 202, accepted.text
        trace_id: str = accepted.json()["traceId"]
        until(lambda: self._receipt(trace_id)["status"] in ("done", "failed"))
        return trace_id

    def api(self, method: str, path: str, body: Any = None, status: int = 200, key: str = KEY) -> Any:
        """Call the API; the response has to have this status."""
        headers = {"authorization": f"Bearer {key}"}
        response = httpx.request(
            method, f"{self.url}/api{path}", json=body, headers=headers, timeout=PATIENCE, trust_env=False
        )
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    def _receipt(self, trace_id: str) -> dict[str, Any]:
        receipt: dict[str, Any] = httpx.get(f"{self.url}/receipts/{trace_id}", trust_env=False).json()
        return receipt

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.root / "log").read_text()
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


def until(holds: Any) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def bakery(shop: Shop) -> Iterator[Path]:
    """The file of another flow, at an endpoint of none, while a module runs."""
    path = shop.root / "flows" / "bakery.yaml"
    path.write_text(BAKERY)
    shop.api("POST", "/reload")
    yield path
    path.unlink()
    shop.api("POST", "/reload")


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if not taken.refuses:
                taken.bodies.append(json.loads(body))
            said = b"closed for now" if taken.refuses else b""
            # Not 5xx: after five of them in a row nothing is sent for half a minute, and longer each time.
            self.send_response(422 if taken.refuses else 200)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *arguments: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    taken = Receiver(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield taken
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Shop]:
    root = tmp_path_factory.mktemp("shop")
    (root / "flows").mkdir()
    (root / "flows" / "greet.yaml").write_text(FLOW)
    (root / "flows" / "notes.yaml").write_text(NOTES)
    port = reserve_port()
    (root / "config.yaml").write_text(CONFIG.format(port=port, receiver=receiver.port, key=KEY))
    shop = Shop(root, f"http://127.0.0.1:{port}", receiver)
    shop.start()
    yield shop
    shop.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One for a module, not for the session: while it is open Playwright's event loop runs in this thread,
    and no test with a loop of its own can."""
    if not pages_are_built():
        unavailable("the pages are not built: make studio")
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


@pytest.fixture(scope="module")
def admin_login(browser: Any, shop: Shop) -> Any:
    """The cookie of an admin, for all pages."""
    context = browser.new_context(base_url=shop.url)
    opened = context.new_page()
    opened.expected = []
    log_in(opened)
    state = context.storage_state()
    context.close()
    return state


@dataclass
class Tab:
    """A tab in a browser of its own, and what it complained of."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def opened(cls, browser: Any, shop: Shop) -> Tab:
        context = browser.new_context(base_url=shop.url, viewport=VIEWPORT)
        context.set_default_timeout(PATIENCE * 1000)
        tab = cls(context.new_page())
        tab.page.expected = []  #: parts of what the console may say
        tab.page.on("console", tab._heard)
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        note_strangers(context, tab.complaints, shop.url)
        return tab

    def _heard(self, said: Any) -> None:
        url = said.location["url"]
        # The picture that is shown between two tests names no icon: Chromium may ask for one then, once.
        if said.type == "error" and not url.endswith("/favicon.ico"):
            self.complaints.append(f"{said.text} at {url}")

    def unexpected(self) -> list[str]:
        """Complaints, up to now, that the test did not expect."""
        self.page.mouse.move(0, 0)  # there and back: what was said before is here then
        expected = self.page.expected
        return [
            said
            for said in self.complaints
            if not any(part in said.partition(" at http")[0] for part in expected)  # a port may be 4,041
        ]

    def leave(self) -> None:
        """Forget the test, for the next one. An image stays: the same process shows the next page."""
        self.page.unroute_all(behavior="ignoreErrors")
        self.page.goto("/studio/icon.svg")
        self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
        self.page.context.clear_cookies()
        self.page.set_viewport_size(VIEWPORT)
        self.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        self.page.expected.clear()
        self.complaints.clear()


@pytest.fixture(scope="module")
def tabs(browser: Any) -> list[Tab]:
    """The tab that one test of a module leaves to the next: a new one costs more than most of them."""
    return []


@pytest.fixture
def page(browser: Any, shop: Shop, admin_login: Any, tabs: list[Tab]) -> Iterator[Any]:
    """A page of somebody who is logged in as admin. It fails its test when anything is asked of another host,
    or the console tells an error."""
    tab = tabs.pop() if tabs else Tab.opened(browser, shop)
    tab.page.context.add_cookies(admin_login["cookies"])
    yield tab.page
    try:
        unexpected = tab.unexpected()
        tab.leave()
    except BaseException:
        tab.page.context.close()
        raise
    tabs.append(tab)
    assert unexpected == []


@pytest.fixture
def own_page(browser: Any, shop: Shop, admin_login: Any) -> Iterator[Any]:
    """The same in a tab that nobody has afterwards, for what can be done to a page and not be undone."""
    tab = Tab.opened(browser, shop)
    tab.page.context.add_cookies(admin_login["cookies"])
    yield tab.page
    unexpected = tab.unexpected()
    tab.page.context.close()
    assert unexpected == []


def note_strangers(context: Any, complaints: list[str], *own: str) -> None:
    """Complain of requests for other hosts. They are noted and not stopped, as nobody answers them: a route
    through this process costs a quarter of what a page costs, and the browser's cache."""

    def note(request: Any) -> None:
        if not request.url.startswith((*own, "data:", "blob:")):
            complaints.append(f"a request to {request.url}")

    context.on("request", note)


def log_in(page: Any, key: str = KEY) -> None:
    """Through the form, as people do."""
    page.expected.append("401")  # who is asked before the login
    page.goto("/studio")
    page.get_by_label("Admin key").fill(key)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("navigation", name="Screens").wait_for()


def open_screen(page: Any, address: str) -> None:
    """Go to a screen, and wait until it stands."""
    page.goto(f"/studio#/{address}")
    page.get_by_role("heading", level=1).first.wait_for()


def picture(page: Any, name: str) -> None:
    """Write what the page shows into docs/studio/, where the pictures are made anew: `make pictures`."""
    if not os.environ.get("FLOWHOOK_PICTURES"):
        return
    before = page.viewport_size
    page.set_viewport_size({"width": 1200, "height": 900})
    page.wait_for_timeout(1500)
    page.screenshot(path=DOCS / "studio" / f"{name}.png")
    page.set_viewport_size(before)


def violations(page: Any) -> list[str]:
    """What axe-core finds that is serious, in both colour schemes."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        # What does not depend on colours is the same in both.
        rules = {} if scheme == "light" else {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
        options = {"resultTypes": ["violations"], **rules}
        report = page.evaluate("options => axe.run(document, options)", options)
        found += [
            f"{scheme}: {one['id']}: {one['nodes'][0]['html']}: {one['nodes'][0]['failureSummary']}"
            for one in report["violations"]
            if one["impact"] in ("serious", "critical")
        ]
    page.emulate_media(color_scheme="light")
    return found
