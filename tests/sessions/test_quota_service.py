"""Quotas: proposed from what is inscribed, confirmed or overridden by staff before the announcement (RULES 2)."""

from typing import Any

import pytest

from cnd.actors import COMMAND
from cnd.errors import Invalid, NotPermitted, Refused
from cnd.models import ResourceVersion
from sessions.models import MeetingSession
from sessions.services.announcements import withdraw_announcement
from sessions.services.inscriptions import withdraw
from sessions.services.quotas import confirm_quotas, confirmed_quotas, inscribed_by_group, proposed_quotas
from tests.sessions.kept import kept
from tests.sessions.scenes import (
    announce_now,
    as_focal_point,
    correct,
    count_entries,
    draw_now,
    inscribe_states,
    inscribed,
    last_entry,
    make_session,
)

pytestmark = pytest.mark.django_db

GROUPS = ["african", "asia_pacific", "eastern_european", "latin_american_caribbean", "western_european_others"]
FAIR = dict(zip(GROUPS, [32, 32, 14, 19, 17], strict=True))


loaded = kept(lambda: make_session().pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


def confirm(session: MeetingSession, quotas: dict[str, int], **more: Any) -> None:
    facts: dict[str, Any] = {"actor": COMMAND, "reason": "test"} | more
    confirm_quotas(debate=session.debate, quotas=quotas, **facts)


def test_proposal_counts_national_statements_that_stand(session: MeetingSession) -> None:
    inscribed(session, "AT")
    inscribed(session, "AT", statement="group")
    inscribed(session, "EU")
    withdraw(inscription=inscribed(session, "FR"), actor=COMMAND)
    assert inscribed_by_group(session.debate) == dict.fromkeys(GROUPS, 0) | {"western_european_others": 1}


def test_proposal_follows_the_number_of_slots_in_the_rule_book(session: MeetingSession) -> None:
    inscribe_states(session, 5)
    correct(session, "debate.slots", 10)
    assert proposed_quotas(session.debate) == dict.fromkeys(GROUPS, 2)


def test_nothing_is_confirmed_before_staff_confirm(session: MeetingSession) -> None:
    assert confirmed_quotas(session.debate) == {}


def test_proposal_is_confirmed_without_a_reason(session: MeetingSession) -> None:
    inscribe_states(session, 8)
    confirm(session, proposed_quotas(session.debate), reason="")
    assert confirmed_quotas(session.debate) == proposed_quotas(session.debate)


def test_another_division_is_confirmed_with_a_reason(session: MeetingSession) -> None:
    confirm(session, FAIR, reason="agreed by the bureau")
    assert (confirmed_quotas(session.debate), last_entry(session).reason) == (FAIR, "agreed by the bureau")


@pytest.mark.parametrize("reason", ["", " "])
def test_another_division_needs_a_reason(session: MeetingSession, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        confirm(session, FAIR, reason=reason)
    assert refused.value.code == "reason_missing"
    assert confirmed_quotas(session.debate) == {}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (-1, "The quotas sum to 113; there are 114 slots, so 1 are still to be given."),
        (3, "The quotas sum to 117; there are 114 slots, so 3 are too many."),
    ],
)
def test_another_sum_is_refused_in_words(session: MeetingSession, change: int, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        confirm(session, FAIR | {"african": 32 + change})
    assert (refused.value.code, str(refused.value)) == ("quotas_sum", sentence)


@pytest.mark.parametrize(
    "quotas", [{}, {"african": 114}, FAIR | {"martian": 0}, {code: FAIR[code] for code in GROUPS[1:]}]
)
def test_there_is_one_quota_for_each_group(session: MeetingSession, quotas: dict[str, int]) -> None:
    with pytest.raises(Invalid) as refused:
        confirm(session, quotas)
    assert refused.value.code == "groups_unfit"


def test_quota_below_zero_is_refused(session: MeetingSession) -> None:
    with pytest.raises(Invalid) as refused:
        confirm(session, FAIR | {"african": -1, "asia_pacific": 65})
    assert refused.value.code == "quota_negative"


def test_quota_of_nothing_is_taken(session: MeetingSession) -> None:
    confirm(session, FAIR | {"african": 0, "asia_pacific": 64})
    assert confirmed_quotas(session.debate)["african"] == 0


def test_same_quotas_again_write_no_entry(session: MeetingSession) -> None:
    confirm(session, FAIR)
    before = count_entries(session)
    confirm(session, FAIR, reason="")
    assert count_entries(session) == before


def test_confirmation_is_told_to_staff_only(session: MeetingSession) -> None:
    confirm(session, FAIR)
    assert last_entry(session).resources == [["quotas", ResourceVersion.STAFF]]


def test_entry_says_what_the_quotas_were_and_are(session: MeetingSession) -> None:
    confirm(session, FAIR)
    other = FAIR | {"african": 31, "asia_pacific": 33}
    confirm(session, other)
    assert last_entry(session).changes == [{"what": "quotas", "before": FAIR, "after": other}]


def test_only_staff_confirm(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        confirm(session, FAIR, actor=as_focal_point(session, "AT"))


def test_quotas_stand_as_announced(session: MeetingSession) -> None:
    inscribe_states(session, 5)
    announce_now(session)
    with pytest.raises(Refused) as refused:
        confirm(session, FAIR)
    assert refused.value.code == "announced"


def test_quotas_stand_as_drawn(session: MeetingSession) -> None:
    inscribe_states(session, 5)
    draw_now(announce_now(session))
    with pytest.raises(Refused) as refused:
        confirm(session, FAIR)
    assert refused.value.code == "announced"


def test_after_a_withdrawn_announcement_quotas_may_change(session: MeetingSession) -> None:
    inscribe_states(session, 5)
    withdraw_announcement(drawing=announce_now(session), reason="a mistake", actor=COMMAND)
    confirm(session, FAIR)
    assert confirmed_quotas(session.debate) == FAIR
