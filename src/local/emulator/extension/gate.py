"""Lets a snapshot be taken between requests, and knows whether there is anything new to take."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

# A call that moto makes to itself must not wait for the request it serves: after this long a snapshot goes ahead.
LONGEST_WAIT_SECONDS = 5


def _may_change(environ: dict[str, Any]) -> bool:
    own = environ.get("PATH_INFO", "").startswith("/moto-api/notejam/")
    return not own and environ["REQUEST_METHOD"] not in ("GET", "HEAD")


class Gate:
    """A WSGI application around moto's: counts requests that run, and holds new ones while `closed()`."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._changed = threading.Condition()
        self._running = 0
        self._closed = False
        self.changes = 0
        """Requests so far that may have changed something."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self._changed:
            self._changed.wait_for(lambda: not self._closed, timeout=60)
            self._running += 1
        try:
            return self._application(environ, start_response)
        finally:
            with self._changed:
                self._running -= 1
                if _may_change(environ):
                    self.changes += 1
                self._changed.notify_all()

    @contextmanager
    def closed(self, own_requests: int = 0) -> Iterator[None]:
        """Waits for the running requests (but `own_requests`), then keeps new ones waiting for the block's length."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._running <= own_requests, timeout=LONGEST_WAIT_SECONDS)
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()
