"""Lost regions, to test a region failover."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from typing import Any

_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d{8}/([a-z0-9-]+)/[a-z0-9-]+/aws4_request")


class Outage:
    """The lost regions. Every call that is signed for one of them fails: the connection closes without a response.

    Services with one endpoint for all regions (IAM, Route 53) are signed for us-east-1 and continue to work.
    """

    def __init__(self) -> None:
        self.regions: frozenset[str] = frozenset()

    def concerns(self, environ: dict[str, Any]) -> bool:
        signed = _SIGNED_FOR.search(environ.get("HTTP_AUTHORIZATION", "")) if self.regions else None
        return signed is not None and signed[1] in self.regions

    def drop(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Closes the connection without a response."""
        connection = environ.get("werkzeug.socket")
        if connection is not None:
            connection.shutdown(socket.SHUT_RDWR)
        start_response("503 Service Unavailable", [("Connection", "close")])
        return [b""]
