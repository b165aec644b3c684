"""What the secretariat decides: guidelines, preparing and announcing, merging; and carrying over (RULES 5)."""

import pytest
import time_machine

from cnd import journal
from cnd.errors import Invalid, NotPermitted, Refused
from cnd.models import Cause, PersonalDatum, ResourceVersion
from logistics.models import Application
from logistics.services.applications import application_of
from logistics.services.decisions import (
    accept_application,
    announce_decisions,
    check_guideline,
    merge_applications,
    prepare_decision,
    reject_application,
    request_correction,
    withdraw_prepared,
)
from logistics.services.queue import carry_over, confirm_promotion, reopen_application, withdraw_application
from logistics.services.submission import submit_application
from sessions.models import MeetingSession
from tests.logistics.windows import REGULAR_OPENING, again, kind_of, others, received, windowed
from tests.sessions.kept import kept
from tests.sessions.scenes import as_focal_point, as_officer, correct, count_entries, last_entry

pytestmark = pytest.mark.django_db

loaded = kept(lambda: _two_places().pk)


def _two_places() -> MeetingSession:
    session = windowed()
    correct(session, "side-event-high-level.places", 2)
    return session


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    """Return a session with two places in its high-level window."""
    return MeetingSession.objects.select_related("chain").get(pk=loaded)


# --- guidelines -------------------------------------------------------------------------------------------------------


def test_a_guideline_is_checked(session: MeetingSession) -> None:
    made = received(session)
    checked = check_guideline(
        application=made, item="No promotion of commercial products", is_met=False, actor=as_officer()
    )
    assert checked.checks == {"No promotion of commercial products": False}


def test_what_is_no_guideline_of_the_rule_book_is_refused(session: MeetingSession) -> None:
    with pytest.raises(Invalid):
        check_guideline(application=received(session), item="Beautiful", is_met=True, actor=as_officer())


def test_a_focal_point_decides_nothing(session: MeetingSession) -> None:
    made, own = received(session), as_focal_point(session, "AT")
    with pytest.raises(NotPermitted):
        accept_application(application=made, actor=own)
    with pytest.raises(NotPermitted):
        prepare_decision(application=made, decision="accept", actor=own)
    with pytest.raises(NotPermitted):
        announce_decisions(kind=made.kind, actor=own)
    assert again(made).state == "under_review"


# --- prepared, then announced -----------------------------------------------------------------------------------------


def test_what_is_prepared_has_no_effect_and_shows_nowhere(session: MeetingSession) -> None:
    made = received(session)
    own = ResourceVersion.objects.get(resource=f"application/{made.pk}")
    prepare_decision(application=made, decision="reject", reason="Promotes a product.", actor=as_officer())
    assert (again(made).state, again(made).place) == ("under_review", 1)
    assert ResourceVersion.objects.get(resource=f"application/{made.pk}").version == own.version
    assert withdraw_prepared(application=made, actor=as_officer()).prepared == ""


def test_all_prepared_decisions_are_announced_in_one_entry(session: MeetingSession) -> None:
    first, second, waiting = received(session, "AT"), received(session, "RO"), received(session, "KE")
    prepare_decision(application=first, decision="accept", actor=as_officer())
    prepare_decision(application=second, decision="reject", reason="Promotes a product.", actor=as_officer())
    entries = count_entries(session)
    decided = announce_decisions(kind=kind_of(session), actor=as_officer())
    assert [(each.pk, each.state) for each in decided] == [(first.pk, "accepted"), (second.pk, "rejected")]
    assert (again(waiting).state, again(waiting).place) == ("promoted", 2)
    assert count_entries(session) == entries + 1
    assert announce_decisions(kind=kind_of(session), actor=as_officer()) == []


def test_a_place_goes_to_nobody_who_is_rejected_in_the_same_breath(session: MeetingSession) -> None:
    first, _second = received(session, "AT"), received(session, "RO")
    waiting, behind = received(session, "KE"), received(session, "BR")
    for each in (first, waiting):
        prepare_decision(application=each, decision="reject", reason="Promotes a product.", actor=as_officer())
    announce_decisions(kind=kind_of(session), actor=as_officer())
    assert (again(waiting).state, again(behind).state) == ("rejected", "promoted")


def test_a_rejection_needs_a_reason(session: MeetingSession) -> None:
    with pytest.raises(Invalid):
        reject_application(application=received(session), reason=" ", actor=as_officer())


def test_one_who_waits_cannot_be_accepted_over_the_others(session: MeetingSession) -> None:
    others(session, 2)
    with pytest.raises(Refused) as refusal:
        accept_application(application=received(session), actor=as_officer())
    assert refusal.value.code == "wrong_state"


def test_reminders_of_a_deadline_go_with_it(session: MeetingSession) -> None:
    asked = request_correction(application=received(session), text="Which Minister?", actor=as_officer())
    reminders = Cause.objects.filter(kind="application_reminder", key__startswith=f"application:{asked.pk}:")
    assert sorted(each.state for each in reminders) == ["waiting", "waiting"]  # a day and three hours before
    accept_application(application=asked, actor=as_officer())
    assert sorted(each.state for each in reminders.all()) == ["cancelled", "cancelled"]


