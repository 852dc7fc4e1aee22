"""Frames of the studio in Chromium: 100,000 sessions that scroll, and pages under 2,000 events a second.

    python benchmarks/pages.py [--json FILE]

The built pages are served by a stand-in that has nothing else to do, over real HTTP, so that the figures are
those of the pages alone. A frame is the time between two calls of requestAnimationFrame; a long task is one
that the browser itself reports (PerformanceObserver, more than 50 ms); the slowest key is how long the page
took from a key to the next picture (16 ms or less is told as 16). All of them are wall time, which a busy
machine stretches; the CPU time of the page's thread for each frame is not. Needs ``make studio``, Debian's
chromium and playwright.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flowhook.web.page_files import STATIC, pages_are_built

SESSIONS = 100_000
EVENTS = 2_000  #: a second
SECONDS = 6.0  #: of each measurement
BUDGET_MS = 50.0
KEY_MS = 100.0  #: between two keys
AT = "2030-01-01T00:00:00.000Z"
TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
}
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run")

#: Notes frames and long tasks until it is told to end.
WATCH = """
window.watched = {frames: [], tasks: [], keys: []};
new PerformanceObserver((list) => {
  const keys = list.getEntries().filter((entry) => entry.name === 'keydown');
  window.watched.keys.push(...keys.map((entry) => entry.duration));
}).observe({type: 'event', durationThreshold: 16});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.watched.tasks.push(entry.duration);
}).observe({type: 'longtask', buffered: false});
let last = performance.now();
const note = (now) => { window.watched.frames.push(now - last); last = now; requestAnimationFrame(note); };
requestAnimationFrame((now) => { last = now; requestAnimationFrame(note); });
"""
#: Scrolls a list all the way down and up again, several screens each frame: each frame has all rows new.
SCROLL = """
async (seconds) => {
  const list = document.querySelector('.scroller');
  const end = performance.now() + seconds * 1000;
  const step = Math.max(list.clientHeight, list.scrollHeight / 300);
  let down = true;
  while (performance.now() < end) {
    list.scrollTop += down ? step : -step;
    if (list.scrollTop + list.clientHeight >= list.scrollHeight || list.scrollTop <= 0) down = !down;
    await new Promise((done) => requestAnimationFrame(done));
  }
  return document.querySelectorAll('.scroller tr').length;
}
"""


class StandIn(BaseHTTPRequestHandler):
    """Serves the pages, and of the API what they ask for here."""

    protocol_version = "HTTP/1.1"
    sent = 0  #: events, of all streams

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == "/studio":
            self._send((STATIC / "studio.html").read_bytes(), "html")
        elif address.path.startswith("/studio/"):
            file = STATIC / address.path.removeprefix("/studio/")
            self._send(file.read_bytes(), file.suffix[1:])
        elif address.path == "/api/events":
            self._stream()
        else:
            self._send(json.dumps(api(address.path, query)).encode(), "json")

    def _send(self, body: bytes, ending: str) -> None:
        self.send_response(200)
        self.send_header("content-type", TYPES.get(ending, "application/json"))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        """As many events a second as are asked for, a hundredth of them every 10 ms."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        began, sent = time.monotonic(), 0
        try:
            while True:
                due = int((time.monotonic() - began) * EVENTS)
                self.wfile.write(b"".join(event(number) for number in range(sent, due)))
                self.wfile.flush()
                StandIn.sent += due - sent
                sent = due
                time.sleep(0.01)
        except OSError:
            self.close_connection = True

    def log_message(self, *arguments: Any) -> None: ...


def api(path: str, query: dict[str, str]) -> Any:
    """What the API says there."""
    if path == "/api/me":
        return {"name": "admin", "role": "admin", "csrf": "x"}
    if path == "/api/sessions":
        first = int(query.get("after", 0))
        last = min(SESSIONS, first + int(query.get("limit", 50)))
        rows = [session(number) for number in range(first, last)]
        return {"sessions": rows, "next": str(last) if last < SESSIONS else None}
    if path == "/api/overview":
        stored = dict.fromkeys(("sessions", "queued", "pending", "dead", "timers"), 0)
        return {"version": "", "state": "running", "stored": stored, "endpoints": []}
    if path.endswith("/transcript"):
        return {"transcript": []}
    return {"endpoint": "shop", "node": None, "revision": 1, "state": {}}


