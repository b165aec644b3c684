"""Impatient hands: the same form from two browsers at one moment, on the database of the run."""

import pytest
from django.test import Client

from cnd import clock
from cnd.models import JournalEntry
from sessions.models import Inscription, Membership
from sessions.services.visits import ONE_VISIT
from tests.sessions.portal import CLOSED, OPEN, signed_in
from tests.sessions.public_pages import url
from tests.sessions.scenes import inscribed, make_session
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

GIVEN = {"level": "ministerial", "speaker_name": "Maria Musterfrau", "speaker_title": "Minister"}


def posted(client: Client, address: str, given: dict[str, str]) -> tuple[int, str]:
    answer = client.post(address, given)
    return answer.status_code, answer.get("Location", "")


def test_one_form_sent_by_two_browsers_at_once_inscribes_once_and_both_are_led_to_the_receipt() -> None:
    session = make_session(OPEN)
    one, other = signed_in(session), signed_in(session)
    address = url("delegation-inscribe", "AT")
    outcomes = at_once(lambda: posted(one, address, GIVEN), lambda: posted(other, address, GIVEN))
    assert outcomes == [(302, url("delegation-of", "AT"))] * 2
    assert (Inscription.objects.count(), JournalEntry.objects.filter(action="inscribe").count()) == (1, 1)


def test_of_two_different_changes_of_one_page_the_second_is_refused() -> None:
    session = make_session(CLOSED)
    made = inscribed(session, "AT")
    one, other = signed_in(session), signed_in(session)
    address = url("delegation-change", "AT", made.receipt_number)
    seen = one.get(address).context["form"].initial["seen"]
    high, low = (GIVEN | {"seen": seen, "level": level} for level in ("above_ministerial", "below_ministerial"))
    outcomes = at_once(lambda: posted(one, address, high), lambda: posted(other, address, low))
    assert sorted(each[0] for each in outcomes if isinstance(each, tuple)) == [302, 409]
    assert JournalEntry.objects.filter(action="change_inscription").count() == 1


def test_two_pages_opened_at_once_forget_no_visit() -> None:
    session = make_session(OPEN)
    one, other = signed_in(session), signed_in(session)
    before = clock.now() - 2 * ONE_VISIT
    Membership.objects.update(visited_at=before)

    def opened(client: Client) -> int:
        return client.get(url("delegation")).status_code

    assert at_once(lambda: opened(one), lambda: opened(other)) == [200, 200]
    assert Membership.objects.get().previous_visit_at == before