# --- merging ----------------------------------------------------------------------------------------------------------


def test_a_merge_keeps_the_earlier_receipt_and_the_stronger_state(session: MeetingSession) -> None:
    correct(session, "side-event-high-level.places", 1)
    held = received(session, "RO")
    early, late = received(session, "AT"), received(session, "BR")
    withdraw_application(application=held, actor=as_officer())
    assert confirm_promotion(application=again(early), actor=as_officer()).place == 1
    kept_one = merge_applications(first=again(late), second=again(early), actor=as_officer(), reason="One subject.")
    assert (kept_one.pk, kept_one.receipt_number, kept_one.state, kept_one.place) == (early.pk, 2, "under_review", 1)
    assert (again(late).state, again(late).merged_into_id) == ("merged", early.pk)
    assert "BR" in [each.delegation.code for each in kept_one.cosponsors.all() if each.delegation]


def test_the_place_of_the_later_one_goes_to_the_earlier_receipt(session: MeetingSession) -> None:
    first, _second = received(session, "RO"), received(session, "BR")
    waiting = received(session, "AT")
    # Reopened while another waits, the earlier receipt waits and the later one holds a place.
    reject_application(application=first, actor=as_officer(), reason="Promotes a product.")
    confirm_promotion(application=again(waiting), actor=as_officer())
    behind = received(session, "FR")
    reopened = reopen_application(application=again(first), actor=as_officer(), reason="It was a mistake.")
    assert reopened.state == "waiting"
    kept_one = merge_applications(first=reopened, second=again(waiting), actor=as_officer(), reason="One subject.")
    assert (kept_one.pk, kept_one.state, kept_one.place) == (first.pk, "under_review", 1)
    assert again(behind).state == "waiting"  # only one place was held: none becomes free


def test_a_merge_of_two_that_hold_frees_a_place(session: MeetingSession) -> None:
    first, second, waiting = received(session, "RO"), received(session, "BR"), received(session, "AT")
    accept_application(application=second, actor=as_officer())
    kept_one = merge_applications(first=first, second=again(second), actor=as_officer(), reason="One subject.")
    assert (kept_one.pk, kept_one.state, kept_one.place) == (first.pk, "accepted", 1)
    assert (again(waiting).state, again(waiting).place) == ("promoted", 2)
    same = merge_applications(first=again(first), second=again(second), actor=as_officer(), reason="One subject.")
    assert same.pk == first.pk
    assert journal.verify(session.chain) > 0


# --- carrying over ----------------------------------------------------------------------------------------------------


def test_a_rejected_one_is_carried_over_as_a_draft_before_that_window(session: MeetingSession) -> None:
    rejected = reject_application(application=received(session), actor=as_officer(), reason="Promotes a product.")
    made = carry_over(application=rejected, actor=as_focal_point(session, "AT"))
    assert (made.kind.code, made.state, made.title, made.wished_times) == ("regular", "draft", rejected.title, [])
    assert carry_over(application=again(rejected), actor=as_focal_point(session, "AT")).pk == made.pk


def test_in_the_window_it_is_received_in_the_same_step(session: MeetingSession) -> None:
    others(session, 2)
    waiting, own = received(session), as_focal_point(session, "AT")
    with time_machine.travel(session.chain.to_real(REGULAR_OPENING)):
        made = carry_over(application=waiting, actor=own)
    assert (made.state, made.receipt_number, made.place) == ("under_review", 1, 1)
    assert again(waiting).state == "withdrawn"
    assert last_entry(session).action == "carry_over"


def test_who_waits_goes_on_waiting_until_the_draft_is_received(session: MeetingSession) -> None:
    others(session, 2)
    waiting, own = received(session), as_focal_point(session, "AT")
    made = carry_over(application=waiting, actor=own)
    assert (made.state, again(waiting).state) == ("draft", "waiting")
    with time_machine.travel(session.chain.to_real(REGULAR_OPENING)):
        submit_application(application=application_of(made.pk), actor=own)
    assert (again(made).state, again(waiting).state) == ("under_review", "withdrawn")


def test_what_holds_a_place_is_not_carried_over(session: MeetingSession) -> None:
    with pytest.raises(Refused) as refusal:
        carry_over(application=received(session), actor=as_officer())
    assert refusal.value.code == "cannot_carry_over"


# --- persons ----------------------------------------------------------------------------------------------------------


def test_a_person_can_be_erased_and_everything_still_verifies(session: MeetingSession) -> None:
    made = received(session)
    sha256 = made.content_sha256
    assert made.contact
    journal.erase_personal(datum=made.contact, actor=as_officer(), reason="asked for")
    erased = application_of(made.pk)
    assert PersonalDatum.objects.get(pk=made.contact.pk).value is None
    assert (erased.content_sha256, erased.revisions.get().content_sha256) == (sha256, sha256)
    assert [f"application/{made.pk}", "delegation:AT"] in last_entry(session).resources
    assert journal.verify(session.chain) > 0
    assert Application.objects.get(pk=made.pk).state == "under_review"
