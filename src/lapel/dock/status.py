"""A dock's state as JSON on loopback, for whoever stands at this machine."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

from lapel.base.errors import SetupError
from lapel.dock.bay import Watch


def serve_status(watch: Watch, number: int = 0) -> ThreadingHTTPServer:
    """Answer `GET /status.json` on 127.0.0.1; `server_address` tells the port.

    Raises `SetupError` when the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        """One request."""

        timeout = 5

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

        def do_GET(self) -> None:
            """Answer with the states of all bays."""
            host = self.headers.get("Host", "").partition(":")[0]
            if host not in {"127.0.0.1", "localhost"}:
                # A page of elsewhere whose name was made to point here.
                self.send_error(403)
                return
            if self.path != "/status.json":
                self.send_error(404)
                return
            body = json.dumps({"bays": [state.data() for state in watch()]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    try:
        server = ThreadingHTTPServer(("127.0.0.1", number), Handler)
    except (OSError, OverflowError) as error:
        raise SetupError(
            f"port {number} is taken; choose another with --status-port"
        ) from error
    threading.Thread(target=server.serve_forever, name="status", daemon=True).start()
    return server
