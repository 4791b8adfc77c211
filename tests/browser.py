"""A real browser for tests of pages: Chromium, told what to do through a pipe, without libraries.

It speaks the DevTools protocol (https://chromedevtools.github.io/devtools-protocol): JSON messages
that end in a zero byte, on file descriptors 3 and 4.
"""

import base64
import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FOUND = shutil.which("chromium")
CHROMIUM = None if _FOUND is None or _FOUND.startswith("/snap") else _FOUND
"""A snap's Chromium may not read files in /tmp."""

NOT_THERE = "no Chromium; apt-get install chromium, to see pages as a browser does"

_PATIENCE = 60.0
"""How long it may say nothing [s]."""


@dataclass
class Visit:
    """What happened when a page was opened.

    Attributes:
        complaints: What the console says: errors, refusals of the security policy, exceptions.
        requests: Every address asked for that is neither the page itself nor inside it (data:).
        width: Of the page's content [px]; larger than the window's where it overflows.
        height: Likewise.
        picture: A PNG of the whole page.
    """

    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    width: int = 0
    height: int = 0
    picture: bytes = b""


class Browser:
    """A running Chromium."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM is not None
        (child_reads, self._out), (self._in, child_writes) = os.pipe(), os.pipe()
        high = [os.dup(end) for end in (child_reads, child_writes)]  # never 3 or 4 themselves

        def onto_3_and_4() -> None:
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        words = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
        quiet = ("--no-first-run", "--disable-background-networking", "--disable-sync")
        self._process = subprocess.Popen(
            [CHROMIUM, *words, *quiet, f"--user-data-dir={profile}", "--remote-debugging-pipe"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=onto_3_and_4,
            close_fds=False,
        )
        for end in (child_reads, child_writes, *high):
            os.close(end)
        self._left, self._number = b"", 0
        self._events: list[dict[str, Any]] = []

    def visit(self, page: Path, width: int, height: int = 900) -> Visit:
        """Opens a file in a window of so many pixels and waits until it has loaded."""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable", session)
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", session, **metrics)
        self._events.clear()
        url = page.resolve().as_uri()
        self._ask("Page.navigate", session, url=url)
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._events.append(self._read())
        size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        found = self._ask("Runtime.evaluate", session, expression=size, returnByValue=True)
        visit = Visit()
        visit.width, visit.height = found["result"]["value"]
        shot = self._ask("Page.captureScreenshot", session, captureBeyondViewport=True)
        visit.picture = base64.b64decode(shot["data"])
        for event in self._events:
            _note(visit, event["method"], event["params"], url)
        self._ask("Target.closeTarget", targetId=target)
        return visit

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        os.close(self._out)
        os.close(self._in)

    def _ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": session} if session else {}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._events.append(answer)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._in], [], [], _PATIENCE)
            assert ready, "the browser says nothing"
            part = os.read(self._in, 1 << 20)
            assert part, "the browser has gone"
            self._left += part
        message, _, self._left = self._left.partition(b"\0")
        return json.loads(message)


def _note(visit: Visit, method: str, given: dict[str, Any], page: str) -> None:
    if method == "Network.requestWillBeSent":
        url = given["request"]["url"]
        if url != page and not url.startswith("data:"):
            visit.requests.append(url)
    elif method == "Log.entryAdded":
        visit.complaints.append(given["entry"]["text"])
    elif method == "Runtime.exceptionThrown":
        visit.complaints.append(given["exceptionDetails"]["text"])
    elif method == "Runtime.consoleAPICalled":
        visit.complaints.append(str([a.get("value") for a in given["args"]]))


@contextmanager
def browsing(profile: Path) -> Iterator[Browser]:
    browser = Browser(profile)
    try:
        yield browser
    finally:
        browser.close()
