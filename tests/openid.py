"""A provider of OpenID Connect on this machine: it says of whoever asks what a test has it say."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt

CLIENT_ID = "planner"
KEY = "a key of the provider's own, long enough"


@dataclass
class Provider:
    """What the provider says, and what it was asked."""

    url: str
    claims: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def settings(self) -> dict[str, Any]:
        """Return the library's settings for this provider."""
        app = {
            "provider_id": "oidc",
            "name": "Mission ID",
            "client_id": CLIENT_ID,
            "secret": "secret",
            "settings": {"server_url": self.url},
        }
        return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}

    def answer(self, path: str) -> dict[str, Any]:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            addresses = {f"{name}_endpoint": f"{self.url}/{page}" for name, page in names.items()}
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **addresses}
        if path == "/token":
            told = {"iss": self.url, "aud": CLIENT_ID, "exp": 32_503_680_000, "iat": 1, **self.claims}
            token = jwt.encode(told, KEY, algorithm="HS256")
            return {"access_token": "opens", "token_type": "Bearer", "id_token": token}
        return self.claims if path == "/userinfo" else {"keys": []}


@contextmanager
def serving() -> Iterator[Provider]:
    """Serve a provider until the test is over."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(provider.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
