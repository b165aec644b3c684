"""The opening of the window: 400 organisers in the same second, over several web processes on PostgreSQL."""

import itertools
import random
import time
import uuid
from collections import Counter
from datetime import timedelta

import pytest

from cnd import journal
from cnd.models import Chain
from logistics.models import Application
from logistics.services.applications import facts
from sessions.models import MeetingSession
from tests.logistics.crowd import ORGANISERS, crowd, drafts_of, tokens_for
from tests.logistics.rush import Answer, Submission, rush, webs
from tests.logistics.windows import OPENING, kind_of, windowed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

GREEDY = 20
"""How many of them try to have three."""
PLACES = 11


def anew(submission: Submission) -> Submission:
    """Return the same request as another click makes it: under a key of its own."""
    return Submission(submission.path, submission.token, uuid.uuid4().hex)


def test_four_hundred_organisers_at_the_opening_instant() -> None:
    session = windowed(OPENING - timedelta(days=2))
    delegations = crowd(session)
    texts = tokens_for(delegations)
    drafts = drafts_of(session, [*delegations, *delegations[:GREEDY], *delegations[:GREEDY]])
    submissions = [
        Submission(f"/api/v1/sessions/cnd67/applications/{each.pk}/submit/", texts[each.organiser_id], uuid.uuid4().hex)
        for each in drafts
    ]
    retried, clicked = submissions[100:120], submissions[120:140]
    double = [anew(each) for each in clicked]
    all_at_once = [*submissions, *retried, *double]
    random.Random(67).shuffle(all_at_once)

    with webs(2) as ports:
        opens = int(time.time()) + 3
        offset_s = int(OPENING.timestamp()) - opens
        Chain.objects.filter(pk=session.chain_id).update(clock_offset_s=offset_s)
        early = rush(ports, [anew(each) for each in submissions[:5]], at=0)
        answers = rush(ports, all_at_once, at=opens + 0.01)

    assert {(each.status, each.body["type"]) for each in early} == {(409, "urn:cnd:problem:window_closed")}
    check_answers(answers)
    check_register(session)


def check_answers(answers: list[Answer]) -> None:
    """No error page; a third application refused; a retry answered like the first; everyone told where they are."""
    refused = [each.body["type"] for each in answers if each.status != 200]
    assert Counter(refused) == {"urn:cnd:problem:limit_reached": GREEDY}
    of_path: dict[str, set[tuple[int, int | None, int | None]]] = {}
    for each in answers:
        if each.status == 200:
            told = (each.body["receipt"], each.body["place"], each.body["position"])
            of_path.setdefault(each.submission.path, set()).add(told)
    assert {len(told) for told in of_path.values()} == {1}
    found = sorted(told for (told,) in of_path.values())
    assert found == [
        (number, number, None) if number <= PLACES else (number, None, number - PLACES)
        for number in range(1, ORGANISERS + GREEDY + 1)
    ]


def check_register(session: MeetingSession) -> None:
    """Eleven places, receipts that rise strictly, nobody above two, nothing twice, a journal that verifies."""
    received = list(Application.objects.received().in_order_of_receipt())
    assert [each.receipt_number for each in received] == list(range(1, ORGANISERS + GREEDY + 1))
    times = [each.receipt_at for each in received if each.receipt_at]
    assert all(one < other for one, other in itertools.pairwise(times))
    assert all(each.arrived_at and each.arrived_at >= OPENING for each in received)
    held = [(each.receipt_number, each.place) for each in received if each.state == "under_review"]
    assert held == [(number, number) for number in range(1, PLACES + 1)]
    assert {each.state for each in received[PLACES:]} == {"waiting"}
    assert max(Counter(each.organiser_id for each in received).values()) == 2
    assert kind_of(session).last_receipt_number == facts(received[-1])["receipt"]
    assert journal.verify(session.chain) > ORGANISERS
