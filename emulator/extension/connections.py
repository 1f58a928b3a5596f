"""HTTP connections that stay open between requests.

Werkzeug's development server closes the connection after each response. Terraform opens dozens at a time, and sometimes
used one that was being closed ("use of closed network connection").
"""

from __future__ import annotations

import moto.moto_server.werkzeug_app as moto_app
from werkzeug.serving import WSGIRequestHandler
from werkzeug.wsgi import LimitedStream

# Longer than clients keep an idle connection (Go's HTTP client: 90 s), so that the client closes it.
_IDLE_SECONDS = 900


# moto 5.2.5 has a separate request handler; older releases use werkzeug's.
_MotoHandler: type[WSGIRequestHandler] = getattr(moto_app, "MotoRequestHandler", WSGIRequestHandler)


class KeepAliveHandler(_MotoHandler):
    """Keeps the connection open, and passes werkzeug only the body of the current request."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    # Sends headers and body together, in one packet if they fit.
    wbufsize = 1 << 20
    disable_nagle_algorithm = True

    def handle_expect_100(self) -> bool:
        """Requests the body once, at once. http.server and werkzeug would each request it, and leave it in the buffer."""
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
            self.close_connection = True  # such a body has no length
            super().run_wsgi()
            return
        connection = self.rfile
        # After the response werkzeug reads the rest of its input, which would be the next request.
        self.rfile = body = LimitedStream(connection, int(self.headers.get("Content-Length") or 0))
        try:
            super().run_wsgi()
            body.exhaust()
        finally:
            self.rfile = connection
