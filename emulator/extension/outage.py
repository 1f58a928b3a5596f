"""Regions that do not answer, so that a recovery can be rehearsed without them."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from typing import Any

_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d{8}/([a-z0-9-]+)/[a-z0-9-]+/aws4_request")


class Outage:
    """Which regions are lost. Every call that is signed for one of them fails: the connection ends without an answer.

    Services with one endpoint for all regions (IAM, Route 53) are signed for us-east-1 and go on.
    """

    def __init__(self) -> None:
        self.regions: frozenset[str] = frozenset()

    def concerns(self, environ: dict[str, Any]) -> bool:
        signed = _SIGNED_FOR.search(environ.get("HTTP_AUTHORIZATION", "")) if self.regions else None
        return signed is not None and signed[1] in self.regions

    def refuse(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Ends the connection without an answer."""
        connection = environ.get("werkzeug.socket")
        if connection is not None:
            connection.shutdown(socket.SHUT_RDWR)
        start_response("503 Service Unavailable", [("Connection", "close")])
        return [b""]