def session(number: int) -> dict[str, Any]:
    return {
        "endpoint": "shop", "userId": f"user-{number}", "sessionId": f"session-{number}",
        "node": "pizza/ask_size", "backlog": number % 7, "revision": 1, "createdAt": AT, "updatedAt": AT,
    }  # fmt: skip


def event(number: int) -> bytes:
    told = {"type": "message.received", "at": AT, "endpoint": "shop", "userId": f"user-{number % 1000}",
            "sessionId": "s", "traceId": f"trace-{number}", "data": {"text": "a large pizza"}}  # fmt: skip
    return f"id: {number}\nevent: message.received\ndata: {json.dumps(told)}\n\n".encode()


@contextmanager
def served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


#: Scrolls to the end again and again, until there is no more to load.
LOAD = """
async () => {
  const list = document.querySelector('.scroller');
  while (/so far/.test(document.querySelector('main').innerText)) {
    list.scrollTop = list.scrollHeight;
    await new Promise((done) => setTimeout(done, 5));
  }
  list.scrollTop = 0;
}
"""


def watched(page: Any, work: str | None = None) -> dict[str, Any]:
    """Watch a page for a while, idle or at work."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    sent, began, busy = StandIn.sent, time.monotonic(), cpu_seconds(session)
    page.evaluate(f"() => {{ {WATCH} }}")
    if work is not None:
        page.evaluate(work, SECONDS)
    else:
        while time.monotonic() - began < SECONDS:  # somebody walks through the page meanwhile
            page.keyboard.press("Tab")
            page.wait_for_timeout(KEY_MS)
    busy = cpu_seconds(session) - busy
    rows = page.locator("tr, li").count()
    found = page.evaluate("() => window.watched")
    frames, tasks = sorted(found["frames"]), found["tasks"]
    return {
        "frames": len(frames),
        "p50_ms": round(frames[len(frames) // 2], 1),
        "p99_ms": round(frames[len(frames) * 99 // 100], 1),
        "max_ms": round(frames[-1], 1),
        "cpu_ms_per_frame": round(busy * 1000 / len(frames), 1),
        "over_50_ms": sum(1 for frame in frames if frame > BUDGET_MS),
        "long_tasks": len(tasks),
        "longest_task_ms": round(max(tasks, default=0.0), 1),
        "slowest_key_ms": round(max(found["keys"], default=16.0), 1),
        "rows": rows,
        "events_per_second": round((StandIn.sent - sent) / (time.monotonic() - began)),
    }


def cpu_seconds(session: Any) -> float:
    """CPU time that the thread of the page has spent since the session asked for it."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")


def measurements(browser: Any, address: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and figures of each."""
    for name, screen, ready, work in (
        (f"{SESSIONS:,} sessions, scrolled", "sessions", "100,000 sessions", SCROLL),
        ("the overview", "", "Happening now", None),
        ("a session", "session/shop/user-1/s", "Said", None),
    ):
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(300_000)
        page.goto(f"{address}/studio#/{screen}")
        if work is SCROLL:
            page.get_by_role("region", name="Sessions").wait_for()
            page.evaluate(LOAD)
        page.get_by_text(ready).first.wait_for()
        yield name, watched(page, work)
        page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the frames of the studio.")
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    chromium = shutil.which("chromium")
    if not pages_are_built() or chromium is None:
        sys.exit("This needs the built pages (make studio) and Debian's chromium.")
    from playwright.sync_api import sync_playwright

    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        results = dict(measurements(browser, address))
        browser.close()
    for name, found in results.items():
        print(f"{name}\n  " + ", ".join(f"{what} {value}" for what, value in found.items()))
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
