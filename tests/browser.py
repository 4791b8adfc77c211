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
from collections.abc import Iterator
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


_REPLACED = ("Inspected target navigated or closed", "Execution context was destroyed.")
"""Replies to an expression whose page was replaced by another one while it was evaluated."""


class PageReplaced(Exception):
    """The page was replaced while an expression was evaluated in it."""


@dataclass
class Visit:
    """Result of loading a page.

    Attributes:
        messages: Console messages: errors, violations of the security policy, exceptions.
        requests: Requested addresses, except the page itself and embedded data (data:).
        width: Width of the content [px]; larger than the window if the content overflows.
        height: Height of the content [px].
        screenshot: PNG image of the complete page.
    """

    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    width: int = 0
    height: int = 0
    screenshot: bytes = b""


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
        self.events: list[dict[str, Any]] = []

    def visit(self, page: Path, width: int, height: int = 900) -> Visit:
        """Load a file in a window of width × height [px] and return what was recorded."""
        with self.opened(page, width, height) as tab:
            return tab.visit()

    @contextmanager
    def opened(
        self, page: Path, width: int, height: int = 900, *, dark: bool = False, script: str = ""
    ) -> Iterator["Tab"]:
        """Yield a tab with a file; `script` is run before the scripts of the page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable", session)
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", session, **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", session, features=[scheme])
        self.call("Page.addScriptToEvaluateOnNewDocument", session, source=script)
        tab = Tab(self, session)
        tab.load(page.resolve().as_uri())
        yield tab
        self.call("Target.closeTarget", targetId=target)

    def download_to(self, folder: Path) -> None:
        """Save downloads in a folder."""
        settings = {"behavior": "allow", "downloadPath": str(folder)}
        self.call("Browser.setDownloadBehavior", **settings)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        os.close(self._out)
        os.close(self._in)

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": session} if session else {}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            reply = self.read()
            if reply.get("id") == self._number:
                if reply.get("error", {}).get("message") in _REPLACED:
                    raise PageReplaced
                assert "error" not in reply, reply
                return reply["result"]
            self.events.append(reply)

    def read(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._in], [], [], _TIMEOUT)
            assert ready, "the browser did not reply in time"
            part = os.read(self._in, 1 << 20)
            assert part, "the browser has terminated"
            self._left += part
        message, _, self._left = self._left.partition(b"\0")
        return json.loads(message)


class Tab:
    """Tab of a browser; only one tab is open at a time."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session, self._url = browser, session, ""

    def load(self, url: str) -> None:
        """Load an address and forget what was recorded before."""
        self._url = url
        self._browser.events.clear()
        self._browser.call("Page.navigate", self._session, url=url)
        self.wait_for_load()

    def reload(self) -> None:
        """Load the page again."""
        self._browser.events.clear()
        self._browser.call("Page.reload", self._session)
        self.wait_for_load()

    def follow(self, key: str) -> None:
        """Press a key that opens another page, and wait for this page."""
        self._browser.events.clear()
        self.press(key)
        self.wait_for_load()
        self._url = self.evaluate("location.href").partition("#")[0]

    def wait_for_load(self) -> None:
        """Wait until a page has been loaded after the last call of `load` or `reload`."""
        while not any(e["method"] == "Page.loadEventFired" for e in self._browser.events):
            self._browser.events.append(self._browser.read())
        # Interactive figures are drawn after the page has been loaded.
        self.evaluate("typeof figures === 'undefined' ? 0 : figures.ready.then(() => 0, () => 0)")

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; a promise is awaited.

        The expression is evaluated again if the page is replaced in the meantime.
        """
        options = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        while True:
            try:
                found = self._browser.call("Runtime.evaluate", self._session, **options)
                break
            except PageReplaced:
                continue
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys one after another, such as "j", "Enter" and "ArrowDown"."""
        for key in keys:
            text = (
                {"text": key if len(key) == 1 else "\r"} if len(key) == 1 or key == "Enter" else {}
            )
            code = {"Enter": 13, "Escape": 27, "Tab": 9}.get(key, 0)
            for kind in ("keyDown", "keyUp"):
                event = {"type": kind, "key": key, "windowsVirtualKeyCode": code}
                event |= text if kind == "keyDown" else {}
                self._browser.call("Input.dispatchKeyEvent", self._session, **event)

    def print(self) -> bytes:
        """Return a PDF of the page."""
        printed = self._browser.call("Page.printToPDF", self._session)
        return base64.b64decode(printed["data"])

    def visit(self) -> Visit:
        """Return what was recorded since the page was loaded."""
        visit = Visit()
        size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        visit.width, visit.height = self.evaluate(size)
        shot = self._browser.call(
            "Page.captureScreenshot", self._session, captureBeyondViewport=True
        )
        visit.screenshot = base64.b64decode(shot["data"])
        for event in self._browser.events:
            _record(visit, event["method"], event["params"], self._url)
        return visit


def _record(visit: Visit, method: str, parameters: dict[str, Any], page: str) -> None:
    if method == "Network.requestWillBeSent":
        url = parameters["request"]["url"]
        if url.partition("#")[0] != page.partition("#")[0] and not url.startswith("data:"):
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
