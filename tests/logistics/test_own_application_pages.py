"""A delegation's pages of its applications: who may open them, what they say, what is confirmed on them."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cnd import clock
from cnd.actors import COMMAND
from logistics.models import Application
from logistics.services.decisions import reject_application, request_correction
from logistics.services.drafts import attach_flyer, edit_application
from logistics.services.queue import withdraw_application
from tests.logistics.pages import address, browser_of, filled, organiser, own
from tests.logistics.sent import PDF
from tests.logistics.windows import IN_WINDOW, OPENING, again, drafted, others, received, windowed
from tests.sessions.public_pages import queries, section, text_of
from tests.sessions.scenes import as_officer, focal_point, officer
from tests.sessions.staff_pages import hidden, told

pytestmark = pytest.mark.django_db

State = Application.State
PAGES = ("", "-edit", "-receipt", "-flyer", "-confirm", "-answer", "-withdraw", "-carry-over", "-discard")
POSTED = ("-edit", "-submit", "-flyer-change", "-confirm", "-answer", "-withdraw", "-carry-over", "-discard")


# --- who may open them ------------------------------------------------------------------------------------------------


def test_nobody_else_opens_or_changes_an_application() -> None:
    application = received(windowed(), "AT")
    foreign = organiser(application.kind.session, "KE")
    mine = [own(name, application) for name in PAGES]
    # The same application below one's own delegation is none of theirs either.
    theirs = [each.replace("/AT/", "/KE/") for each in mine]
    assert {foreign.get(each).status_code for each in [*mine, *theirs]} == {404}
    assert {foreign.post(own(name, application)).status_code for name in POSTED} == {404}
    assert again(application).state == State.UNDER_REVIEW


def test_whoever_is_not_signed_in_is_sent_to_sign_in() -> None:
    application = received(windowed(), "AT")
    for name in PAGES:
        assert Client().get(own(name, application)).url.startswith("/sign-in/")  # type: ignore[attr-defined]
    assert Client().post(own("-submit", application)).url.startswith("/sign-in/")  # type: ignore[attr-defined]


def test_the_secretariat_has_pages_of_its_own() -> None:
    application = received(windowed(), "AT")
    assert browser_of(officer()).get(own("", application)).status_code == 404


def test_an_observer_is_told_that_it_cannot_apply_for_a_high_level_event() -> None:
    session = windowed()
    observer = session.delegations.exclude(kind="member_state").order_by("code")[0]
    client = organiser(session, observer.code)
    page = client.get(address("own-side-events", observer.code))
    assert "cannot apply for this kind of side event; it can be named as a co-sponsor" in text_of(page)
    assert client.get(address("own-side-event-new", observer.code, "high-level")).status_code == 404


# --- writing a draft --------------------------------------------------------------------------------------------------


def test_a_draft_is_written_in_the_form_and_says_what_is_missing() -> None:
    session = windowed()
    client, page = organiser(session), address("own-side-event-new", "AT", "high-level")
    sent = filled(client.get(page)) | {
        "title": "Prevention that works",
        "form": "hybrid",
        "equipment": ["projector", "microphones"],
        "cosponsors-0-name": "kenya",
        "cosponsors-1-name": "Youth Network",
        "cosponsors-1-kind": "ngo",
        "speakers-0-name": "Berta Example",
        "wished_times-0-day": "2024-03-14",
        "wished_times-0-begins": "13:30",
        "wished_times-0-ends": "15",
        "contact_name": "Anna Example",
        "contact_email": "anna@mission.example",
    }
    answer = client.post(page, sent)
    made = Application.objects.get()
    assert answer.url == own("", made)  # type: ignore[attr-defined]
    assert (made.title, made.form, made.equipment) == ("Prevention that works", "hybrid", ["microphones", "projector"])
    assert made.wished_times == [["2024-03-14T12:30:00.000000Z", "2024-03-14T14:00:00.000000Z"]]
    assert [(str(each.delegation or ""), each.name, each.kind) for each in made.cosponsors.all()] == [
        ("KE", "", "member_state"),
        ("", "Youth Network", "ngo"),
    ]
    assert made.contact is not None
    assert made.contact.value == {"name": "Anna Example", "email": "anna@mission.example", "phone": ""}
    assert "4 things are missing" in section(client.get(own("", made)), "What to do next")


def test_a_second_click_begins_no_second_draft() -> None:
    session = windowed()
    client, page = organiser(session), address("own-side-event-new", "AT", "high-level")
    sent = filled(client.get(page), title="Prevention that works")
    first, second = client.post(page, sent), client.post(page, sent)
    assert first.url == second.url  # type: ignore[attr-defined]
    assert Application.objects.count() == 1


def test_every_fault_is_said_beside_its_field_and_nothing_typed_is_lost() -> None:
    draft = drafted(windowed())
    client, page = organiser(draft.kind.session), own("-edit", draft)
    sent = filled(client.get(page)) | {
        "title": "Another title",
        "contact_email": "no address",
        "length_min": "47",
        "cosponsors-2-name": "Nobody knows",
        "wished_times-1-day": "2024-03-14",
        "wished_times-1-begins": "15:02",
        "wished_times-1-ends": "14:00",
    }
    answer = client.post(page, sent)
    assert answer.status_code == 422
    forms = answer.context["forms"]
    assert set(forms.main.errors) == {"contact_email", "length_min"}
    assert {field.html_name for field in forms.faulty()} == {"cosponsors-2-kind", "wished_times-1-begins"}
    assert forms.main["title"].value() == "Another title"
    assert again(draft).title == "Prevention that works"


def test_more_rows_are_given_without_saving_or_blaming() -> None:
    draft = drafted(windowed())
    client, page = organiser(draft.kind.session), own("-edit", draft)
    answer = client.post(page, filled(client.get(page), more="speakers", contact_email="not yet"))
    assert answer.status_code == 200
    assert len(answer.context["forms"].sets["speakers"].forms) == 5
    assert not answer.context["forms"].has_errors
    assert answer.context["forms"].main["contact_email"].value() == "not yet"


def test_what_is_missing_is_said_while_typing_and_nothing_is_saved() -> None:
    draft = drafted(windowed())
    client, page = organiser(draft.kind.session), own("-edit", draft)
    sent = filled(client.get(page), missing="1", title="", **{"speakers-0-name": "", "speakers-0-title": ""})
    answer = client.post(page, sent, headers={"HX-Request": "true"})
    assert text_of(answer) == "2 things are missing: Give the event a title. Name at least one speaker."
    assert again(draft).title == "Prevention that works"


def test_a_stale_form_is_refused_once_and_says_so() -> None:
    draft = drafted(windowed())
    client, page = organiser(draft.kind.session), own("-edit", draft)
    sent = filled(client.get(page), title="Mine")
    edit_application(application=draft, content={"title": "A colleague’s"}, actor=COMMAND)
    answer = client.post(page, sent)
    assert answer.status_code == 412
    assert "This was changed since you read it." in text_of(answer)
    assert again(draft).title == "A colleague’s"
    assert client.post(page, filled(answer)).status_code == 302
    assert again(draft).title == "Mine"


def test_after_the_receipt_only_small_edits_are_offered_and_read() -> None:
    application = received(windowed())
    client, page = organiser(application.kind.session), own("-edit", application)
    form = client.get(page)
    assert set(form.context["forms"].sets) == {"speakers", "wished_times"}
    assert "title" not in form.context["forms"].main.fields
    client.post(page, filled(form, title="Quite another", technical_needs="A lectern"))
    application = again(application)
    assert (application.title, application.technical_needs) == ("Prevention that works", "A lectern")
    assert list(application.revisions.values_list("fields", flat=True)) == [[], ["technical_needs"]]


# --- the moment that counts -------------------------------------------------------------------------------------------


def test_a_complete_draft_counts_down_to_the_opening() -> None:
    draft = drafted(windowed(OPENING - timedelta(days=3, hours=4, minutes=12)))
    page = organiser(draft.kind.session).get(own("", draft))
    assert "What to do next Ready; opens in 3 days 04:1" in section(page, "What to do next")
    assert 'data-opens="2024-01-03T23:00:00+00:00"' in page.content.decode()


def test_submitting_gives_a_receipt_and_a_second_click_the_same_one() -> None:
    draft = drafted(windowed())
    client = organiser(draft.kind.session)
    sent = {"version": client.get(own("", draft)).context["version"]}
    first, second = client.post(own("-submit", draft), sent), client.post(own("-submit", draft), sent)
    assert told(first) == ["Received, under receipt 1."]
    assert told(second)[-1] == "This was received already, under receipt 1."
    assert first.url == second.url == own("-receipt", draft)  # type: ignore[attr-defined]
    receipt = text_of(client.get(own("-receipt", draft)))
    assert "Received: place 1 of 11 is held" in receipt
    assert again(draft).content_sha256 in receipt.replace(" ", "")


def test_too_early_is_refused_and_the_draft_stays() -> None:
    draft = drafted(windowed(OPENING - timedelta(minutes=1)))
    answer = organiser(draft.kind.session).post(own("-submit", draft))
    assert answer.status_code == 409
    assert "It was not submitted Applications are not open yet: they open 4 January 2024, 00:00" in text_of(answer)
    assert again(draft).state == State.DRAFT


def test_the_window_is_judged_by_the_arrival_of_the_request(settings: Any) -> None:
    draft = drafted(windowed(IN_WINDOW))
    client = organiser(draft.kind.session)
    closing = draft.kind.session.chain.to_real(IN_WINDOW + timedelta(days=3, hours=15))
    settings.TRUSTED_PROXIES = [__import__("ipaddress").ip_network("127.0.0.1/32")]
    with time_machine.travel(closing + timedelta(seconds=3), tick=True):
        client.force_login(focal_point(draft.kind.session, "AT"))
        in_time = f"t={(clock.now() - timedelta(seconds=20)).timestamp():.6f}"
        assert client.post(own("-submit", draft)).status_code == 409
        assert client.post(own("-submit", draft), headers={"X-Request-Start": in_time}).status_code == 302


def test_what_was_changed_since_it_was_looked_at_is_not_submitted() -> None:
    draft = drafted(windowed())
    client = organiser(draft.kind.session)
    seen = client.get(own("", draft)).context["version"]
    edit_application(application=draft, content={"title": "A colleague’s"}, actor=COMMAND)
    assert client.post(own("-submit", draft), {"version": seen}).status_code == 412
    assert again(draft).receipt_number is None


# --- what is confirmed ------------------------------------------------------------------------------------------------


def test_a_withdrawal_says_what_is_given_up_and_to_nobody_who_comes_next() -> None:
    session = windowed()
    application = received(session)
    others(session, 11)
    page = organiser(session).get(own("-withdraw", application))
    assert page.context["losses"] == [
        "This gives up place 1.",
        "The application no longer counts; its receipt stays in the public register.",
    ]


def test_a_withdrawal_is_confirmed_once_however_often_it_is_clicked() -> None:
    application = received(windowed())
    client, page = organiser(application.kind.session), own("-withdraw", application)
    sent = {"seen": hidden(client.get(page), "seen")}
    first, second = client.post(page, sent), client.post(page, sent)
    assert told(first) == ["The application is withdrawn."]
    assert told(second)[-1] == "This application does not stand any more."


def test_what_changed_since_the_page_was_opened_is_shown_before_it_is_done() -> None:
    application = received(windowed())
    client, page = organiser(application.kind.session), own("-withdraw", application)
    sent = {"seen": hidden(client.get(page), "seen")}
    request_correction(application=application, text="Name a second speaker.", actor=as_officer())
    answer = client.post(page, sent)
    assert answer.status_code == 409
    assert "What this does has changed since you opened the page" in text_of(answer)
    assert again(application).state == State.CORRECTION_REQUESTED
    assert client.post(page, {"seen": hidden(answer, "seen")}).status_code == 302


def test_a_promotion_is_due_on_the_delegations_page_and_is_confirmed() -> None:
    session = windowed()
    first, *_rest = others(session, 11)
    waiting = received(session)
    client = organiser(session)
    assert "On the waiting list, position 1." in text_of(client.get(own("", waiting)))
    withdraw_application(application=first, actor=COMMAND)
    assert "Confirm the place of your side event “Prevention that works”" in text_of(
        client.get("/cnd67/delegation/AT/")
    )
    page = own("-confirm", waiting)
    answer = client.post(page, {"seen": hidden(client.get(page), "seen")})
    assert told(answer) == ["Confirmed: place 1 is held."]
    assert again(waiting).state == State.UNDER_REVIEW


def test_a_correction_is_read_made_and_handed_in() -> None:
    application = received(windowed())
    request_correction(application=application, text="Name a second speaker.", actor=as_officer())
    client = organiser(application.kind.session)
    assert "Name a second speaker." in section(client.get(own("", application)), "What to do next")
    form = client.get(own("-edit", application))
    client.post(own("-edit", application), filled(form, **{"speakers-1-name": "Cleo Example"}))
    page = own("-answer", application)
    client.post(page, {"seen": hidden(client.get(page), "seen")})
    application = again(application)
    assert application.state == State.UNDER_REVIEW
    assert application.speakers is not None
    assert application.speakers.value is not None
    assert [each["name"] for each in application.speakers.value["speakers"]] == ["Berta Example", "Cleo Example"]


def test_a_rejected_application_is_carried_over_in_one_step() -> None:
    application = received(windowed())
    reject_application(application=application, actor=as_officer(), reason="Off the theme.")
    client, page = organiser(application.kind.session), own("-carry-over", application)
    assert "Off the theme." in text_of(client.get(own("", application)))
    answer = client.post(page, {"seen": hidden(client.get(page), "seen")})
    made = Application.objects.get(carried_from=application)
    assert answer.url == own("", made)  # type: ignore[attr-defined]
    assert made.kind.code == "regular"
    assert told(client.post(page))[-1] == f"It was carried over already, as draft-{made.pk}."


def test_a_discarded_draft_is_gone_from_the_delegations_pages() -> None:
    draft = drafted(windowed())
    client, page = organiser(draft.kind.session), own("-discard", draft)
    answer = client.post(page, {"seen": hidden(client.get(page), "seen")})
    assert answer.url == address("own-side-events", "AT")  # type: ignore[attr-defined]
    assert client.get(own("", draft)).status_code == 404


# --- the flyer --------------------------------------------------------------------------------------------------------


def test_a_flyer_is_attached_and_given_out_as_a_file_alone() -> None:
    draft = drafted(windowed())
    client = organiser(draft.kind.session)
    file = SimpleUploadedFile("a “flyer”.html", PDF, content_type="text/html")
    assert told(client.post(own("-flyer-change", draft), {"flyer": file})) == ["The flyer is attached."]
    answer = client.get(own("-flyer", draft))
    assert answer.content == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 cut off", "none of these"),
        (b"%PDF-" * 500_000, "larger than"),
    ],
)
def test_what_is_no_flyer_is_refused_beside_the_field(content: bytes, said: str) -> None:
    draft = drafted(windowed())
    file = SimpleUploadedFile("flyer.pdf", content)
    answer = organiser(draft.kind.session).post(own("-flyer-change", draft), {"flyer": file})
    assert answer.status_code == 422
    assert said in answer.context["flyer_form"].errors["flyer"][0]


def test_a_flyer_is_taken_away_again() -> None:
    draft = drafted(windowed())
    attach_flyer(application=draft, name="flyer.pdf", content=PDF, actor=COMMAND)
    client = organiser(draft.kind.session)
    assert told(client.post(own("-flyer-change", draft), {"step": "remove"})) == ["The flyer is removed."]
    assert client.get(own("-flyer", draft)).status_code == 404


# --- the size of things -----------------------------------------------------------------------------------------------


def test_the_delegations_list_takes_as_many_queries_for_ten_applications_as_for_one() -> None:
    session = windowed()
    drafted(session)
    client, page = organiser(session), address("own-side-events", "AT")
    client.get(page)
    few = queries(client, page)
    for _each in range(9):
        drafted(session)
    assert queries(client, page) == few
