"""A message of the secretariat: whom it reaches, that it is looked at twice, and that it is sent once."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cnd.actors import Actor
from cnd.errors import Invalid, NotPermitted, Refused
from cnd.models import Cause, JournalEntry, Notice, User
from cnd.outbox.texts import word
from sessions.models import MeetingSession, Membership
from sessions.services.messages import Reach, send_message
from tests.sessions.mails import reader, refusal, told_session
from tests.sessions.scenes import as_focal_point, as_officer, inscribed, last_entry, make_session, state
from tests.sessions.staff_pages import hidden, signed_in, text_of, told, url
from tests.threads import at_once, kinds

pytestmark = pytest.mark.django_db

NONCE = "0123456789abcdef" * 2


@pytest.fixture
def session() -> MeetingSession:
    return told_session()


def send(session: MeetingSession, audience: str = "delegations", **more: Any) -> Cause:
    words = {"subject": {"*": "The room has changed"}, "text": {"*": "It is Boardroom D now."}}
    facts = {**words, "actor": as_officer(), "nonce": NONCE, **more}
    return send_message(session=session, audience=audience, **facts)


# --- the service ------------------------------------------------------------------------------------------------------


def test_everyone_of_the_audience_is_told_once_over_each_channel(session: MeetingSession) -> None:
    cause = send(session, "group:western_european_others")

    assert sorted(cause.notices.values_list("recipient__username", "channel", "state")) == [
        ("focal-at", "email", "waiting"),
        ("focal-at", "portal", "sent"),
        ("focal-de", "email", "waiting"),
        ("focal-de", "portal", "sent"),
    ]


def test_the_journal_keeps_whom_and_the_subject_and_of_the_text_its_hash(session: MeetingSession) -> None:
    cause = send(session)

    entry = last_entry(session)

    [change] = entry.changes
    assert (entry.action, entry.subject, cause.key) == ("send_message", f"message:{NONCE}", f"message/{NONCE}")
    assert {name: value for name, value in change["after"].items() if name != "sha256"} == {
        "audience": "delegations",
        "people": 3,
        "subject": "The room has changed",
    }
    assert "Boardroom" not in str(entry.changes)
    assert Cause.objects.get(pk=cause.pk).entry_number == entry.number


@pytest.mark.parametrize("code", ["AT", ""])
def test_only_the_secretariat_sends(session: MeetingSession, code: str) -> None:
    actor = as_focal_point(session, code) if code else Actor("public")

    with pytest.raises(NotPermitted):
        send(session, actor=actor)
    assert Cause.objects.filter(kind="message").count() == 0


def test_a_reader_gets_the_words_of_their_language_else_those_for_everybody(session: MeetingSession) -> None:
    french, german = reader(session, "FR", language="fr"), User.objects.get(username="focal-de")
    words: dict[str, Any] = {
        "subject": {"*": "Room", "fr": "Salle"},
        "text": {"*": "Boardroom D.", "fr": "Salle D."},
    }

    cause = send(session, **words)

    said = [(worded.subject, worded.body) for worded in (word(cause, french), word(cause, german))]
    assert said == [("Salle", "Salle D."), ("Room", "Boardroom D.")]


def test_what_looks_like_a_placeholder_is_sent_as_it_was_written(session: MeetingSession) -> None:
    hostile = "{name} {name.__class__} {0} {link!r} {{x}} %s"

    cause = send(session, subject={"*": hostile}, text={"*": hostile})

    worded = word(cause, User.objects.get(username="focal-at"))
    assert (worded.subject, worded.body) == (hostile, hostile)


def test_the_same_again_sends_nothing_and_other_words_are_refused(session: MeetingSession) -> None:
    first = send(session)
    before = (Notice.objects.count(), JournalEntry.objects.count())

    again = send(session)
    other = refusal(lambda: send(session, text={"*": "It is Boardroom A now."}))

    assert (again.pk, other.code) == (first.pk, "sent_already")
    assert (Notice.objects.count(), JournalEntry.objects.count()) == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_of_two_presses_at_once_one_message_is_sent(session: MeetingSession) -> None:
    officer = as_officer()
    count = JournalEntry.objects.count()

    outcomes = at_once(*[lambda: send(session, actor=officer).key for _press in range(4)])

    assert kinds(outcomes) == {f"'message/{NONCE}'": 4}
    assert Cause.objects.filter(kind="message").count() == 1
    assert Notice.objects.filter(cause__kind="message").count() == 6
    assert JournalEntry.objects.count() == count + 1


def test_an_audience_of_nobody_is_told_nothing_and_leaves_no_trace(session: MeetingSession) -> None:
    count = JournalEntry.objects.count()

    fault = refusal(lambda: send(session, "delegation:BR"))

    assert (type(fault), fault.code) == (Refused, "nobody_reached")
    assert (Cause.objects.filter(kind="message").count(), JournalEntry.objects.count()) == (0, count)


def test_what_was_seen_must_be_what_is_reached(session: MeetingSession) -> None:
    seen = Reach(session, "delegations").fingerprint
    reader(session, "BR")

    fault = refusal(lambda: send(session, seen=seen))

    assert fault.code == "audience_changed"
    assert Notice.objects.filter(cause__kind="message").count() == 0
    send(session, seen=Reach(session, "delegations").fingerprint)
    assert Notice.objects.filter(cause__kind="message").count() == 8


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"subject": {}}, ["subject"]),
        ({"text": {"*": "  "}}, ["text"]),
        ({"subject": {"*": "a\nb"}}, ["subject"]),
        ({"subject": {"*": "x" * 151}}, ["subject"]),
        ({"text": {"*": "x" * 10_001}}, ["text"]),
        ({"text": {"*": "x", "fr": "y"}}, ["subject_fr"]),
        ({"subject": {"*": "x", "fr": "y"}}, ["text_fr"]),
        ({"subject": {"*": "x", "xx": "y"}, "text": {"*": "x", "xx": "y"}}, ["subject"]),
        ({"nonce": "1"}, ["nonce"]),
        ({"audience": "user:1"}, ["audience"]),
        ({"audience": "group:none"}, ["audience"]),
    ],
)
def test_every_fault_stands_beside_its_field(session: MeetingSession, given: dict[str, Any], fields: list[str]) -> None:
    fault = refusal(lambda: send(session, **given))

    assert (type(fault), list(fault.fields)) == (Invalid, fields)
    assert Cause.objects.filter(kind="message").count() == 0


def test_four_hundred_are_told_with_as_many_queries_as_four(session: MeetingSession) -> None:
    def queries(nonce: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            send(session, nonce=nonce)
        return len(captured)

    few = queries(NONCE)
    made = User.objects.bulk_create(
        [User(username=f"many-{n}", email=f"many-{n}@example.org", role="delegation") for n in range(400)]
    )
    brazil = session.delegations.get(code="BR")
    Membership.objects.bulk_create([Membership(user=user, delegation=brazil) for user in made])

    # Rows are written in batches.
    assert queries("f" * 32) - few < 10
    assert Notice.objects.filter(cause__key=f"message/{'f' * 32}").count() == 806


# --- the pages --------------------------------------------------------------------------------------------------------

WRITTEN = {"audience": "delegations", "subject": "The room has changed", "text": "It is Boardroom D now."}


def test_the_second_look_shows_whom_and_how_and_sends_nothing(session: MeetingSession) -> None:
    inscribed(session, "AT")
    reader(session, "FR", channels="portal")
    client = signed_in()
    nonce = hidden(client.get(url("message")), "nonce")

    page = client.post(url("message"), {**WRITTEN, "nonce": nonce, "step": "preview", "audience": "not-inscribed"})

    said = text_of(page)
    assert page.status_code == 200
    assert "sessions/staff/message_confirm.html" in {template.name for template in page.templates}
    assert [(each["code"], each["people"], each["delegations"]) for each in page.context["channels"]] == [
        ("email", 2, 2),
        ("portal", 3, 3),
    ]
    assert [each.user.username for each in page.context["listed"]] == ["focal-de", "focal-ke", "focal-fr"]
    assert "Send it to 3 people" in said
    assert Cause.objects.filter(kind="message").count() == 0


def test_delegations_that_nobody_would_hear_for_are_named(session: MeetingSession) -> None:
    reach = Reach(session, "group:western_european_others")
    page = signed_in().post(
        url("message"), {**WRITTEN, "audience": "group:western_european_others", "nonce": NONCE, "step": "preview"}
    )

    silent = [each.code for each in reach.silent]
    states = session.delegations.filter(group__code="western_european_others")
    assert sorted([*silent, "AT", "DE"]) == sorted(states.values_list("code", flat=True))
    assert f"{len(silent)} delegations of this audience have nobody who can be told" in text_of(page)
    assert Reach(session, "secretariat").silent == []


def test_only_the_delegations_meant_are_counted(session: MeetingSession) -> None:
    Membership.objects.create(user=User.objects.get(username="focal-at"), delegation=state(session, "BR"))

    reach = Reach(session, "delegation:AT")

    assert ([each.code for each in reach.told[0].delegations], reach.delegations) == (["AT"], 1)


def test_the_mail_is_shown_in_a_frame_of_its_own_that_can_do_nothing(session: MeetingSession) -> None:
    client = signed_in()
    page = client.post(url("message"), {**WRITTEN, "text": "<b>now</b>", "nonce": NONCE, "step": "preview"})
    [preview] = page.context["previews"]

    frame = client.get(url("mail-preview", preview["name"]))

    policy = dict(part.strip().partition(" ")[::2] for part in frame["Content-Security-Policy"].split(";"))
    assert (policy["frame-ancestors"], policy["default-src"], policy["form-action"]) == ("'self'", "'none'", "'none'")
    assert "sandbox" in policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert "&lt;b&gt;now&lt;/b&gt;" in frame.content.decode()
    assert 'sandbox=""' in page.content.decode()
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert signed_in().get(url("mail-preview", preview["name"])).status_code == 404


def looked_at(client: Any, **more: str) -> dict[str, str]:
    """Return what the second look sends when it is confirmed."""
    page = client.post(url("message"), {**WRITTEN, "nonce": NONCE, "step": "preview", **more})
    return {**WRITTEN, **more, "nonce": hidden(page, "nonce"), "seen": hidden(page, "seen"), "step": "send"}


def test_confirming_sends_and_leads_to_the_progress(session: MeetingSession) -> None:
    client = signed_in()

    response = client.post(url("message"), looked_at(client))

    cause = Cause.objects.get(kind="message")
    assert response["Location"] == url("notices-of", cause.pk)
    assert told(response) == ["The message goes to 3 people."]
    assert cause.notices.count() == 6


def test_lines_and_paragraphs_stay_as_they_were_written(session: MeetingSession) -> None:
    client = signed_in()

    client.post(url("message"), looked_at(client, text="Dear colleagues,\r\n\r\nBoardroom D.\r\n"))

    assert Cause.objects.get(kind="message").context["text"] == {"*": "Dear colleagues,\n\nBoardroom D."}


def test_pressing_twice_sends_once_and_leads_to_the_same_page(session: MeetingSession) -> None:
    client = signed_in()
    sent = looked_at(client)

    answers = [client.post(url("message"), sent)["Location"] for _press in range(2)]

    assert answers == [url("notices-of", Cause.objects.get(kind="message").pk)] * 2


def test_without_a_second_look_nothing_is_sent(session: MeetingSession) -> None:
    response = signed_in().post(url("message"), {**WRITTEN, "nonce": NONCE, "step": "send"})

    assert response.status_code == 409
    assert Cause.objects.filter(kind="message").count() == 0


def test_when_the_audience_has_changed_it_is_shown_again_and_then_sent(session: MeetingSession) -> None:
    client = signed_in()
    sent = looked_at(client)
    reader(session, "BR")

    shown = client.post(url("message"), sent)

    assert shown.status_code == 409
    assert told(shown) == ["Others would be reached now than when you looked. Nothing was sent; look again."]
    assert "Send it to 4 people" in text_of(shown)
    client.post(url("message"), {**sent, "seen": hidden(shown, "seen")})
    assert Notice.objects.filter(cause__kind="message").count() == 8


def test_change_something_shows_the_form_as_it_was_filled_in(session: MeetingSession) -> None:
    client = signed_in()

    page = client.post(url("message"), {**looked_at(client, subject_fr="Salle", text_fr="D."), "step": "change"})

    form = page.context["form"]
    assert [form[name].value() for name in ("audience", "subject", "subject_fr")] == [
        "delegations",
        "The room has changed",
        "Salle",
    ]
    assert 'name="text_fr"' in page.content.decode()


def test_nobody_to_reach_is_said_beside_the_audience(session: MeetingSession) -> None:
    response = signed_in().post(
        url("message"), {**WRITTEN, "audience": "delegation:BR", "nonce": NONCE, "step": "preview"}
    )

    assert response.status_code == 409
    assert response.context["form"].errors["audience"] == ["Nobody of this audience can be reached."]


def test_a_language_with_half_its_words_is_refused_beside_the_field(session: MeetingSession) -> None:
    client = signed_in()

    answers = [
        client.post(url("message"), {**looked_at(client), "text_fr": "D.", "step": s}) for s in ("preview", "send")
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert [list(answer.context["form"].errors) for answer in answers] == [["subject_fr"]] * 2


def test_the_audience_can_come_with_the_address(session: MeetingSession) -> None:
    page = signed_in().get(url("message"), {"audience": "group:african"})

    assert page.context["form"]["audience"].value() == "group:african"


def test_of_a_rehearsal_delegations_are_told_in_the_portal_alone() -> None:
    session = make_session()
    reader(session, "AT")

    page = signed_in().post(url("message"), {**WRITTEN, "nonce": NONCE, "step": "preview"})

    assert [(each["code"], each["people"]) for each in page.context["channels"]] == [("email", 0), ("portal", 1)]
    assert "no mail leaves" in text_of(page)
