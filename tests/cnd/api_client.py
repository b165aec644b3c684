"""Another system that calls the API: with a token, with keys for its writes, with what it read."""

import json
import uuid
from typing import Any

from django.test import Client

from cnd.actors import actor_for
from cnd.models import User
from cnd.tokens import create_token

ALL = ("inscriptions:read", "inscriptions:write")


def token_of(user: User, *scopes: str, days: int = 30) -> str:
    """Make a token for a user, with all scopes unless some are named; return its text."""
    _token, text = create_token(
        user=user, name=uuid.uuid4().hex, scopes=scopes or ALL, days=days, actor=actor_for(user)
    )
    return text


class Api:
    """A client of the API. What is sent is JSON; a POST gets a new Idempotency-Key unless one is given."""

    def __init__(self, token: str = "") -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, url: str, **headers: str) -> Any:
        return self.client.get(url, headers=self.headers | _named(headers))

    def post(self, url: str, data: object = None, **headers: str) -> Any:
        return self._send("POST", url, data, {"Idempotency-Key": uuid.uuid4().hex} | _named(headers))

    def patch(self, url: str, data: object = None, **headers: str) -> Any:
        return self._send("PATCH", url, data, _named(headers))

    def put(self, url: str, content: bytes, **headers: str) -> Any:
        """Send a file as it is."""
        return self._send("PUT", url, content, {"Content-Type": "application/octet-stream"} | _named(headers))

    def delete(self, url: str, **headers: str) -> Any:
        return self._send("DELETE", url, "", _named(headers))

    def _send(self, method: str, url: str, data: object, headers: dict[str, str]) -> Any:
        body = data if isinstance(data, str | bytes) else json.dumps({} if data is None else data)
        return self.client.generic(
            method,
            url,
            body,
            content_type=headers.pop("Content-Type", "application/json"),
            headers=self.headers | {name: value for name, value in headers.items() if value},
        )


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-").title(): value for name, value in headers.items()}


def problem_of(answer: Any) -> tuple[int, str]:
    """Return status and code of a refusal; anything else that is no problem is none."""
    assert answer["Content-Type"] == "application/problem+json", answer.content
    body = json.loads(answer.content)
    assert body["status"] == answer.status_code
    return answer.status_code, body["type"].removeprefix("urn:cnd:problem:")
