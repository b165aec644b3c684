"""The page of the quotas: proposed, confirmed, overridden with a reason, refused in words."""

from typing import Any

import pytest
from django.test import Client

from sessions.models import MeetingSession
from sessions.services.quotas import confirm_quotas, confirmed_quotas, proposed_quotas
from tests.sessions.scenes import announce_now, as_officer, inscribe_states, make_session
from tests.sessions.staff_pages import hidden, last_entry, signed_in, text_of, told, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> MeetingSession:
    session = make_session()
    inscribe_states(session, 20)
    return session


def fields(quotas: dict[str, int]) -> dict[str, int]:
    return {f"quota-{code}": number for code, number in quotas.items()}


def confirm(client: Client, quotas: dict[str, int], *, reason: str = "", seen: str | None = None) -> Any:
    mark = hidden(client.get(url("quotas")), "seen") if seen is None else seen
    return client.post(url("quotas"), fields(quotas) | {"reason": reason, "seen": mark})


def moved(quotas: dict[str, int], by: int = 1) -> dict[str, int]:
    """Return the quotas with some slots moved from the first group to the last."""
    first, *_, last = sorted(quotas)
    return quotas | {first: quotas[first] - by, last: quotas[last] + by}


def test_form_begins_with_the_proposal(session: MeetingSession) -> None:
    form = signed_in().get(url("quotas")).context["form"]

    assert {code: form[f"quota-{code}"].value() for code in form.codes} == proposed_quotas(session.debate)


def test_the_proposal_is_confirmed_without_a_reason(session: MeetingSession) -> None:
    response = confirm(signed_in(), proposed_quotas(session.debate))

    assert (response["Location"], told(response)) == (url("quotas"), ["The quotas are confirmed."])
    assert confirmed_quotas(session.debate) == proposed_quotas(session.debate)


def test_other_quotas_need_a_reason_beside_its_field(session: MeetingSession) -> None:
    other = moved(proposed_quotas(session.debate))
    client = signed_in()

    refused = confirm(client, other)
    confirm(client, other, reason="agreed by the groups")

    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["reason"])
    assert (confirmed_quotas(session.debate), last_entry().reason) == (other, "agreed by the groups")


def test_a_wrong_sum_is_refused_in_words(session: MeetingSession) -> None:
    proposal = proposed_quotas(session.debate)
    first = min(proposal)

    response = confirm(signed_in(), proposal | {first: proposal[first] - 3}, reason="why not")

    assert response.status_code == 422
    assert response.context["form"].non_field_errors() == [
        "The quotas sum to 111; there are 114 slots, so 3 are still to be given."
    ]
    assert confirmed_quotas(session.debate) == {}


def test_a_quota_that_is_no_number_is_refused_beside_its_field(session: MeetingSession) -> None:
    client = signed_in()

    response = client.post(url("quotas"), fields(proposed_quotas(session.debate)) | {"quota-african": "many"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["quota-african"]


def test_sum_is_told_while_typing(session: MeetingSession) -> None:
    given = fields(dict.fromkeys(proposed_quotas(session.debate), 20)) | {"quota-african": "x"}

    response = signed_in().get(url("quotas"), given, headers={"HX-Request": "true"})

    assert text_of(response) == "80 34 are still to be given"


def test_a_stale_screen_confirms_nothing_and_shows_what_is_true(session: MeetingSession) -> None:
    client = signed_in()
    seen = hidden(client.get(url("quotas")), "seen")
    proposal = proposed_quotas(session.debate)
    confirm_quotas(debate=session.debate, quotas=moved(proposal), actor=as_officer("other"), reason="agreed")

    refused = confirm(client, proposal, seen=seen)
    stood = confirmed_quotas(session.debate)
    again = confirm(client, proposal, seen=hidden(refused, "seen"))

    assert refused.status_code == 409
    assert "Somebody else has confirmed quotas" in text_of(refused)
    assert stood == moved(proposal)
    assert (again.status_code, confirmed_quotas(session.debate)) == (302, proposal)


def test_once_announced_the_quotas_are_read_only(session: MeetingSession) -> None:
    announce_now(session)
    client = signed_in()
    page = client.get(url("quotas"))

    refused = client.post(
        url("quotas"), fields(moved(proposed_quotas(session.debate))) | {"seen": hidden(page, "seen")}
    )

    assert "Confirm these quotas" not in text_of(page)
    assert (refused.status_code, refused.context["form"].non_field_errors()) == (
        409,
        ["The quotas stand as announced."],
    )
