"""The secretariat's pages of applications: the queue, one application, decisions one by one and together."""

from typing import Any

import pytest
from django.test import Client

from cnd.actors import COMMAND
from cnd.models import JournalEntry
from logistics.models import Application
from logistics.services.decisions import check_guideline, prepare_decision, request_correction
from logistics.services.queue import withdraw_application
from tests.logistics.pages import address, filled, organiser, secretariat, staff
from tests.logistics.windows import CONTENT, again, drafted, others, received, windowed
from tests.sessions.public_pages import queries, section, text_of
from tests.sessions.scenes import as_officer
from tests.sessions.staff_pages import hidden, told

pytestmark = pytest.mark.django_db

State = Application.State
QUEUE = address("staff-side-events")
ANNOUNCE = address("staff-side-events-announce", "high-level")
ACTS = (
    ("", ()), ("-edit", ()), ("-flyer", ()), ("-prepare", ("accept",)), ("-decide", ("reject",)), ("-unprepare", ()),
    ("-correction", ()), ("-answer", ()), ("-confirm", ()), ("-withdraw", ()), ("-reopen", ()), ("-merge", ()),
    ("-carry-over", ()),
)  # fmt: skip
POSTED = (*ACTS[1:2], *ACTS[3:], ("-check", ()), ("-submit", ()), ("-flyer-change", ()))


def confirmed(client: Client, page: str, **typed: str) -> Any:
    """Open a page that says what an act does, and confirm it."""
    return client.post(page, {"seen": hidden(client.get(page), "seen"), **typed})


# --- who may open them ------------------------------------------------------------------------------------------------


def test_nobody_but_the_secretariat_opens_or_does_anything() -> None:
    application = received(windowed())
    focal_point = organiser(application.kind.session)
    pages = [QUEUE, ANNOUNCE, address("staff-side-event-new", "high-level")]
    pages += [staff(name, application, *args) for name, args in ACTS]
    posted = [ANNOUNCE, *(staff(name, application, *args) for name, args in POSTED)]
    assert {focal_point.get(each).status_code for each in pages} == {403}
    assert {focal_point.post(each).status_code for each in posted} == {403}
    assert {Client().get(each).url[:9] for each in pages} == {"/sign-in/"}  # type: ignore[attr-defined]
    assert again(application).state == State.UNDER_REVIEW


def test_what_is_not_there_is_not_found() -> None:
    windowed()
    client = secretariat()
    missing = [address("staff-side-event", 1), address("staff-side-events-announce", "other")]
    assert {client.get(each).status_code for each in missing} == {404}


# --- the queue --------------------------------------------------------------------------------------------------------


def test_the_queue_stands_in_the_order_of_receipt_with_places_and_waiting_list() -> None:
    session = windowed()
    first, *_rest, last = others(session, 12)
    check_guideline(application=first, item="No promotion of commercial products", is_met=False, actor=as_officer())
    page = secretariat().get(QUEUE)
    rows = page.context["rows"]
    assert [each["application"].receipt_number for each in rows] == list(range(1, 13))
    assert (rows[0]["checked"], rows[0]["failed"], rows[0]["guidelines"]) == (1, 1, 5)
    assert (rows[-1]["application"], rows[-1]["position"]) == (last, 1)
    assert "11 of 11 places held 0 free 1 waiting 11 to be checked 0 prepared" in text_of(page)


def test_the_queue_is_filtered_and_what_is_not_known_filters_nothing() -> None:
    session = windowed()
    mine = received(session, "AT", title="Needle in the haystack")
    first, second, *_rest = others(session, 4)
    prepare_decision(application=first, decision="accept", actor=as_officer())
    request_correction(application=second, text="Shorter.", actor=as_officer())
    draft = drafted(session, "KE")
    client = secretariat()

    def found(**asked: str) -> list[Application]:
        return [each["application"] for each in client.get(QUEUE, asked).context["rows"]]

    assert found(q="haystack") == found(q="autriche") == found(q="1") == [mine]
    assert found(state="prepared") == [first]
    assert found(state="due") == [second]
    assert found(state="draft") == [draft]
    assert len(found(state="to_check")) == 3
    assert len(found(state="nonsense", theme="nonsense", kind="nonsense")) == 5
    assert found(kind="regular") == []


