"""Other systems that call the API for a delegation or the secretariat, as fixtures of a module's `session`."""

from typing import Any

import pytest

from sessions.models import MeetingSession
from tests.cnd.api_client import Api, token_of
from tests.sessions.scenes import focal_point, officer


def client_of(code: str, *scopes: str) -> Any:
    """Return a fixture: a client with a delegation's token for these scopes."""

    @pytest.fixture
    def client(session: MeetingSession) -> Api:
        return Api(token_of(focal_point(session, code), *scopes))

    return client


def client_of_staff(*scopes: str) -> Any:
    """Return the same for the secretariat."""

    @pytest.fixture
    def client(session: MeetingSession) -> Api:
        return Api(token_of(officer(), *scopes))

    return client
