"""HTTP connections that stay open between requests.

Werkzeug's development server ends the connection after each answer. Terraform opens dozens at a time, and sometimes
met one that was being closed ("use of closed network connection").
"""

from __future__ import annotations

import moto.moto_server.werkzeug_app as moto_app
from werkzeug.serving import WSGIRequestHandler
from werkzeug.wsgi import LimitedStream

# Longer than any client keeps an idle connection (Go's HTTP client: 90 s), so that the client is the one to close it.
_IDLE_SECONDS = 900


# moto 5.2.5 has a request handler of its own, older releases use werkzeug's.
_MotoHandler: type[WSGIRequestHandler] = getattr(moto_app, "MotoRequestHandler", WSGIRequestHandler)


class KeepAliveHandler(_MotoHandler):
    """Keeps the connection, and shows werkzeug this request's own body and nothing of the next request."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    # Headers and body leave together, in one packet where they fit: a client never has one without the other.
    wbufsize = 1 << 20
    disable_nagle_algorithm = True

    def handle_expect_100(self) -> bool:
        """Asks for the body once, at once; http.server and werkzeug would each ask, and leave it in the buffer."""
        del self.headers["Expect"]
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.wfile.flush()
        return True

    def send_header(self, keyword: str, value: str) -> None:
        if keyword == "Connection" and value == "close" and not self.close_connection:
            return
        super().send_header(keyword, value)

    def run_wsgi(self) -> None:
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True  # such a body has no length to read to
            super().run_wsgi()
            return
        connection = self.rfile
        # Werkzeug reads on after the answer, until nothing comes: with the whole connection that is the next request.
        self.rfile = body = LimitedStream(connection, int(self.headers.get("Content-Length") or 0))
        try:
            super().run_wsgi()
            body.exhaust()
        finally:
            self.rfile = connection