def test_the_queue_takes_as_many_queries_for_twelve_applications_as_for_one() -> None:
    session = windowed()
    others(session, 1)
    client = secretariat()
    client.get(QUEUE)
    few = queries(client, QUEUE)
    for code in ("AT", "KE", "RO"):
        received(session, code)
        received(session, code)
    assert queries(client, QUEUE) == few


# --- one application --------------------------------------------------------------------------------------------------


def test_a_guideline_is_noted_and_taken_back() -> None:
    application = received(windowed())
    client, item = secretariat(), "No promotion of commercial products"
    client.post(staff("-check", application), {"guideline": item, "met": "no"})
    client.post(staff("-check", application), {"guideline": item, "met": "no"})
    assert again(application).checks == {item: False}
    client.post(staff("-check", application), {"guideline": item, "met": "none"})
    assert again(application).checks == {}


def test_a_page_tells_what_happened_and_who_did_it() -> None:
    application = received(windowed())
    request_correction(application=application, text="Name a second speaker.", actor=as_officer())
    history = secretariat().get(staff("", application)).context["history"]
    assert [(each.sentence, each.by) for each in history] == [
        ("Now “Correction requested”, before that “Under review”.", "the secretariat"),
        ("Received under receipt 1: Under review.", "the organiser"),
        ("The draft was begun.", "the secretariat"),
    ]
    assert history[1].sha256 == application.content_sha256


def test_a_correction_is_requested_with_its_deadline_said_before() -> None:
    application = received(windowed())
    client, page = secretariat(), staff("-correction", application)
    losses = client.get(page).context["losses"]
    assert losses == [
        "The place is kept until 10 January 2024, 09:00 (Vienna); without an answer by then the application lapses."
    ]
    confirmed(client, page, text="Name a second speaker.")
    application = again(application)
    assert (application.state, application.correction) == (State.CORRECTION_REQUESTED, "Name a second speaker.")


def test_a_rejection_names_who_is_promoted_and_needs_a_reason() -> None:
    session = windowed()
    first, *_rest, last = others(session, 12)
    client, page = secretariat(), staff("-decide", first, "reject")
    assert client.get(page).context["losses"][:2] == [
        "This gives up place 1.",
        f"It goes to {last.organiser.name}, first on the waiting list.",
    ]
    answer = confirmed(client, page, reason="")
    assert answer.status_code == 422
    assert again(first).state == State.UNDER_REVIEW
    assert confirmed(client, page, reason="Off the theme.").status_code == 302
    assert (again(first).state, again(last).state) == (State.REJECTED, State.PROMOTED)


def test_a_decision_made_on_a_stale_screen_is_shown_again_first() -> None:
    application = received(windowed())
    client, page = secretariat(), staff("-decide", application, "accept")
    seen = hidden(client.get(page), "seen")
    request_correction(application=application, text="Shorter.", actor=as_officer("other"))
    answer = client.post(page, {"seen": seen})
    assert answer.status_code == 409
    assert "This has changed since you opened the page." in text_of(answer)
    assert again(application).state == State.CORRECTION_REQUESTED


def test_two_are_merged_only_after_one_has_seen_what_that_does() -> None:
    session = windowed()
    kept, gone = received(session, "AT"), received(session, "KE", cosponsors=[])
    client, page = secretariat(), staff("-merge", gone)
    chosen = {"other": str(kept.pk), "reason": "Both wrote."}
    look = client.post(page, {"seen": "", **chosen})
    assert again(gone).state == State.UNDER_REVIEW
    assert look.context["losses"][0] == (
        "Receipt 1 stays, with Austria as the main organiser; Kenya becomes co-sponsor."
    )
    answer = client.post(page, {"seen": hidden(look, "seen"), **chosen})
    assert answer.url == staff("", kept)  # type: ignore[attr-defined]
    assert (again(kept).state, again(gone).state) == (State.UNDER_REVIEW, State.MERGED)


