"""Fetches trust bundles again and again, in a thread of its own."""

from __future__ import annotations

import logging
import random
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import weakref
from typing import TYPE_CHECKING, Any

from ._errors import Refused

if TYPE_CHECKING:
    from ._verifier import Verifier

log = logging.getLogger("edgetoken")

MAX_BYTES = 8 << 20  # of a bundle
SECONDS = 10  # for one step of a fetch, and for the first one altogether
TOTAL_SECONDS = 60  # for a whole fetch
JITTER = 0.1  # of the time between polls, so that verifiers that started together spread out


class Poller:
    """Keeps a verifier's bundle fresh, until that is stopped or collected."""

    def __init__(self, verifier: Verifier, url: str, every: float) -> None:
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise ValueError("the address of a bundle begins with http:// or https://")
        if not every > 0:
            raise ValueError("the time between polls must be more than 0 seconds")
        self._verifier = weakref.ref(verifier, lambda _: self.stop())
        self._url, self._every = url, every
        self._etag: str | None = None
        self._fetched: float | None = None
        self._error: str | None = None
        self.renew()

    def renew(self) -> None:
        """Begins anew in a child: its parent's thread is missing there."""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._first, self._stopped = threading.Event(), threading.Event()

    def begin(self) -> None:
        """Starts the thread where there is none yet."""
        if self._thread is None:
            with self._lock:
                if self._thread is None and not self._stopped.is_set():
                    self._thread = threading.Thread(target=self._run, name="edgetoken-poll", daemon=True)
                    self._thread.start()

    def stop(self) -> None:
        """Ends the thread soon."""
        self._stopped.set()

    def wait_for_first(self) -> None:
        """Waits for the first fetch, which may fail."""
        self._first.wait(SECONDS)

    def status(self) -> dict[str, Any]:
        """When the node last answered (Unix seconds), and what went wrong since."""
        return {"url": self._url, "fetched": self._fetched, "error": self._error}

    def _run(self) -> None:
        while not self._stopped.is_set():
            verifier = self._verifier()
            if verifier is None:
                return
            try:
                self._poll(verifier)
                self._fetched, self._error = time.time(), None
            except Exception as error:  # whatever it is: the next time may be better
                text = f"{type(error).__name__}: {error}"
                if text != self._error:
                    log.warning("the trust bundle could not be fetched from %s: %s", self._url, text)
                self._error = text
            del verifier  # while this thread sleeps, it may go
            self._first.set()
            self._stopped.wait(self._every * random.uniform(1 - JITTER, 1 + JITTER))

    def _poll(self, verifier: Verifier) -> None:
        epoch = verifier._since()
        try:
            self._fetch(verifier, epoch)
        except Refused as refused:
            if epoch is None or refused.cause != "bundle_base":
                raise
            self._etag = None
            self._fetch(verifier, None)

    def _fetch(self, verifier: Verifier, since: int | None) -> None:
        url = self._url
        if since is not None:
            url += ("&" if urllib.parse.urlsplit(url).query else "?") + f"since={since}"
        request = urllib.request.Request(url, headers={"Accept": "application/jose", "User-Agent": "edgetoken-python"})
        if self._etag:
            request.add_header("If-None-Match", self._etag)
        deadline = time.monotonic() + TOTAL_SECONDS
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                bundle, etag = self._read(answer, deadline), answer.headers.get("ETag")
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 304:
                    return
                hint = ": does it have bundle.publish, and a key pair?" if error.code == 404 else ""
                raise ValueError(f"the node answered {error.code}{hint}") from None
        try:
            verifier.update(bundle)
        except Refused as refused:
            if refused.cause != "bundle_older":  # that is the one that we have, or a node that lags
                raise
        self._etag = etag

    def _read(self, answer: Any, deadline: float) -> bytes:
        """The body, of a bounded size and in a bounded time."""
        body = bytearray()
        while part := answer.read1(1 << 16):
            body += part
            if len(body) > MAX_BYTES:
                raise ValueError("the bundle is too long")
            if time.monotonic() > deadline or self._stopped.is_set():
                raise TimeoutError("the bundle came too slowly")
        return bytes(body).strip()  # a file has a line end
