"""Bodies that no client of good will sends: refused as malformed, never a failure of ours."""

import pytest
from django.test import Client

from tests.cnd.api_client import problem_of
from tests.sessions.scenes import make_session

VALUES = "/api/v1/sessions/cnd67/draws/1/values/"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"\\ud800": 1}',
        '{"signature": "\\udfff"}',
        "{",
        "",
        b"\xff",
        "NaN",
    ],
    ids=["deep list", "deep object", "half a name", "half a value", "cut short", "nothing", "no text", "no number"],
)
def test_what_cannot_be_read_is_refused(client: Client, body: str | bytes) -> None:
    make_session()
    assert problem_of(client.post(VALUES, body, content_type="application/json"))[0] == 400
