"""A real browser for tests of HTML pages: Chromium, controlled through a pipe.

The pipe uses the DevTools protocol (https://chromedevtools.github.io/devtools-protocol): JSON
messages that end in a zero byte, on file descriptors 3 and 4.
"""

import base64
import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FOUND = shutil.which("chromium")
CHROMIUM = None if _FOUND is None or _FOUND.startswith("/snap") else _FOUND
"""Path of Chromium; None if it is missing or a snap, which cannot read files in /tmp."""

NOT_FOUND = "Chromium is not installed; run apt-get install chromium"

_TIMEOUT = 60.0
"""Longest wait for a message from the browser [s]."""


@dataclass
class Visit:
    """Result of loading a page.

    Attributes:
        messages: Console messages: errors, violations of the security policy, exceptions.
        requests: Requested addresses, except the page itself and embedded data (data:).
        width: Width of the content [px]; larger than the window if the content overflows.
        height: Height of the content [px].
        values: Values of the evaluated JavaScript expressions.
        screenshot: PNG image of the complete page.
        document: PDF of the page.
    """

    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    width: int = 0
    height: int = 0
    values: list[Any] = field(default_factory=list)
    screenshot: bytes = b""
    document: bytes = b""


class Browser:
    """Running Chromium process."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM is not None
        (child_reads, self._out), (self._in, child_writes) = os.pipe(), os.pipe()
        high = [os.dup(end) for end in (child_reads, child_writes)]  # copies other than 3 and 4

        def use_descriptors_3_and_4() -> None:
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        headless = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
        quiet = ("--no-first-run", "--disable-background-networking", "--disable-sync")
        self._process = subprocess.Popen(
            [CHROMIUM, *headless, *quiet, f"--user-data-dir={profile}", "--remote-debugging-pipe"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=use_descriptors_3_and_4,
            close_fds=False,
        )
        for end in (child_reads, child_writes, *high):
            os.close(end)
        self._left, self._number = b"", 0
        self._events: list[dict[str, Any]] = []

    def visit(
        self,
        page: Path,
        width: int,
        height: int = 900,
        *,
        dark: bool = False,
        expressions: Sequence[str] = (),
        pdf: bool = False,
    ) -> Visit:
        """Load a file in a window of width × height [px] and return what was recorded.

        Args:
            page: Path of the file.
            width: Width of the window [px].
            height: Height of the window [px].
            dark: Whether the reader prefers a dark page.
            expressions: JavaScript expressions, evaluated after the figures have been drawn; the
                value of a promise is that with which it is fulfilled.
            pdf: Whether to print the page.
        """
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable", session)
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", session, **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", session, features=[scheme])
        self._events.clear()
        url = page.resolve().as_uri()
        self._call("Page.navigate", session, url=url)
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._events.append(self._read())
        visit = Visit()
        self._value(session, "typeof figures === 'undefined' ? 0 : figures.ready.then(() => 0)")
        visit.values = [self._value(session, expression) for expression in expressions]
        size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        visit.width, visit.height = self._value(session, size)
        shot = self._call("Page.captureScreenshot", session, captureBeyondViewport=True)
        visit.screenshot = base64.b64decode(shot["data"])
        if pdf:
            printed = self._call("Page.printToPDF", session, printBackground=False)
            visit.document = base64.b64decode(printed["data"])
        for event in self._events:
            _record(visit, event["method"], event["params"], url)
        self._call("Target.closeTarget", targetId=target)
        return visit

    def _value(self, session: str, expression: str) -> Any:
        """Evaluate a JavaScript expression and return its value, as in JSON."""
        found = self._call(
            "Runtime.evaluate",
            session,
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        os.close(self._out)
        os.close(self._in)

    def _call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": session} if session else {}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            reply = self._read()
            if reply.get("id") == self._number:
                assert "error" not in reply, reply
                return reply["result"]
            self._events.append(reply)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._in], [], [], _TIMEOUT)
            assert ready, "the browser did not reply in time"
            part = os.read(self._in, 1 << 20)
            assert part, "the browser has terminated"
            self._left += part
        message, _, self._left = self._left.partition(b"\0")
        return json.loads(message)


def _record(visit: Visit, method: str, parameters: dict[str, Any], page: str) -> None:
    if method == "Network.requestWillBeSent":
        url = parameters["request"]["url"]
        if url != page and not url.startswith("data:"):
            visit.requests.append(url)
    elif method == "Log.entryAdded":
        visit.messages.append(parameters["entry"]["text"])
    elif method == "Runtime.exceptionThrown":
        details = parameters["exceptionDetails"]
        reason = details.get("exception", {}).get("description", "")
        visit.messages.append(f"{details['text']} {reason}".strip())
    elif method == "Runtime.consoleAPICalled":
        visit.messages.append(str([a.get("value") for a in parameters["args"]]))


@contextmanager
def browsing(profile: Path) -> Iterator[Browser]:
    browser = Browser(profile)
    try:
        yield browser
    finally:
        browser.close()
