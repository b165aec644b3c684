"""Who belongs to which audience, asked of the memberships."""

import pytest
from django.utils import translation

from cnd.actors import COMMAND
from cnd.outbox.kinds import recipients
from sessions.models import Delegation, MeetingSession
from sessions.services.audiences import audiences_for_messages
from sessions.services.inscriptions import withdraw
from tests.sessions.public_pages import waiting_session
from tests.sessions.scenes import (
    announce_now,
    correct,
    draw_now,
    focal_point,
    inscribed,
    make_session,
    officer,
    published,
)
from tests.sessions.told import reader

pytestmark = pytest.mark.django_db

CODES = ("AT", "BR", "KE", "PS")


@pytest.fixture
def session() -> MeetingSession:
    """A session with focal points of three Member States and one observer State."""
    session = make_session()
    for code in CODES:
        focal_point(session, code)
    officer()
    return session


def names(session: MeetingSession, audience: str) -> list[str]:
    return sorted(user.username for user in recipients(session.chain, audience))


def test_all_delegations_are_everybody_who_acts_for_one(session: MeetingSession) -> None:
    assert names(session, "delegations") == ["focal-at", "focal-br", "focal-ke", "focal-ps"]


def test_one_delegation_are_all_its_focal_points(session: MeetingSession) -> None:
    second = reader(session, "AT")
    assert names(session, "delegation:AT") == ["focal-at", second.username]


def test_a_regional_group_are_its_members(session: MeetingSession) -> None:
    assert names(session, "group:african") == ["focal-ke"]


def test_whoever_acts_for_two_delegations_is_told_once(session: MeetingSession) -> None:
    user = focal_point(session, "AT")
    user.memberships.create(delegation=Delegation.objects.get(session=session, code="KE"))
    assert [each.pk for each in recipients(session.chain, "delegations")].count(user.pk) == 1


def test_an_account_that_is_not_active_belongs_to_nothing(session: MeetingSession) -> None:
    user = focal_point(session, "AT")
    user.is_active = False
    user.save()
    assert names(session, "delegations") == ["focal-br", "focal-ke", "focal-ps"]


def test_inscribed_and_not_inscribed_follow_the_inscriptions_that_stand(session: MeetingSession) -> None:
    inscribed(session, "AT")
    withdraw(inscription=inscribed(session, "KE"), actor=COMMAND)
    assert names(session, "inscribed") == ["focal-at"]
    assert names(session, "not-inscribed") == ["focal-br", "focal-ke", "focal-ps"]


def test_whoever_speaks_for_its_group_alone_has_still_to_inscribe(session: MeetingSession) -> None:
    inscribed(session, "KE", statement="group")
    assert names(session, "inscribed") == ["focal-ke"]
    assert names(session, "not-inscribed") == ["focal-at", "focal-br", "focal-ke", "focal-ps"]


def test_organisers_of_a_scope_are_the_kinds_that_its_rule_names(session: MeetingSession) -> None:
    correct(session, "side-event-regular.organisers", ["observer_state"])
    assert names(session, "organisers:side-event-high-level") == ["focal-at", "focal-br", "focal-ke"]
    assert names(session, "organisers:side-event-regular") == ["focal-ps"]
    assert names(session, "organisers") == ["focal-at", "focal-br", "focal-ke", "focal-ps"]


def test_nobody_waits_before_the_draw(session: MeetingSession) -> None:
    inscribed(session, "AT")
    assert names(session, "waiting") == []


def test_waiting_are_those_on_the_waiting_lists_of_the_published_list() -> None:
    session, drawing = waiting_session()
    queues = {queue["group"]: queue["delegations"] for queue in published(drawing)["waiting"] if queue["delegations"]}
    for code in {code for queue in queues.values() for code in queue}:
        focal_point(session, code)
    group, codes = sorted(queues.items())[0]
    assert names(session, f"waiting:{group}") == sorted(f"focal-{code.lower()}" for code in codes)
    everybody = sorted(f"focal-{code.lower()}" for queue in queues.values() for code in queue)
    assert names(session, "waiting") == everybody


def test_the_secretariat_is_its_staff_and_no_delegation(session: MeetingSession) -> None:
    assert names(session, "secretariat") == ["officer"]


def test_another_sessions_focal_points_never_belong(session: MeetingSession, tmp_path: object) -> None:
    from cnd.models import Chain

    other = MeetingSession.objects.create(
        code="other", chain=Chain.objects.create(code="other"), names={"en": "Other"}, time_zone="Europe/Vienna"
    )
    Delegation.objects.create(session=other, code="XX", kind=Delegation.Kind.NGO, names={"en": "Other"})
    focal_point(other, "XX")
    assert "focal-xx" not in names(session, "delegations")
    assert names(other, "delegations") == ["focal-xx"]


def test_an_unknown_audience_is_refused(session: MeetingSession) -> None:
    with pytest.raises(KeyError):
        recipients(session.chain, "everybody")


# --- for the form of messages -----------------------------------------------------------------------------------------


def test_every_audience_offered_can_be_asked_who_it_is(session: MeetingSession) -> None:
    inscribed(session, "AT")
    draw_now(announce_now(session))
    offered = audiences_for_messages(session)
    assert len({value for value, _title in offered}) == len(offered)
    for value, title in offered[:20]:
        recipients(session.chain, value)
        assert title


def test_waiting_lists_are_offered_after_the_draw_only(session: MeetingSession) -> None:
    inscribed(session, "AT")
    before = [value for value, _title in audiences_for_messages(session)]
    draw_now(announce_now(session))
    after = [value for value, _title in audiences_for_messages(session)]
    waiting = ["waiting", *(f"waiting:{group.code}" for group in session.groups.order_by("code"))]
    assert [value for value in after if value not in before] == waiting


def test_titles_are_in_the_readers_language(session: MeetingSession) -> None:
    with translation.override("fr"):
        titles = dict(audiences_for_messages(session))
    assert titles["group:african"] == "Groupe des États d’Afrique"
    assert titles["delegation:AT"] == "Autriche"