def test_what_was_withdrawn_is_reopened_at_its_old_receipt() -> None:
    application = received(windowed())
    withdraw_application(application=application, actor=COMMAND)
    client, page = secretariat(), staff("-reopen", application)
    assert client.get(page).context["losses"] == ["It takes place 1 and is under review."]
    confirmed(client, page, reason="Withdrawn by mistake.")
    application = again(application)
    assert (application.state, application.receipt_number) == (State.UNDER_REVIEW, 1)


def test_staff_edit_anything_with_a_reason() -> None:
    application = received(windowed())
    client, page = secretariat(), staff("-edit", application)
    form = client.get(page)
    assert client.post(page, filled(form, title="A better title")).status_code == 422
    assert client.post(page, filled(form, title="A better title", reason="Note verbale")).status_code == 302
    assert again(application).title == "A better title"
    entry = JournalEntry.objects.filter(chain__code="cnd67").latest("number")
    assert (entry.action, entry.reason) == ("edit_application", "Note verbale")


def test_staff_begin_and_submit_for_a_delegation() -> None:
    windowed()
    client, page = secretariat(), address("staff-side-event-new", "high-level")
    assert client.get(page, {"organiser": "XX"}).status_code == 422
    page = f"{page}?organiser=KE"
    sent = filled(client.get(page)) | {
        **{name: CONTENT[name] for name in ("title", "abstract", "theme", "form", "attendance", "length_min")},
        "contact_name": "Anna",
        "contact_email": "a@mission.example",
        "speakers-0-name": "Berta",
    }
    answer = client.post(page, sent)
    made = Application.objects.get()
    assert (answer.url, made.organiser.code) == (staff("", made), "KE")  # type: ignore[attr-defined]
    version = client.get(staff("", made)).context["version"]
    assert told(client.post(staff("-submit", made), {"version": version}))[-1] == "Received, under receipt 1."


# --- decisions announced together -------------------------------------------------------------------------------------


def test_a_prepared_decision_has_no_effect_and_the_next_application_opens() -> None:
    first, second, _third = others(windowed(), 3)
    client = secretariat()
    answer = confirmed(client, staff("-prepare", first, "accept"))
    assert answer.url == staff("", second)
    assert (again(first).state, again(first).prepared) == (State.UNDER_REVIEW, "accept")
    confirmed(client, staff("-unprepare", first))
    assert again(first).prepared == ""


def test_prepared_decisions_are_looked_at_again_and_announced_together() -> None:
    session = windowed()
    first, second, *_rest = others(session, 12)
    prepare_decision(application=first, decision="accept", actor=as_officer())
    prepare_decision(application=second, decision="reject", reason="Off the theme.", actor=as_officer())
    client = secretariat()
    look = client.get(ANNOUNCE)
    assert (look.context["accepted"], look.context["rejected"]) == (1, 1)
    assert look.context["losses"][-1] == "One place is given up. The first who waits is promoted."
    entries = JournalEntry.objects.count()
    sent = {"seen": hidden(look, "seen")}
    answer, double = client.post(ANNOUNCE, sent), client.post(ANNOUNCE, sent)
    assert told(answer) == ["2 decisions are announced."]
    assert told(double)[-1] == "Nothing is prepared that is not announced."
    assert (again(first).state, again(second).state) == (State.ACCEPTED, State.REJECTED)
    assert JournalEntry.objects.count() == entries + 1


def test_what_was_prepared_since_one_looked_is_not_announced_unseen() -> None:
    first, second = others(windowed(), 2)
    prepare_decision(application=first, decision="accept", actor=as_officer())
    client = secretariat()
    seen = hidden(client.get(ANNOUNCE), "seen")
    prepare_decision(application=second, decision="accept", actor=as_officer("other"))
    answer = client.post(ANNOUNCE, {"seen": seen})
    assert answer.status_code == 409
    assert "What is prepared has changed since you opened the page." in text_of(answer)
    assert again(first).state == State.UNDER_REVIEW


def test_the_overview_counts_what_waits_for_a_check_and_for_an_announcement() -> None:
    first, *_rest = others(windowed(), 6)
    prepare_decision(application=first, decision="accept", actor=as_officer())
    waits = section(secretariat().get("/cnd67/staff/"), "Waits for a decision")
    assert "5 applications wait for a check." in waits
    assert "One decision is prepared, not announced." in waits
