"""Allows a snapshot between requests, and records whether there are changes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from outage import Outage

# Time limit of the wait: a request in which moto calls itself would wait forever.
LONGEST_WAIT_SECONDS = 5


def _is_own(environ: dict[str, Any]) -> bool:
    """Returns true for the emulator's calls, which are never blocked: they change nothing, and one saves."""
    return environ.get("PATH_INFO", "").startswith("/moto-api/notejam/")


class Gate:
    """WSGI middleware in front of moto: counts running requests, and delays new ones while `closed()`."""

    def __init__(self, application: Any, outage: Outage) -> None:
        self._application = application
        self._outage = outage
        self._changed = threading.Condition()
        self._running = 0
        self._closed = False
        self.changes = 0
        """Requests so far that may have changed something."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if _is_own(environ):
            return self._application(environ, start_response)
        if self._outage.concerns(environ):
            return self._outage.drop(environ, start_response)
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._running += 1
        try:
            return self._application(environ, start_response)
        finally:
            with self._changed:
                self._running -= 1
                if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                    self.changes += 1
                self._changed.notify_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Waits for the running requests, then delays new ones for the duration of the block."""
        try:
            with self._changed:
                self._closed = True
                self._changed.wait_for(lambda: self._running == 0, timeout=LONGEST_WAIT_SECONDS)
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()
