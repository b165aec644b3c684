"""The drawing as staff see it: previewed, announced, withdrawn, sealed, annulled by two."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client, override_settings

from cnd.models import Checkpoint, JournalEntry
from sessions.models import Drawing, Inscription, MeetingSession, Slot
from sessions.services.draw import ask_annulment, drop_annulment
from sessions.services.inscriptions import inscribe, withdraw
from sessions.services.quotas import confirm_quotas, proposed_quotas
from sessions.services.rules import correct_rule
from tests.sessions.scenes import (
    DAY_OF_QUOTAS,
    announce_now,
    as_officer,
    draw_now,
    drawn_session,
    inscribe_states,
    make_session,
    officer,
)
from tests.sessions.staff_pages import hidden, last_entry, signed_in, text_of, told, url

pytestmark = pytest.mark.django_db

SOON = {"when": "in_1", "has_rehearsal_seed": "on"}


@pytest.fixture
def session() -> MeetingSession:
    """A session in which everything is there for an announcement."""
    session = make_session()
    inscribe_states(session, 20)
    confirm_quotas(debate=session.debate, quotas=proposed_quotas(session.debate), actor=as_officer())
    return session


def preview(client: Client, **given: Any) -> Any:
    return client.post(url("staff-draw-announce"), SOON | given | {"step": "preview"})


def announce(client: Client, frozen: str, **given: Any) -> Any:
    return client.post(url("staff-draw-announce"), SOON | given | {"step": "announce", "frozen": frozen})


# --- what has to be there first ---------------------------------------------------------------------------------------


def test_page_says_what_has_to_be_there_first() -> None:
    session = make_session()
    client = signed_in()
    before = client.get(url("staff-draw"))
    inscribe_states(session, 5)
    confirm_quotas(debate=session.debate, quotas=proposed_quotas(session.debate), actor=as_officer())
    after = client.get(url("staff-draw"))

    assert (before.context["is_ready"], after.context["is_ready"]) == (False, True)
    assert "must sum to 114" in text_of(before)


def test_without_quotas_the_announcement_is_refused_in_words() -> None:
    inscribe_states(make_session(), 5)

    response = preview(signed_in())

    assert response.status_code == 409
    assert response.context["form"].non_field_errors() == ["Confirm the quotas first; they must sum to 114."]


# --- announcing -------------------------------------------------------------------------------------------------------


def test_a_preview_shows_what_will_be_frozen_and_leaves_nothing(session: MeetingSession) -> None:
    entries = JournalEntry.objects.count()

    response = preview(signed_in())

    assert len(response.context["announcement"]["roster"]) == 20
    assert (Drawing.objects.count(), JournalEntry.objects.count(), Checkpoint.objects.count()) == (0, entries, 0)


def test_what_was_previewed_is_announced(session: MeetingSession) -> None:
    client = signed_in()

    response = announce(client, hidden(preview(client), "frozen"))

    drawing = Drawing.objects.get()
    assert (response["Location"], drawing.state, drawing.attempt) == (url("staff-draw"), "announced", 1)
    assert last_entry().actor == f"user:{officer().pk}"
    assert drawing.announcement_sha256[:8] in text_of(client.get(url("staff-draw")))


def test_in_a_minute_is_counted_from_the_pressing_of_the_button(session: MeetingSession) -> None:
    client = signed_in()
    frozen = hidden(preview(client), "frozen")
    with time_machine.travel(session.chain.to_real(DAY_OF_QUOTAS) + timedelta(hours=3), tick=False):
        announce(client, frozen)

        drawing = Drawing.objects.get()
        assert session.chain.to_session(drawing.draw_at) - session.chain.now() == timedelta(minutes=1)


def test_another_moment_is_local_to_the_meeting(session: MeetingSession) -> None:
    client = signed_in()
    given = {"when": "other", "draw_at": "2024-02-29 15:30", "has_drand": "on", "has_rehearsal_seed": ""}

    announce(client, hidden(preview(client, **given), "frozen"), **given)

    assert Drawing.objects.get().announcement["draw_at_session"] == "2024-02-29T14:30:00.000000Z"


def test_a_roster_changed_since_the_preview_is_not_announced_unseen(session: MeetingSession) -> None:
    client = signed_in()
    frozen = hidden(preview(client), "frozen")
    withdraw(inscription=Inscription.objects.all()[0], actor=as_officer("other"))

    refused = announce(client, frozen)
    left = Drawing.objects.count()
    announce(client, hidden(refused, "frozen"))

    assert (refused.status_code, left) == (409, 0)
    assert "have changed since the preview" in text_of(refused)
    assert len(Drawing.objects.get().announcement["roster"]) == 19


def test_announcing_twice_announces_once(session: MeetingSession) -> None:
    client = signed_in()
    frozen = hidden(preview(client), "frozen")
    announce(client, frozen)

    response = announce(client, frozen)

    assert (Drawing.objects.count(), response["Location"]) == (1, url("staff-draw"))
    assert told(response)[-1] == "A drawing is announced already, as attempt 1."


def test_drand_too_soon_is_refused_beside_the_moment(session: MeetingSession) -> None:
    response = preview(signed_in(), has_drand="on")

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["draw_at"]


def test_a_moment_that_is_past_is_refused_beside_its_field(session: MeetingSession) -> None:
    response = preview(signed_in(), when="other", draw_at="2024-02-01 10:00")

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["draw_at"])


@pytest.mark.parametrize("moment", ["", "tomorrow", "2024-03-31 02:30"])
def test_a_moment_that_is_none_is_refused_beside_its_field(session: MeetingSession, moment: str) -> None:
    response = preview(signed_in(), when="other", draw_at=moment)

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["draw_at"])


def test_numbers_are_announced_with_their_format(session: MeetingSession) -> None:
    client = signed_in()
    given = {"has_numbers": "on", "title": "Lotto", "count": 6, "minimum": 1, "maximum": 45}
    incomplete = preview(client, has_numbers="on", title="Lotto")
    impossible = preview(client, **given | {"count": 46})

    announce(client, hidden(preview(client, **given), "frozen"), **given)

    assert list(incomplete.context["form"].errors) == ["count", "minimum", "maximum"]
    assert list(impossible.context["form"].errors) == ["count"]
    [source] = [each for each in Drawing.objects.get().announcement["sources"] if each["kind"] == "numbers"]
    assert (source["count"], source["maximum"], source["distinct"], source["ordered"]) == (6, 45, True, False)


def test_without_any_source_it_is_refused_in_words(session: MeetingSession) -> None:
    response = preview(signed_in(), has_rehearsal_seed="")

    assert response.status_code == 409
    assert "requires a round of drand" in text_of(response)


def test_in_production_no_seed_is_offered(session: MeetingSession) -> None:
    with override_settings(IS_PRODUCTION=True):
        form = signed_in().get(url("staff-draw-announce")).context["form"]

    assert "has_rehearsal_seed" not in form.fields


def test_in_earnest_nothing_is_offered_in_a_minute() -> None:
    make_session(at=None)

    form = signed_in().get(url("staff-draw-announce")).context["form"]

    assert [choice for choice, _ in form.fields["when"].choices] == ["other"]


def test_something_can_be_changed_after_the_preview(session: MeetingSession) -> None:
    response = signed_in().post(url("staff-draw-announce"), SOON | {"step": "change"})

    assert response.status_code == 200
    assert response.context["form"]["when"].value() == "in_1"
    assert not Drawing.objects.exists()


# --- until it is drawn ------------------------------------------------------------------------------------------------


def test_changes_after_the_announcement_are_shown_with_who_made_them(session: MeetingSession) -> None:
    announce_now(session)
    withdraw(inscription=Inscription.objects.get(receipt_number=1), actor=as_officer("other"))
    sweden = session.delegations.get(code="SE")
    inscribe(debate=session.debate, delegation=sweden, level="ministerial", actor=as_officer(), reason="late")

    events = signed_in().get(url("staff-draw")).context["events"]

    withdrawn = Inscription.objects.get(receipt_number=1).delegation.name
    assert [(each.sentence, each.who) for each in events] == [
        (f"{withdrawn} withdrew.", "Conference other (other)"),
        ("Sweden was inscribed late; level: Ministerial.", "Conference officer (officer)"),
    ]


def test_announcement_is_withdrawn_with_a_public_reason(session: MeetingSession) -> None:
    announce_now(session)
    client = signed_in()
    without = client.post(url("staff-draw-withdraw", 1), {"reason": " "})

    client.post(url("staff-draw-withdraw", 1), {"reason": "the hall is flooded"})

    drawing = Drawing.objects.get()
    assert (without.status_code, list(without.context["form"].errors)) == (422, ["reason"])
    assert (drawing.state, drawing.end_reason) == ("withdrawn", "the hall is flooded")
    assert "the hall is flooded" in text_of(client.get(url("staff-draw")))


def test_once_sealed_the_withdrawal_is_refused_and_not_even_offered(session: MeetingSession) -> None:
    drawing = announce_now(session)
    with time_machine.travel(drawing.seals_at + timedelta(seconds=1)):
        client = signed_in()
        page = client.get(url("staff-draw"))
        response = client.post(url("staff-draw-withdraw", 1), {"reason": "too late"})

    assert "nobody can withdraw, delay or repeat" in text_of(page)
    assert url("staff-draw-withdraw", 1) not in page.content.decode()
    assert told(response) == ["The drawing is sealed; it can no longer be withdrawn."]
    assert Drawing.objects.get().state == "announced"


def test_a_page_that_waits_is_loaded_anew_once_it_is_no_longer_true(session: MeetingSession) -> None:
    drawing = announce_now(session)
    client = signed_in()
    asking = {"HX-Request": "true"}
    with time_machine.travel(drawing.seals_at + timedelta(seconds=1)):
        seen = client.get(url("staff-draw")).context["progress"]
        before = client.get(url("staff-draw"), {"seen": seen}, headers=asking)
    draw_now(drawing)
    after = client.get(url("staff-draw"), {"seen": seen}, headers=asking)

    assert (before.status_code, before.get("HX-Refresh"), after.get("HX-Refresh")) == (204, None, "true")


def test_looking_for_due_work_asks_the_worker(
    session: MeetingSession, no_messages: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("celery.current_app.send_task", lambda name, **_: sent.append(name))
    announce_now(session)

    with django_capture_on_commit_callbacks(execute=True):
        response = signed_in().post(url("staff-draw-look"))

    assert (sent, response["Location"]) == (["cnd.sweep"], url("staff-draw"))


# --- annulment --------------------------------------------------------------------------------------------------------


def test_annulment_takes_two_people_and_a_reason() -> None:
    drawn_session(5)
    first, second = signed_in(), signed_in(officer("other"))
    first.post(url("staff-draw-annul", 1), {"reason": "the roster was wrong"})
    first.post(url("staff-draw-agree", 1), {"read": "the roster was wrong"})
    state_after_one = Drawing.objects.get().state
    page = second.get(url("staff-draw-agree", 1))

    second.post(url("staff-draw-agree", 1), {"read": hidden(page, "read")})

    drawing = Drawing.objects.get()
    assert (state_after_one, drawing.state, drawing.end_reason) == ("drawn", "annulled", "the roster was wrong")
    assert not Slot.objects.exclude(status="undrawn").exists()


def test_who_asked_is_not_offered_to_agree() -> None:
    _session, drawing = drawn_session(5)
    ask_annulment(drawing=drawing, reason="the roster was wrong", actor=as_officer())
    client = signed_in()

    assert client.get(url("staff-draw-agree", 1))["Location"] == url("staff-draw")
    assert url("staff-draw-agree", 1) not in client.get(url("staff-draw")).content.decode()


def test_agreeing_to_another_reason_than_was_read_annuls_nothing() -> None:
    _session, drawing = drawn_session(5)
    ask_annulment(drawing=drawing, reason="one reason", actor=as_officer())
    drop_annulment(drawing=drawing, actor=as_officer())
    ask_annulment(drawing=drawing, reason="another reason", actor=as_officer())

    response = signed_in(officer("other")).post(url("staff-draw-agree", 1), {"read": "one reason"})

    assert told(response) == ["What is asked for has changed while you were looking."]
    assert Drawing.objects.get().state == "drawn"


def test_the_result_can_be_kept_instead() -> None:
    _session, drawing = drawn_session(5)
    ask_annulment(drawing=drawing, reason="the roster was wrong", actor=as_officer())

    signed_in(officer("other")).post(url("staff-draw-keep", 1))

    assert Drawing.objects.get().annulment_asked_by is None


def test_after_an_annulment_the_next_drawing_is_the_second() -> None:
    session, _drawing = drawn_session(5)
    signed_in().post(url("staff-draw-annul", 1), {"reason": "the roster was wrong"})
    client = signed_in(officer("other"))
    client.post(url("staff-draw-agree", 1), {"read": "the roster was wrong"})

    announcement = preview(client).context["announcement"]

    assert (announcement["attempt"], announcement["previous"]["reason"]) == (2, "the roster was wrong")
    assert not Drawing.objects.filter(debate=session.debate, attempt=2).exists()


@pytest.mark.parametrize("step", ["staff-draw-annul", "staff-draw-agree", "staff-draw-numbers", "staff-draw-withdraw"])
def test_a_step_that_is_not_possible_now_shows_how_the_drawing_stands(session: MeetingSession, step: str) -> None:
    drawing = announce_now(session)
    if step in {"staff-draw-numbers", "staff-draw-withdraw"}:
        draw_now(drawing)

    assert signed_in().get(url(step, 1))["Location"] == url("staff-draw")


def test_a_rule_that_was_frozen_can_still_be_read(session: MeetingSession) -> None:
    rule = session.rules.get(scope="draw", key="rehearsal_lead")
    correct_rule(rule=rule, value=3600, reason="slower", actor=as_officer())

    assert "draw_at" in preview(signed_in()).context["form"].errors
