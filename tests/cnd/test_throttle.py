"""How often one may ask: counted by token, by user, by address (draft-ietf-httpapi-ratelimit-headers)."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

pytestmark = pytest.mark.django_db
URL = "/api/v1/sessions/"


@pytest.fixture(autouse=True)
def rates(settings: Any) -> None:
    cache.clear()
    settings.THROTTLE_RATES = {"anonymous": "3/min", "token": "5/min", "writes": "2/min", "draw-values": "12/min"}


def test_every_answer_says_what_is_left(client: Client) -> None:
    answer = client.get(URL)
    assert answer["RateLimit-Policy"] == '"anonymous";q=3;w=60'
    assert answer["RateLimit"].startswith('"anonymous";r=2;t=')
