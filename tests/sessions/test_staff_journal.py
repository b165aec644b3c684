"""The journal's page: read, filtered, verified; and the erasing of a person's data."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from cnd.models import Chain, JournalEntry, PersonalDatum
from sessions.models import Inscription, MeetingSession
from sessions.services.inscriptions import change_level, edit_speaker, inscribe
from tests.sessions.scenes import announce_now, as_officer, draw_now, inscribe_states, make_session
from tests.sessions.staff_pages import last_entry, signed_in, text_of, told, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


@pytest.fixture
def austria(session: MeetingSession) -> Inscription:
    return inscribe(
        debate=session.debate,
        delegation=session.delegations.get(code="AT"),
        level="ministerial",
        speaker_name="Jane Roe",
        speaker_title="Minister",
        actor=as_officer(),
        reason="by note verbale",
    )


def rows(client: Client, **query: Any) -> list[dict[str, Any]]:
    return list(client.get(url("journal"), query).context["rows"])


def test_entries_stand_newest_first_with_who_and_why(austria: Inscription) -> None:
    newest, *_, oldest = rows(signed_in())

    assert (newest["action"], newest["who"]) == ("Inscribed", "Conference officer (officer)")
    assert newest["entry"].reason == "by note verbale"
    assert (oldest["entry"].number, oldest["who"]) == (1, "Command on the server")


def test_before_and_after_are_told_in_words(austria: Inscription) -> None:
    change_level(inscription=austria, level="above_ministerial", actor=as_officer())

    [change] = rows(signed_in())[0]["changes"]

    [pair] = change.pairs
    assert (pair.name, pair.before.text, pair.after.text) == ("level", "Ministerial", "Above ministerial")


def test_names_stand_for_the_codes_and_a_value_that_gave_way_is_one_line(austria: Inscription) -> None:
    draw_now(announce_now(austria.debate.session))
    change_level(inscription=austria, level="above_ministerial", actor=as_officer())

    told_changes = {change.what: change.pairs for change in rows(signed_in())[0]["changes"]}

    event = {pair.name: pair.after.text for pair in told_changes["draws/1/events/1"]}
    assert (event["delegation"], event["kind"], event["level"]) == ("Austria", "Level changed", "Above ministerial")
    [published] = told_changes["draws/1/list"]
    assert (published.before.text, published.after.text[-9:]) == ("1", "version 2")


def test_an_instant_is_told_in_the_meetings_zone(session: MeetingSession) -> None:
    rule = session.rules.get(scope="debate", key="draw_at")
    signed_in().post(url("rule", "debate", "draw_at"), {"value": "2024-02-29 15:00", "reason": "later", "seen": "0"})

    [change] = rows(signed_in())[0]["changes"]

    assert change.what == f"rule:{rule.name}"
    assert [(pair.before.text, pair.after.text) for pair in change.pairs] == [
        ("29 February 2024, 10:00 (Vienna)", "29 February 2024, 15:00 (Vienna)")
    ]


def test_a_person_is_named_to_staff_until_erased(austria: Inscription) -> None:
    client = signed_in()
    key = PersonalDatum.objects.get().key
    named = text_of(client.get(url("journal")))

    response = client.post(url("erase-person", key), {"reason": "asked for"})

    assert "Jane Roe, Minister" in named
    assert told(response) == ["The person's data are erased. The entries that refer to them still verify."]
    assert "Jane Roe" not in text_of(client.get(url("journal")))
    assert "erased" in text_of(client.get(url("journal")))
    assert told(client.post(url("journal-verify")))[-1].startswith("The journal verifies")


def test_erasing_needs_a_reason_and_says_what_it_takes_away(austria: Inscription) -> None:
    client = signed_in()
    address = url("erase-person", PersonalDatum.objects.get().key)

    page, refused = client.get(address), client.post(address, {"reason": ""})

    assert "The speaker of Austria is no longer named." in text_of(page)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["reason"])
    assert PersonalDatum.objects.get().value is not None


def test_erasing_twice_erases_once(austria: Inscription) -> None:
    client = signed_in()
    address = url("erase-person", PersonalDatum.objects.get().key)
    client.post(address, {"reason": "asked for"})
    number = last_entry().number

    client.post(address, {"reason": "asked for"})

    assert last_entry().number == number
    assert "Erased at" in text_of(client.get(address))


def test_a_person_of_another_chain_is_not_found(austria: Inscription) -> None:
    other = Chain.objects.create(code="cnd99")
    PersonalDatum.objects.update(chain=other)

    assert signed_in().get(url("erase-person", PersonalDatum.objects.get().key)).status_code == 404


def test_entries_are_filtered_by_action_and_searched(austria: Inscription) -> None:
    edit_speaker(inscription=austria, name="Ana Lim", title="", actor=as_officer())
    client = signed_in()

    def found(**query: Any) -> list[str]:
        return [row["entry"].action for row in rows(client, **query)]

    assert found(action="edit_speaker") == ["edit_speaker"]
    assert found(q="by note verbale") == ["inscribe"]
    assert found(q="inscription:AT:national") == ["edit_speaker", "inscribe"]
    assert found(q="no such words") == []


def test_entries_come_in_pages_of_fifty(session: MeetingSession) -> None:
    inscribe_states(session, 60)
    client = signed_in()

    assert [len(rows(client, page=page)) for page in (1, 2)] == [50, JournalEntry.objects.count() - 50]


def test_of_an_entry_with_many_changes_the_first_are_shown_and_the_whole_is_a_link_away(
    session: MeetingSession,
) -> None:
    client = signed_in()
    count = len(JournalEntry.objects.get(number=1).changes)

    [loading] = rows(client)
    page = client.get(url("journal"))
    whole = client.get(url("journal-entry", 1))
    last = client.get(url("journal-entry", 1), {"page": "99"})

    assert (len(loading["changes"]), loading["count"]) == (20, count)
    assert f'href="{url("journal-entry", 1)}"' in page.content.decode()
    assert page.content.decode().count("<") < 1_500
    assert (whole.context["page_obj"].paginator.count, len(whole.context["changes"])) == (count, 50)
    assert last.context["changes"][-1].what == JournalEntry.objects.get(number=1).changes[-1]["what"]


def test_an_entry_that_is_none_is_not_found(session: MeetingSession) -> None:
    assert signed_in().get(url("journal-entry", 99)).status_code == 404


def test_checkpoints_are_shown_with_their_seals(session: MeetingSession) -> None:
    inscribe_states(session, 5)
    announce_now(session)

    page = signed_in().get(url("journal"))

    assert page.context["checkpoints"][0].seal in page.content.decode()


def test_a_journal_altered_outside_the_service_is_told_with_its_first_broken_link(austria: Inscription) -> None:
    number = last_entry().number
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cnd_journalentry SET reason = 'another' WHERE number = %s", [number])

    response = signed_in().post(url("journal-verify"))

    assert told(response) == [
        f"The journal does not verify. The first broken link: cnd67/{number}: the content does not match its hash"
    ]


def test_an_action_without_words_is_told_by_its_code(session: MeetingSession) -> None:
    from cnd import journal

    with journal.decision(session.chain, action="paint_hall", subject="hall", actor=as_officer()) as draft:
        draft.change("colour", {"old": True, "list": [1, 2]}, None)

    row = rows(signed_in())[0]

    assert row["action"] == "paint hall"
    assert [(pair.name, pair.before.text, pair.after) for pair in row["changes"][0].pairs] == [
        ("list", "1, 2", None),
        ("old", "yes", None),
    ]
