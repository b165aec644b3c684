"""What a notice says: filled in safely, in the reader's language, as text and HTML; the secretariat's own wording."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.utils import translation

from cnd.actors import COMMAND, actor_for
from cnd.errors import Invalid, NotPermitted
from cnd.models import Cause, Chain, Notice, NoticeText, User
from cnd.outbox import kinds
from cnd.outbox.kinds import Kind, Letterhead, letterhead
from cnd.outbox.mail import as_mail
from cnd.outbox.texts import (
    check_text,
    filled,
    moment_text,
    notice_of_token,
    preview,
    render,
    reset_text,
    save_text,
    word,
    wording,
)
from tests.cnd.chains import entries, make_chain
from tests.cnd.letters import OPTIONAL, PLAIN, reader, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letter_kinds")]


@pytest.fixture
def chain() -> Chain:
    return make_chain()


def own(chain: Chain, *, kind: Kind = PLAIN, language: str = "en", subject: str = "S", body: str = "B") -> NoticeText:
    return save_text(chain=chain, kind=kind.code, language=language, subject=subject, body=body, actor=COMMAND)


def mail_of(notice: Notice) -> EmailMessage:
    """Return the mail as a mail program reads it."""
    message = as_mail(Notice.objects.get(pk=notice.pk), notice.recipient.email).message()
    parsed = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


# --- placeholders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{a} and {b}", "1 and {a}"),
        ("{{a}}", "{a}"),
        ("{{{a}}}", "{1}"),
        ("{unknown}", "{unknown}"),
        ("{a.__class__} {a!r} {a[0]} {0}", "{a.__class__} {a!r} {a[0]} {0}"),
        ("{% load %} {{ a }}", "{% load %} { a }"),
    ],
)
def test_only_names_in_braces_are_filled_in_and_once(template: str, text: str) -> None:
    assert filled(template, {"a": "1", "b": "{a}"}) == text


def faults(subject: str, body: str) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refusal:
        check_text(PLAIN, subject, body)
    return refusal.value.fields


def test_text_with_known_placeholders_and_paired_braces_is_fit() -> None:
    check_text(PLAIN, "{thing}", "{name} {link} {session} {thing} {{braces}}\nanother line")


def test_every_unknown_placeholder_is_named_with_those_there_are() -> None:
    assert faults("{one}", "{two} {three} {two}") == {
        "subject": ["Nothing stands for {one}; there are: {name}, {session}, {link}, {thing}."],
        "body": [
            "Nothing stands for {two}; there are: {name}, {session}, {link}, {thing}.",
            "Nothing stands for {three}; there are: {name}, {session}, {link}, {thing}.",
        ],
    }


@pytest.mark.parametrize("body", ["{name", "name}", "{Name}", "{ name }", "{name.first}", "{}", "{{name}"])
def test_brace_without_its_other_one_is_named(body: str) -> None:
    assert set(faults("S", body)) == {"body"}
    assert all("A brace without its other one" in fault for fault in faults("S", body)["body"])


@pytest.mark.parametrize("subject", ["a\nBcc: x@example.org", "a\r\nb", "a\u2028b", "a\tb", "a\0b"])
def test_subject_of_more_than_one_line_is_refused(subject: str) -> None:
    assert faults(subject, "B") == {"subject": ["The subject must be one line."]}


@pytest.mark.parametrize("space", ["\u00a0", "\u202f"])
def test_a_space_that_holds_words_together_is_kept(chain: Chain, space: str) -> None:
    subject = f"Rappel{space}: {{thing}}"
    mail = preview(chain=chain, kind=PLAIN.code, language="fr", subject=subject, body="B")
    assert mail.subject.startswith(f"Rappel{space}: ")


def test_subject_may_not_be_empty_or_too_long() -> None:
    assert faults("", " ") == {"subject": ["There is no text."], "body": ["There is no text."]}
    assert faults("a" * 201, "B") == {"subject": ["The subject has more than 200 characters."]}


def test_text_may_hold_no_character_that_nobody_sees() -> None:
    assert faults("S", "a\0b\tc\nd\x1b") == {"body": ["The text holds characters that cannot be shown."]}


# --- the mail ---------------------------------------------------------------------------------------------------------


def test_mail_says_what_the_kind_says(chain: Chain) -> None:
    mail = mail_of(told(chain, reader()))

    assert mail["Subject"] == "the inscription, Reader"
    assert part(mail, "plain").startswith(
        "Dear Reader,\n\nthere is news of the inscription.\n\nhttp://127.0.0.1:8000/sign-in/\n\n-- \n"
    )
    assert part(mail, "html").count('<a href="http://127.0.0.1:8000/sign-in/"') == 1


def test_mail_carries_the_headers_of_a_mail_that_a_machine_wrote(chain: Chain) -> None:
    notice = told(chain, reader())
    mail = mail_of(notice)

    assert (mail["Message-ID"], mail["Auto-Submitted"], mail["Content-Language"], mail["To"]) == (
        notice.message_id,
        "auto-generated",
        "en",
        "reader@example.org",
    )
    assert mail["Date"].datetime.tzinfo is not None
    assert mail["List-Unsubscribe"] is None


def test_what_is_optional_can_be_unsubscribed_from_by_one_click(chain: Chain) -> None:
    notice = told(chain, reader(), kind=OPTIONAL)
    mail = mail_of(notice)

    url = render(notice).unsubscribe_url
    assert url.startswith("http://127.0.0.1:8000/unsubscribe/")
    assert mail["List-Unsubscribe"].strip() == f"<{url}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url in part(mail, "plain")


@pytest.mark.parametrize("line", ["\r\nBcc: evil@example.org", "\n\nBody", "\a", "\u2028Bcc: evil@example.org"])
def test_no_value_adds_a_header(chain: Chain, line: str) -> None:
    own(chain, subject="News of {thing}", body="{thing}")
    mail = mail_of(told(chain, reader(), context={"thing": f"x{line}"}))

    assert mail["Bcc"] is None
    assert mail["Subject"] == " ".join(f"News of x{line}".replace("\a", "").split())


def test_values_are_text_and_never_markup(chain: Chain) -> None:
    mail = mail_of(told(chain, reader(first_name="<img src=x>"), context={"thing": '"><script>{name}'}))

    assert "<script>" not in part(mail, "html")
    assert "<img" not in part(mail, "html")
    assert "&lt;script&gt;{name}" in part(mail, "html")
    assert '"><script>{name}' in part(mail, "plain")


def test_addresses_in_a_text_become_links_and_their_lines_stay(chain: Chain) -> None:
    own(chain, body='See https://example.org/a?b=1&c=2.\nSecond "line"')
    html = part(mail_of(told(chain, reader())), "html")

    link = '<a href="https://example.org/a?b=1&amp;c=2">https://example.org/a?b=1&amp;c=2</a>'
    assert f'<p dir="auto">See {link}.<br>Second &quot;line&quot;</p>' in html


def test_page_that_the_text_does_not_name_is_linked_all_the_same(chain: Chain) -> None:
    own(chain, body="Something happened.")

    assert "Something happened.\n\nhttp://127.0.0.1:8000/sign-in/\n" in render(told(chain, reader())).text


def test_rehearsal_says_so_first() -> None:
    rehearsed = make_chain("rehearsed", is_rehearsal=True)
    rendered = render(told(rehearsed, reader(role=User.Role.SECRETARIAT)))

    assert rendered.subject == "[Rehearsal] the inscription, Reader"
    assert rendered.text.startswith("*** This is a rehearsal. Nothing here counts. ***\n\nDear Reader,")
    assert rendered.html.index("This is a rehearsal.") < rendered.html.index("Dear Reader,")


def test_mail_is_in_the_readers_language_and_direction(chain: Chain) -> None:
    notice = told(chain, reader(language="ar"))
    with translation.override("fr"):
        rendered = render(notice)

    assert '<html lang="ar" dir="rtl">' in rendered.html
    assert "مخطِّط" in rendered.text
    assert rendered.language == "ar"


def test_mail_names_the_zones_of_its_times(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_letterheads", [lambda _chain: Letterhead("67th session", "Europe/Vienna")])

    text = render(told(chain, reader(time_zone="Asia/Dubai"))).text

    assert "\n67th session\nTimes are those of: Vienna, Dubai\n" in text


def test_calendar_is_attached_where_there_is_one(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    def calendar(_cause: Cause, _user: User) -> bytes:
        return b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"

    monkeypatch.setitem(kinds._kinds, PLAIN.code, replace(PLAIN, calendar=calendar))
    attached = list(mail_of(told(chain, reader())).iter_attachments())

    assert [(each.get_content_type(), each.get_param("method"), each.get_filename()) for each in attached] == [
        ("text/calendar", "PUBLISH", "calendar.ics")
    ]
    assert attached[0].get_payload(decode=True) == b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def test_portal_shows_the_same_without_what_only_a_mail_has(chain: Chain) -> None:
    worded = word(told(chain, reader()).cause, reader(), language="en")

    assert (worded.subject, worded.link) == ("the inscription, Reader", "http://127.0.0.1:8000/sign-in/")
    assert worded.body == "Dear Reader,\n\nthere is news of the inscription.\n\nhttp://127.0.0.1:8000/sign-in/"


def test_chain_of_no_meeting_speaks_of_the_service(chain: Chain) -> None:
    assert letterhead(chain) == Letterhead("Meeting-logistics planner")


# --- instants ---------------------------------------------------------------------------------------------------------

MOMENT = datetime(2024, 2, 29, 9, tzinfo=UTC)


def test_moment_is_in_the_meetings_zone_and_in_the_readers(chain: Chain) -> None:
    assert moment_text(MOMENT, "Europe/Vienna", User(time_zone="Asia/Dubai")) == (
        "29 February 2024, 10:00 (Vienna) = 29 February 2024, 13:00 (Dubai)"
    )


@pytest.mark.parametrize("zone", ["", "Europe/Vienna", "Europe/Paris"])
def test_moment_is_written_once_where_both_clocks_agree(zone: str) -> None:
    assert moment_text(MOMENT, "Europe/Vienna", User(time_zone=zone)) == "29 February 2024, 10:00 (Vienna)"


# --- the secretariat's own wording ------------------------------------------------------------------------------------


def test_own_wording_is_taken_in_its_language_alone(chain: Chain) -> None:
    own(chain, language="fr", subject="À propos de {thing}")

    assert render(told(chain, reader("fr", language="fr"), key="fr")).subject == "À propos de the inscription"
    assert render(told(chain, reader("en"), key="en")).subject == "the inscription, En"


def test_wording_is_saved_changed_and_reset_with_an_entry_each(chain: Chain) -> None:
    own(chain, subject="One")
    own(chain, subject=" Two ", body="a\r\nb ")
    own(chain, subject="Two", body="a\nb")
    assert wording(chain, PLAIN, "en").subject == "Two"
    for _ in range(2):
        reset_text(chain=chain, kind=PLAIN.code, language="en", actor=COMMAND)

    assert wording(chain, PLAIN, "en").is_own is False
    assert [(entry.action, entry.changes[0]["after"]) for entry in entries(chain)] == [
        ("save_text", {"subject": "One", "body": "B"}),
        ("save_text", {"subject": "Two", "body": "a\nb"}),
        ("reset_text", None),
    ]


def test_wording_with_a_fault_is_not_saved(chain: Chain) -> None:
    with pytest.raises(Invalid):
        own(chain, body="{nobody}")
    with pytest.raises(Invalid):
        own(chain, language="tlh")

    assert NoticeText.objects.count() == 0


def test_staff_alone_choose_the_wording(chain: Chain) -> None:
    actor = actor_for(reader())
    with pytest.raises(NotPermitted):
        save_text(chain=chain, kind=PLAIN.code, language="en", subject="S", body="B", actor=actor)
    with pytest.raises(NotPermitted):
        reset_text(chain=chain, kind=PLAIN.code, language="en", actor=actor)


def test_preview_shows_the_mail_of_a_real_reader(chain: Chain) -> None:
    told(chain, reader(), context={"thing": "the statement"})

    shown = preview(chain=chain, kind=PLAIN.code, language="fr", subject="{thing}", body="{name}")

    assert (shown.subject, shown.body, shown.language) == ("the statement", "Reader", "fr")
    assert NoticeText.objects.count() == 0


def test_preview_before_there_is_a_reader_says_what_the_placeholders_stand_for(chain: Chain) -> None:
    shown = preview(chain=chain, kind=PLAIN.code, language="en", subject="{thing}", body="{name}")

    assert (shown.subject, shown.body) == ("‹what it is about›", "‹the reader's name›")


def test_preview_unsubscribes_nobody(chain: Chain) -> None:
    told(chain, reader(), kind=OPTIONAL)
    shown = preview(chain=chain, kind=OPTIONAL.code, language="en", subject="{thing}", body="{name}")

    assert notice_of_token(shown.unsubscribe_url.split("/")[-2]) is None


def test_preview_of_an_unfit_text_is_refused(chain: Chain) -> None:
    with pytest.raises(Invalid):
        preview(chain=chain, kind=PLAIN.code, language="en", subject="{x}", body="B")
