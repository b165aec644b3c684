"""The wording of notices: the product's own, the secretariat's, previewed on real notices and checked before saving."""

import re
from itertools import cycle
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from cnd.models import JournalEntry, NoticeText
from cnd.outbox import kinds as registry
from cnd.outbox.kinds import Kind, kinds, register_kind
from cnd.outbox.telling import tell
from cnd.outbox.texts import word
from sessions.models import MeetingSession
from tests.sessions.mails import message
from tests.sessions.scenes import focal_point, inscribed, last_entry, make_session, officer
from tests.sessions.staff_pages import hidden, signed_in, text_of, told, url

pytestmark = pytest.mark.django_db

PAGE = ("wording", "message", "en")


@pytest.fixture
def session() -> MeetingSession:
    session = make_session(at=None)
    user = focal_point(session, "AT")
    user.email, user.first_name, user.last_name = "at@example.org", "Jane", "Roe"
    user.save()
    return session


def send(client: Client, step: str, page: tuple[str, ...] = PAGE, **words: str) -> Any:
    """Fill in the form as it stands, with other words, and press a button."""
    shown = client.get(url(*page))
    given = {"subject": "{subject}", "body": "{text}", "seen": hidden(shown, "seen")}
    return client.post(url(*page), {**given, **words, "step": step})


def test_every_kind_stands_in_the_list_with_six_languages(session: MeetingSession) -> None:
    rows = signed_in().get(url("wordings")).context["rows"]

    assert sorted(row["kind"].code for row in rows) == sorted(kind.code for kind in kinds())
    assert {len(row["languages"]) for row in rows} == {6}


def test_every_kind_opens_and_previews_its_own_words(session: MeetingSession) -> None:
    client = signed_in()
    # Every kind in one language, every language with some kind.
    pages = [
        ("wording", kind.code, language)
        for kind, language in zip(kinds(), cycle(dict(settings.LANGUAGES)), strict=False)
    ]

    def preview(page: tuple[str, ...]) -> int:
        initial = client.get(url(*page)).context["form"].initial
        return int(client.post(url(*page), {**initial, "step": "preview"}).status_code)

    assert {page: preview(page) for page in pages} == dict.fromkeys(pages, 200)
    assert {language for _wording, _kind, language in pages} == set(dict(settings.LANGUAGES))


@pytest.mark.parametrize("page", [("wording", "nothing", "en"), ("wording", "message", "de")])
def test_what_is_no_kind_or_language_is_not_found(session: MeetingSession, page: tuple[str, ...]) -> None:
    assert signed_in().get(url(*page)).status_code == 404


def test_placeholders_are_listed_with_their_meaning(session: MeetingSession) -> None:
    said = dict(signed_in().get(url(*PAGE)).context["placeholders"])

    assert said.keys() == {"{name}", "{session}", "{link}", "{subject}", "{text}"}
    assert str(said["{name}"]) == "the reader's name"


def test_saved_words_are_sent_from_then_on_in_that_language_alone(session: MeetingSession) -> None:
    client = signed_in()

    response = send(client, "save", subject="CND67: {subject}", body="Dear {name},\n\n{text}")

    cause, user = message(session), focal_point(session, "AT")
    assert told(response) == ["Saved: from now on notices of this kind read so."]
    assert [word(cause, user, language=code).subject for code in ("en", "fr")] == [
        "CND67: The room has changed",
        "The room has changed",
    ]
    assert word(cause, user).body == "Dear Jane Roe,\n\nIt is Boardroom D now."
    assert "yours" in text_of(client.get(url("wordings")))


def test_going_back_takes_the_products_words_and_the_journal_keeps_the_others(session: MeetingSession) -> None:
    client = signed_in()
    send(client, "save", subject="Mine", body="{text}")

    client.post(url("wording-reset", "message", "en"))

    assert NoticeText.objects.count() == 0
    [change] = last_entry(session).changes
    assert (change["before"], change["after"]) == ({"subject": "Mine", "body": "{text}"}, None)
    assert client.get(url(*PAGE)).context["form"].initial["subject"] == "{subject}"


@pytest.mark.parametrize(
    "hostile",
    [
        "{name.__class__}",
        "{name!r}",
        "{name[0]}",
        "{0}",
        "{}",
        "{settings}",
        "{name:>1000000000}",
        "{ name }",
        "{name",
        "name}",
        "{NAME}",
        "{__import__('os')}",
    ],
)
@pytest.mark.parametrize("step", ["preview", "save"])
def test_what_is_no_placeholder_is_refused_beside_its_field(session: MeetingSession, hostile: str, step: str) -> None:
    client = signed_in()

    response = send(client, step, body=f"Good day {hostile}")

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["body"]
    assert NoticeText.objects.count() == 0
    assert f"Good day {hostile}" == response.context["form"]["body"].value()


