"""Inscriptions over the API: made, changed, withdrawn, and every way in which that is refused."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from cnd import journal
from cnd.actors import COMMAND
from cnd.models import IdempotencyKey
from sessions.models import Inscription, MeetingSession
from tests.cnd.api_client import Api, problem_of, token_of
from tests.sessions.kept import kept
from tests.sessions.scenes import (
    DAY_OF_QUOTAS,
    VIENNA,
    count_entries,
    focal_point,
    last_entry,
    make_session,
    officer,
    state,
)

pytestmark = pytest.mark.django_db

LIST = "/api/v1/sessions/cnd67/inscriptions/"
AT = {"delegation": "AT", "level": "ministerial"}
ANNA = {"speaker_name": "Anna Example", "speaker_title": "Minister"}

loaded = kept(lambda: make_session(datetime(2024, 2, 1, 9, tzinfo=VIENNA)).pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    """Return a session in the middle of its window."""
    cache.clear()
    return MeetingSession.objects.get(pk=loaded)


@pytest.fixture
def austria(session: MeetingSession) -> Api:
    return Api(token_of(focal_point(session, "AT")))


@pytest.fixture
def staff(session: MeetingSession) -> Api:
    return Api(token_of(officer()))


def one(receipt: int, step: str = "") -> str:
    return f"{LIST}{receipt}/{step and step + '/'}"


# --- inscribing -------------------------------------------------------------------------------------------------------


def test_a_focal_point_inscribes_its_delegation(austria: Api) -> None:
    answer = austria.post(LIST, AT | ANNA)
    made = Inscription.objects.get()
    assert answer.status_code == 201
    assert answer["Location"] == f"http://testserver{one(1)}"
    assert answer.json() == {
        "receipt": 1,
        "version": answer.json()["version"],
        "delegation": "AT",
        "statement": "own",
        "group": "western_european_others",
        "level": "ministerial",
        "speaker_name": "Anna Example",
        "speaker_title": "Minister",
        "received_at": made.receipt_at.isoformat().replace("+00:00", "Z"),
        "received_real_at": made.received_real_at.isoformat().replace("+00:00", "Z"),
        "withdrawn_at": None,
    }
    assert answer["ETag"] == f'"{answer.json()["version"]}"'
    read = austria.get(one(1))
    assert (read.json(), read["ETag"]) == (answer.json(), answer["ETag"])


def test_the_journal_says_who_it_was(session: MeetingSession, austria: Api) -> None:
    austria.post(LIST, AT)
    entry = last_entry(session)
    assert (entry.action, entry.actor) == ("inscribe", f"user:{focal_point(session, 'AT').pk}")


def test_the_chair_inscribes_its_group(session: MeetingSession, austria: Api) -> None:
    group = state(session, "AT").group
    assert group
    group.chair = state(session, "AT")
    group.save()
    answer = austria.post(LIST, AT | {"statement": "group"})
    assert (answer.status_code, answer.json()["statement"]) == (201, "group")


def test_who_does_not_chair_the_group_is_refused(austria: Api) -> None:
    assert problem_of(austria.post(LIST, AT | {"statement": "group"})) == (409, "not_the_chair")


def test_a_second_inscription_is_refused_naming_the_receipt(austria: Api) -> None:
    austria.post(LIST, AT)
    answer = austria.post(LIST, AT)
    assert problem_of(answer) == (409, "already_inscribed")
    assert answer.json()["detail"] == "Austria is already inscribed, under receipt 1."


def test_after_the_window_the_refusal_says_when_it_closed(session: MeetingSession, austria: Api) -> None:
    with time_machine.travel(session.chain.to_real(DAY_OF_QUOTAS)):
        answer = Api(token_of(focal_point(session, "AT"))).post(LIST, AT)
    assert problem_of(answer) == (409, "window_closed")
    details = answer.json()["details"]
    assert (details["opens_at"], details["closes_at"]) == (
        "2024-01-15T09:00:00.000000Z",
        "2024-02-26T17:00:00.000000Z",
    )
    assert "26 February 2024, 18:00 (Vienna)" in answer.json()["detail"]


def test_after_the_window_the_secretariat_needs_a_reason(session: MeetingSession, staff: Api) -> None:
    with time_machine.travel(session.chain.to_real(DAY_OF_QUOTAS)):
        late = Api(token_of(officer()))
        without = late.post(LIST, AT)
        assert (problem_of(without), list(without.json()["errors"])) == ((422, "reason_missing"), ["reason"])
        assert late.post(LIST, AT | {"reason": "came by post"}).status_code == 201
    assert last_entry(session).reason == "came by post"


@pytest.mark.parametrize(
    ("sent", "at_fault"),
    [
        ({}, ["delegation", "level"]),
        ({"delegation": "AT", "level": "royal"}, ["level"]),
        ({"delegation": "ZZ", "level": "ministerial"}, ["delegation"]),
        ({"delegation": "AT", "level": "royal", "speaker": "x", "colour": "red"}, ["colour", "level", "speaker"]),
        ({"delegation": ["AT"], "level": None}, ["delegation", "level"]),
        (AT | {"statement": "both"}, ["statement"]),
        (AT | {"speaker_name": "x" * 201}, ["speaker_name"]),
        (AT | {"speaker_name": "nul \u0000"}, ["speaker_name"]),
        ([], [""]),
        ("null", [""]),
    ],
)
def test_every_member_at_fault_is_named_and_nothing_is_written(austria: Api, sent: object, at_fault: list[str]) -> None:
    answer = austria.post(LIST, sent)
    assert problem_of(answer) == (400, "invalid")
    assert sorted(answer.json()["errors"]) == at_fault
    assert (Inscription.objects.count(), IdempotencyKey.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ('{"level": NaN}', "application/json", 400),
        ("level=ministerial", "application/x-www-form-urlencoded", 415),
        ("<a/>", "application/xml", 415),
    ],
)
def test_what_is_no_json_is_refused(austria: Api, body: str, kind: str, status: int) -> None:
    assert problem_of(austria.post(LIST, body, content_type=kind))[0] == status


def test_what_is_too_large_is_refused(austria: Api) -> None:
    assert problem_of(austria.post(LIST, AT | {"speaker_name": "x" * 1_000_001})) == (413, "too_large")


# --- changing ---------------------------------------------------------------------------------------------------------


def test_level_and_speaker_change_in_one_entry(session: MeetingSession, austria: Api) -> None:
    etag = austria.post(LIST, AT | ANNA)["ETag"]
    entries = count_entries(session)
    answer = austria.patch(one(1), {"level": "above_ministerial", "speaker_name": "Bo"}, if_match=etag)
    body = answer.json()
    assert (answer.status_code, answer["ETag"] != etag) == (200, True)
    assert (body["level"], body["speaker_name"], body["speaker_title"]) == ("above_ministerial", "Bo", "Minister")
    assert (count_entries(session), last_entry(session).action) == (entries + 1, "change_inscription")
    assert journal.verify(session.chain)


def test_a_change_that_changes_nothing_leaves_version_and_journal(session: MeetingSession, austria: Api) -> None:
    etag = austria.post(LIST, AT)["ETag"]
    entries = count_entries(session)
    assert austria.patch(one(1), {"level": "ministerial"}, if_match=etag)["ETag"] == etag
    assert count_entries(session) == entries


@pytest.mark.parametrize(
    ("sent", "at_fault"),
    [({}, [""]), ({"reason": "why not"}, [""]), ({"receipt": 9}, ["receipt"]), ({"level": "royal"}, ["level"])],
)
def test_a_change_names_what_is_at_fault(austria: Api, sent: object, at_fault: list[str]) -> None:
    austria.post(LIST, AT)
    answer = austria.patch(one(1), sent, if_match="*")
    assert (problem_of(answer)[0], list(answer.json()["errors"])) == (400, at_fault)


def test_withdrawing_and_taking_it_back_keep_the_receipt(austria: Api) -> None:
    austria.post(LIST, AT)
    gone = austria.post(one(1, "withdraw"), {"reason": "cannot travel"}, if_match="*")
    assert (gone.status_code, gone.json()["withdrawn_at"] is None) == (200, False)
    assert problem_of(austria.patch(one(1), {"level": "above_ministerial"}, if_match="*")) == (409, "withdrawn")
    back = austria.post(one(1, "undo-withdrawal"), if_match=gone["ETag"])
    assert (back.status_code, back.json()["withdrawn_at"], back.json()["receipt"]) == (200, None, 1)


@pytest.mark.parametrize("kind", ["application/json", ""])
def test_a_step_with_nothing_to_say_needs_no_body(austria: Api, kind: str) -> None:
    austria.post(LIST, AT)
    assert austria.post(one(1, "withdraw"), "", content_type=kind, if_match="*").status_code == 200


# --- what a change rests on -------------------------------------------------------------------------------------------


def changes(api: Api, **headers: str) -> list[Any]:
    return [
        api.patch(one(1), {"level": "above_ministerial"}, **headers),
        api.post(one(1, "withdraw"), **headers),
        api.post(one(1, "undo-withdrawal"), **headers),
    ]


def test_a_change_without_if_match_is_refused(austria: Api) -> None:
    austria.post(LIST, AT)
    assert {problem_of(answer) for answer in changes(austria)} == {(428, "version_missing")}


def test_who_was_slower_changes_nothing(session: MeetingSession, austria: Api, staff: Api) -> None:
    etag = austria.post(LIST, AT)["ETag"]
    assert staff.patch(one(1), {"speaker_name": "Bo"}, if_match=etag).status_code == 200
    entries = count_entries(session)
    assert {problem_of(answer) for answer in changes(austria, if_match=etag)} == {(412, "outdated")}
    assert count_entries(session) == entries


@pytest.mark.parametrize("tag", ['W/"%s"', '"%s-else"', '"99999999999999999999"', '"0"'])
def test_a_tag_that_is_not_the_versions_own_does_not_match(austria: Api, tag: str) -> None:
    version = austria.post(LIST, AT).json()["version"]
    sent = tag % version if "%" in tag else tag
    assert {problem_of(answer) for answer in changes(austria, if_match=sent)} == {(412, "outdated")}


def test_one_of_several_tags_is_enough(austria: Api) -> None:
    etag = austria.post(LIST, AT)["ETag"]
    assert austria.patch(one(1), {"speaker_name": "Bo"}, if_match=f'"1", {etag}').status_code == 200


def test_a_malformed_if_match_is_refused(austria: Api) -> None:
    austria.post(LIST, AT)
    assert {problem_of(answer) for answer in changes(austria, if_match="87")} == {(400, "version_malformed")}


# --- persons ----------------------------------------------------------------------------------------------------------


def test_an_erased_person_is_gone_from_answers_kept_too(session: MeetingSession, austria: Api) -> None:
    first = austria.post(LIST, AT | ANNA, idempotency_key="once")
    speaker = Inscription.objects.get().speaker
    assert speaker
    journal.erase_personal(datum=speaker, actor=COMMAND, reason="asked for")
    assert problem_of(austria.post(LIST, AT | ANNA, idempotency_key="once")) == (410, "answer_erased")
    assert "Anna" not in "".join(IdempotencyKey.objects.values_list("body", flat=True))
    read = austria.get(one(1), if_none_match=first["ETag"])
    assert (read.status_code, read.json()["speaker_name"]) == (200, None)
