"""Whatever the API is sent, it answers what its contract says, and never fails."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cnd import contract
from cnd.actors import COMMAND
from cnd.tokens import known_scopes
from cnd.wsgi import application as product
from logistics.services.flyers import attach_flyer
from sessions.models import MeetingSession
from tests.cnd.api_client import token_of
from tests.logistics.bilaterals import asked, at, room, waits
from tests.logistics.placed import published_day
from tests.logistics.sent import PDF
from tests.logistics.windows import drafted
from tests.sessions.scenes import VIENNA, drawn_session, focal_point, make_session, officer

KNOWN: dict[str, object] = {
    "code": "cnd67",
    "attempt": 1,
    "receipt": 1,
    "number": 1,
    "reference": "high-level-1",
    "room": "b1",
    "kind": "high-level",
    "one": "AT",
    "other": "BR",
    "day": "2024-03-14",
}
"""What there is; the rest is known when it is made."""
PRIVATE = ("inscriptions", "applications", "bookings", "waiting", "free-times")
"""What is answered to those alone who may see it."""
DISCARDED = "DELETE /api/v1/sessions/{code}/applications/{id}/"
"""After it there is no such application: it has one of its own, for what comes after it."""
ATTACHED = "PUT /api/v1/sessions/{code}/applications/{id}/flyer/"
INSCRIPTIONS = "/api/v1/sessions/{code}/inscriptions/"
EXAMPLES = 12
EXAMPLES_OF_NO_TOKEN = 3
"""What would change something is 401 to whoever shows no token, whatever is sent."""
EXAMPLES_OF_WRITES = 80
"""Enough that what is permitted is among them, whichever words come to mind."""
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
HELD = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


# Bytes that come to mind are hardly ever a file that is taken.
schemathesis.openapi.media_type("application/octet-stream", st.one_of(st.just(PDF), st.binary()))


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Serve the product as a server does, which says who asks."""
    return product(environ | {"REMOTE_ADDR": "127.0.0.1"}, start_response)


@pytest.fixture(autouse=True)
def unlimited(transactional_db: None, settings: Any) -> None:
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "")


def tokens_for(session: MeetingSession) -> dict[str, str]:
    """Return those who ask, each with their token."""
    scopes = known_scopes()
    return {
        "anybody": "",
        "Austria": token_of(focal_point(session, "AT"), *scopes),
        "secretariat": token_of(officer(), *scopes),
    }


def on_sqlite(who: str) -> Any:
    """Have one caller on PostgreSQL, all on SQLite: what is answered hardly depends on it."""
    return pytest.param(who, marks=pytest.mark.sqlite)


def operations() -> Iterator[tuple[str, Any]]:
    schema = schemathesis.openapi.from_dict(contract.document())
    schema.app = application
    for each in schema.get_all_operations():
        assert isinstance(each, Ok)
        yield each.ok().label, each.ok()


def furnished() -> tuple[MeetingSession, dict[str, object]]:
    """Return a session with lots drawn, a programme published and meetings asked for, and what is there by name."""
    session, _drawing = drawn_session()
    published_day(session)
    booking = asked(session)
    asked(session, "FR", None, where="b2")
    waits_for = waits(session, "AT", room=room(session, "b2"), starts_at=at(9))
    own = attach_flyer(application=drafted(session, "AT"), name="flyer.pdf", content=PDF, actor=COMMAND)
    receipt = session.debate.inscriptions.get(delegation__code="AT").receipt_number
    return session, KNOWN | {"receipt": receipt, "id": own.pk, "booking": booking.pk, "entry": waits_for.pk}


def explore(
    operation: Any,
    token: str,
    modes: list[GenerationMode],
    examples: int = EXAMPLES,
    known: dict[str, object] = KNOWN,
) -> set[int]:
    """Send an operation what comes to mind; return the statuses of the answers. Raises what a check finds."""
    seen: set[int] = set()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes]),
        is_known=st.booleans(),
        is_first_page=st.booleans(),
    )
    def send(case: Any, is_known: bool, is_first_page: bool) -> None:
        if is_known:
            # Else hardly anything but 404 would ever be answered.
            case.path_parameters |= {name: known[name] for name in case.path_parameters}
            if is_first_page and isinstance(case.query, dict):
                # One beyond the last is 404, as is a kind that there is not.
                case.query.pop("page", None)
                case.query |= {name: known[name] for name in case.query if name in known}
            if "If-Match" in case.headers:
                case.headers["If-Match"] = "*"
            if isinstance(case.body, dict) and "delegation" in case.body:
                case.body["delegation"] = "AT"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        response = case.call(app=application, headers=headers)
        case.validate_response(response, checks=HELD)
        seen.add(response.status_code)

    send()
    return seen


@pytest.mark.parametrize("who", [on_sqlite("anybody"), on_sqlite("Austria"), "secretariat"])
def test_no_answer_of_a_drawn_session_lies_outside_the_contract(who: str) -> None:
    session, known = furnished()
    token = tokens_for(session)[who]
    seen = {}
    spare = known | {"id": drafted(session, "AT").pk}
    for name, operation in operations():
        examples = EXAMPLES if token or name.startswith("GET") else EXAMPLES_OF_NO_TOKEN
        if token and name == ATTACHED:
            examples = EXAMPLES_OF_WRITES
        seen[name] = explore(operation, token, MODES, examples, spare if name == DISCARDED else known)
    reads = [name for name in seen if name.startswith("GET")]
    if who != "Austria":
        reads = [name for name in reads if not any(word in name for word in PRIVATE)]
    assert [name for name in reads if 200 not in seen[name]] == []
    if token:
        assert 204 in seen[DISCARDED]
        assert 200 in seen[ATTACHED]


@pytest.mark.parametrize("who", [on_sqlite("Austria"), on_sqlite("secretariat")])
def test_no_answer_while_inscriptions_are_open_lies_outside_the_contract(who: str) -> None:
    session = make_session(datetime(2024, 2, 1, 9, tzinfo=VIENNA))
    token = tokens_for(session)[who]
    made, changed = (f"{verb} {INSCRIPTIONS}" for verb in ("POST", "PATCH"))
    changed += "{receipt}/"
    seen = {
        name: explore(operation, token, MODES, EXAMPLES_OF_WRITES if name in (made, changed) else EXAMPLES)
        for name, operation in operations()
        if "insc" in name
    }
    assert 201 in seen[made]
    assert 200 in seen[changed]