def test_both_fields_are_named_when_both_are_wrong(session: MeetingSession) -> None:
    response = send(signed_in(), "save", subject="{subjekt}", body="{txt}")

    assert sorted(response.context["form"].errors) == ["body", "subject"]


def test_the_preview_is_of_a_real_notice_and_saves_nothing(session: MeetingSession) -> None:
    message(session)
    entries = JournalEntry.objects.count()
    client = signed_in()

    page = send(client, "preview", subject="For {name}", body="{text}")

    assert page.context["mail"]["subject"] == "For Jane Roe"
    assert "It is Boardroom D now." in page.context["mail"]["text"]
    assert not page.context["is_sample"]
    assert (NoticeText.objects.count(), JournalEntry.objects.count()) == (0, entries)
    frame = client.get(url("mail-preview", page.context["mail"]["name"]))
    assert "It is Boardroom D now." in frame.content.decode()


def test_the_reader_of_the_preview_is_chosen(session: MeetingSession) -> None:
    other = focal_point(session, "DE")
    cause = message(session)

    page = send(signed_in(), "preview", subject="For {name}", body="{text}", reader=f"{cause.pk}-{other.pk}")

    assert page.context["mail"]["subject"] == "For focal-de"


def test_before_anybody_was_told_placeholders_show_what_they_stand_for(session: MeetingSession) -> None:
    page = send(signed_in(), "preview", subject="For {name}", body="{text}")

    assert page.context["mail"]["subject"] == "For ‹the reader's name›"
    assert page.context["is_sample"]


def test_a_kind_whose_link_is_a_secret_is_never_previewed_on_a_real_notice(session: MeetingSession) -> None:
    def link(_cause: object, _user: object) -> str:
        return "/opens-the-account/"

    secret = Kind("test_secret", "Secret", "Come", "{link}", link=link, is_secret=True)
    register_kind(secret)
    try:
        tell(chain=session.chain, kind="test_secret", key="test/secret", audience="delegations")
        page = send(signed_in(), "preview", ("wording", "test_secret", "en"), subject="Come", body="{link}")
    finally:
        registry._kinds.pop("test_secret")

    assert page.context["is_sample"]
    assert "opens-the-account" not in page.content.decode()
    assert "reader" not in page.context["form"].fields


def test_what_is_about_accounts_is_worded_for_every_session_alike(session: MeetingSession) -> None:
    page = ("wording", "account_changed", "en")
    client = signed_in()

    send(client, "save", page, subject="Attention, {name}", body="{what}")

    assert NoticeText.objects.get().chain.code == "system"
    assert client.get(url(*page)).context["form"].initial["subject"] == "Attention, {name}"
    assert "yours" in text_of(client.get(url("wordings")))
    client.post(url("wording-reset", *page[1:]))
    assert NoticeText.objects.count() == 0


def test_of_two_who_change_a_wording_at_once_the_second_looks_again(session: MeetingSession) -> None:
    client, other = signed_in(), signed_in(officer("other"))
    seen = hidden(client.get(url(*PAGE)), "seen")
    send(other, "save", subject="Theirs", body="{text}")

    given = {"subject": "Mine", "body": "{text}", "seen": seen, "step": "save"}
    refused = client.post(url(*PAGE), given)

    assert refused.status_code == 409
    assert refused.context["form"]["subject"].value() == "Mine"
    assert NoticeText.objects.get().subject == "Theirs"
    client.post(url(*PAGE), {**given, "seen": hidden(refused, "seen")})
    assert NoticeText.objects.get().subject == "Mine"


def test_the_form_is_written_in_the_direction_of_its_language(session: MeetingSession) -> None:
    page = signed_in().get(url("wording", "message", "ar")).content.decode()

    [area] = re.findall(r"<textarea[^>]*>", page)
    assert ('dir="rtl"' in area, 'lang="ar"' in area) == (True, True)


def test_a_wording_that_holds_markup_is_shown_as_it_was_written(session: MeetingSession) -> None:
    client = signed_in()

    page = send(client, "preview", subject="{subject}", body="<script>alert(1)</script> {text}")

    frame = client.get(url("mail-preview", page.context["mail"]["name"])).content.decode()
    assert ("<script>" in frame, "&lt;script&gt;alert(1)&lt;/script&gt;" in frame) == (False, True)


def test_real_notices_of_the_meeting_are_previewed_too(session: MeetingSession) -> None:
    inscribed(session, "AT")
    client = signed_in()
    told_kinds = set(session.chain.causes.filter(notices__isnull=False).values_list("kind", flat=True))
    assert told_kinds

    shown = {}
    for kind in told_kinds:
        form = client.get(url("wording", kind, "fr")).context["form"]
        words = {name: form.initial[name] for name in ("subject", "body")}
        page = send(client, "preview", ("wording", kind, "fr"), **words)
        shown[kind] = (page.status_code, page.context["is_sample"])

    assert shown == dict.fromkeys(told_kinds, (200, False))
