"""What the secretariat does for an organiser: attach a flyer or take it away, carry an application over."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cnd.actors import COMMAND
from cnd.models import JournalEntry
from logistics.models import Application
from logistics.services.carrying import carry_over
from logistics.services.decisions import reject_application
from logistics.services.drafts import attach_flyer, discard_draft
from logistics.services.queue import withdraw_application
from sessions.models import MeetingSession
from tests.logistics.pages import organiser, own, secretariat, staff
from tests.logistics.sent import PDF
from tests.logistics.windows import IN_WINDOW, again, drafted, others, received, windowed
from tests.sessions.public_pages import text_of
from tests.sessions.scenes import as_officer, correct
from tests.sessions.staff_pages import hidden, told

pytestmark = pytest.mark.django_db

State = Application.State
REASON = "Asked for by telephone."


def file(content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile("flyer.pdf", content)


def last_entry() -> Any:
    return JournalEntry.objects.filter(chain__code="cnd67").latest("number")


def rejected(session: MeetingSession) -> Application:
    return reject_application(application=received(session), reason="Off the theme.", actor=as_officer())


def acts(client: Client, application: Application) -> list[str]:
    """Return what the page of an application says can be done."""
    return [each.title for each in client.get(staff("", application)).context["acts"]]


def confirmed(client: Client, page: str, **typed: str) -> Any:
    return client.post(page, {"seen": hidden(client.get(page), "seen"), **typed})


# --- flyers -----------------------------------------------------------------------------------------------------------


def test_a_flyer_of_a_draft_is_attached_and_taken_away_for_the_organiser() -> None:
    draft = drafted(windowed())
    client, change = secretariat(), staff("-flyer-change", draft)
    page = client.get(staff("", draft))
    assert f'action="{change}"' in page.content.decode()
    assert "Remove the flyer" not in text_of(page)
    attached = client.post(change, {"flyer": file()})
    assert (attached.url, told(attached)) == (staff("", draft), ["The flyer is attached."])  # type: ignore[attr-defined]
    assert client.get(staff("-flyer", draft)).content == PDF
    assert "Remove the flyer" in text_of(client.get(staff("", draft)))
    assert told(client.post(change, {"step": "remove"}))[-1] == "The flyer is removed."
    assert again(draft).flyer_id is None


def test_a_flyer_of_what_was_received_is_touched_with_a_reason_only() -> None:
    application = received(windowed())
    client, change = secretariat(), staff("-flyer-change", application)
    assert list(client.get(staff("", application)).context["flyer_form"].fields) == ["flyer", "reason"]
    bare = client.post(change, {"flyer": file()})
    assert (bare.status_code, list(bare.context["flyer_form"].errors)) == (422, ["reason"])
    assert client.post(change, {"flyer": file(), "reason": REASON}).status_code == 302
    assert (last_entry().action, last_entry().reason) == ("edit_flyer", REASON)
    assert client.post(change, {"step": "remove"}).status_code == 422
    assert again(application).flyer_id
    assert client.post(change, {"step": "remove", "reason": "The wrong one."}).status_code == 302
    assert (again(application).flyer_id, last_entry().reason) == (None, "The wrong one.")
    assert [each.fields for each in application.revisions.order_by("number")] == [[], ["flyer"], ["flyer"]]


def test_what_is_no_flyer_is_refused_beside_the_field() -> None:
    application = received(windowed())
    sent = {"flyer": file(b"%PDF-1.7 cut off"), "reason": REASON}
    answer = secretariat().post(staff("-flyer-change", application), sent)
    assert answer.status_code == 422
    assert "none of these" in answer.context["flyer_form"].errors["flyer"][0]
    assert 'aria-invalid="true"' in answer.content.decode()


def test_a_flyer_is_not_offered_where_the_application_no_longer_stands() -> None:
    application = received(windowed())
    withdraw_application(application=application, actor=COMMAND)
    page = secretariat().get(staff("", application))
    assert staff("-flyer-change", application) not in page.content.decode()


def test_the_organiser_is_not_asked_why() -> None:
    application = received(windowed())
    client = organiser(application.kind.session)
    assert list(client.get(own("", application)).context["flyer_form"].fields) == ["flyer"]
    assert client.post(own("-flyer-change", application), {"flyer": file()}).status_code == 302


# --- carrying over ----------------------------------------------------------------------------------------------------


def test_what_was_rejected_becomes_a_draft_with_its_flyer_for_the_organiser() -> None:
    session = windowed()
    application = received(session)
    attach_flyer(application=application, name="flyer.pdf", content=PDF, actor=COMMAND, reason="Given on paper.")
    application = reject_application(application=application, reason="Off the theme.", actor=as_officer())
    client, page = secretariat(), staff("-carry-over", application)
    assert "Carry over for the organiser" in acts(client, application)
    assert client.get(page).context["losses"] == [
        "It becomes a draft of: Side event, to be submitted in its window.",
        "Wished and impossible times on other days are left out.",
    ]
    answer = confirmed(client, page, reason=REASON)
    made = Application.objects.get(carried_from=application)
    assert answer.url == staff("", made)
    assert told(answer) == ["It is a draft of “Side event” now; nothing is submitted yet."]
    assert (made.state, made.organiser.code, made.flyer_id) == (State.DRAFT, "AT", again(application).flyer_id)
    assert (last_entry().action, last_entry().reason) == ("carry_over", REASON)


def test_what_waits_says_what_it_gives_up_and_gives_it_up() -> None:
    session = windowed()
    correct(session, "side-event-high-level.places", 1)
    correct(session, "side-event-regular.applications_open", IN_WINDOW.replace(hour=1))
    others(session, 1)
    waiting = received(session)
    assert waiting.state == State.WAITING
    client, page = secretariat(), staff("-carry-over", waiting)
    assert "This gives up its position on the waiting list." in client.get(page).context["losses"]
    answer = confirmed(client, page, reason=REASON)
    made = Application.objects.get(carried_from=waiting)
    assert told(answer) == ["It is received as “Side event”, under receipt 1."]
    assert (made.state, again(waiting).state) == (State.UNDER_REVIEW, State.WITHDRAWN)


def test_carrying_over_for_the_organiser_needs_a_reason() -> None:
    application = rejected(windowed())
    client, page = secretariat(), staff("-carry-over", application)
    answer = confirmed(client, page, reason=" ")
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["reason"])
    assert not Application.objects.filter(carried_from=application).exists()


def test_what_it_does_is_read_again_where_it_has_changed_since() -> None:
    application = rejected(windowed())
    client, page = secretariat(), staff("-carry-over", application)
    seen = hidden(client.get(page), "seen")
    correct(application.kind.session, "side-event-regular.applications_open", IN_WINDOW.replace(hour=1))
    answer = client.post(page, {"seen": seen, "reason": REASON})
    assert answer.status_code == 409
    assert "This has changed since you opened the page." in text_of(answer)
    assert not Application.objects.filter(carried_from=application).exists()


def test_a_second_click_says_as_what_it_was_carried_over() -> None:
    application = rejected(windowed())
    client, page = secretariat(), staff("-carry-over", application)
    seen = hidden(client.get(page), "seen")
    client.post(page, {"seen": seen, "reason": REASON})
    made, entries = Application.objects.get(carried_from=application), JournalEntry.objects.count()
    answers = [client.post(page, {"seen": seen, "reason": REASON}), client.get(page)]
    assert [each.url for each in answers] == [staff("", application)] * 2  # type: ignore[attr-defined]
    assert told(answers[-1])[-1] == f"It was carried over already, as {made.reference}."
    assert JournalEntry.objects.count() == entries
    assert "Carry over for the organiser" not in acts(client, application)


def test_either_page_leads_to_the_other() -> None:
    application = rejected(windowed())
    client = secretariat()
    assert "Carried over" not in text_of(client.get(staff("", application)))
    made = carry_over(application=application, actor=as_officer(), reason=REASON)
    assert f'Carried over as <a href="{staff("", made)}"' in client.get(staff("", application)).content.decode()
    assert f'Carried over from <a href="{staff("", application)}"' in client.get(staff("", made)).content.decode()
    discard_draft(application=made, actor=as_officer())
    assert "Carried over" not in text_of(client.get(staff("", application)))
    assert "Carry over for the organiser" in acts(client, application)


def test_what_is_neither_rejected_nor_waiting_is_not_carried_over() -> None:
    application = received(windowed())
    client, page = secretariat(), staff("-carry-over", application)
    assert "Carry over for the organiser" not in acts(client, application)
    answer = client.get(page)
    assert answer.url == staff("", application)  # type: ignore[attr-defined]
    assert told(answer) == ["Only what was rejected or is waiting is carried over."]
    client.post(page, {"seen": "", "reason": REASON})
    assert not Application.objects.filter(carried_from=application).exists()


def test_an_organiser_that_may_not_apply_there_is_not_offered_it() -> None:
    application = rejected(windowed())
    correct(application.kind.session, "side-event-regular.organisers", ["ngo"])
    client = secretariat()
    assert "Carry over for the organiser" not in acts(client, application)
    answer = confirmed(client, staff("-carry-over", application), reason=REASON)
    assert answer.status_code == 403
    assert not Application.objects.filter(carried_from=application).exists()
