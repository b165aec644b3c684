"""Flyers over the API: attached, given back and taken away, and drafts that are discarded."""

from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from cnd.models import IdempotencyKey, JournalEntry
from logistics.models import Application, SentFile
from sessions.models import MeetingSession
from tests.cnd.api_client import Api, problem_of, token_of
from tests.logistics.clients import client_of, client_of_staff
from tests.logistics.sent import PDF
from tests.logistics.windows import again, drafted, received, windowed
from tests.sessions.kept import kept
from tests.sessions.scenes import correct, count_entries, focal_point

pytestmark = pytest.mark.django_db

LIST = "/api/v1/sessions/cnd67/applications/"
SCOPES = ("applications:read", "applications:write")
OTHER_PDF = PDF.replace(b"<<>>", b"<</A 1>>")

loaded = kept(lambda: windowed().pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    cache.clear()
    return MeetingSession.objects.select_related("chain").get(pk=loaded)


austria = client_of("AT", *SCOPES)
kenya = client_of("KE", *SCOPES)
staff = client_of_staff(*SCOPES)


def one(application: Application) -> str:
    return f"{LIST}{application.pk}/"


def flyer(application: Application, query: str = "") -> str:
    return f"{one(application)}flyer/{query}"


def flown(session: MeetingSession, api: Api) -> Application:
    """Return a draft of Austria's with a flyer."""
    draft = drafted(session)
    assert api.put(flyer(draft), PDF, if_match="*").status_code == 200
    return draft


def last_entry() -> Any:
    return JournalEntry.objects.filter(chain__code="cnd67").latest("number")


# --- attached and given back ------------------------------------------------------------------------------------------


def test_a_flyer_is_attached_under_its_name_and_given_back(session: MeetingSession, austria: Api) -> None:
    draft = drafted(session)
    read = austria.get(one(draft))
    put = austria.put(flyer(draft, "?name=Our flyer.exe"), PDF, if_match=read["ETag"])
    assert (put.status_code, put.json()["id"]) == (200, draft.pk)
    whole, given = austria.get(one(draft)), austria.get(flyer(draft))
    assert (whole.json()["flyer"]["name"], whole.json()["flyer"]["size"]) == ("Our flyer.pdf", len(PDF))
    assert (given.content, given["Content-Type"]) == (PDF, "application/pdf")
    assert given["Content-Disposition"] == 'attachment; filename="Our flyer.pdf"'
    assert given["X-Content-Type-Options"] == "nosniff"
    assert given["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert put["ETag"] == whole["ETag"] == given["ETag"] != read["ETag"]
    assert austria.get(flyer(draft), if_none_match=given["ETag"]).status_code == 304
    assert last_entry().action == "edit_flyer"


@pytest.mark.parametrize("type_", ["application/pdf", "image/png", "image/jpeg", "application/octet-stream"])
def test_what_a_file_is_says_its_content_whatever_it_is_sent_as(
    session: MeetingSession, austria: Api, type_: str
) -> None:
    draft = drafted(session)
    assert austria.put(flyer(draft), PDF, if_match="*", content_type=type_).status_code == 200
    assert austria.get(flyer(draft))["Content-Type"] == "application/pdf"


def test_a_flyer_without_a_name_has_one(session: MeetingSession, austria: Api) -> None:
    assert austria.get(one(flown(session, austria))).json()["flyer"]["name"] == "flyer.pdf"


def test_the_same_file_again_changes_nothing(session: MeetingSession, austria: Api) -> None:
    draft = flown(session, austria)
    entries, files = count_entries(session), SentFile.objects.count()
    first = austria.get(one(draft))["ETag"]
    assert austria.put(flyer(draft), PDF, if_match="*")["ETag"] == first
    assert (count_entries(session), SentFile.objects.count()) == (entries, files)


def test_an_edit_of_the_flyer_rests_on_what_was_read(session: MeetingSession, austria: Api) -> None:
    draft = drafted(session)
    read = austria.get(one(draft))["ETag"]
    assert problem_of(austria.put(flyer(draft), PDF)) == (428, "version_missing")
    assert problem_of(austria.delete(flyer(draft))) == (428, "version_missing")
    assert austria.put(flyer(draft), PDF, if_match=read).status_code == 200
    assert problem_of(austria.put(flyer(draft), OTHER_PDF, if_match=read)) == (412, "outdated")
    assert problem_of(austria.delete(flyer(draft), if_match=read)) == (412, "outdated")
    assert austria.get(flyer(draft)).content == PDF


def test_a_flyer_counts_once_under_its_key(session: MeetingSession, austria: Api) -> None:
    draft = drafted(session)
    first = austria.put(flyer(draft), PDF, if_match="*", idempotency_key="one")
    austria.put(flyer(draft), OTHER_PDF, if_match="*")
    second = austria.put(flyer(draft), PDF, if_match="*", idempotency_key="one")
    other = austria.put(flyer(draft), OTHER_PDF, if_match="*", idempotency_key="one")
    assert (second.status_code, second.json(), second["Idempotent-Replayed"]) == (200, first.json(), "true")
    assert problem_of(other) == (422, "idempotency_key_reused")
    assert austria.get(flyer(draft)).content == OTHER_PDF


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00", b"%PDF-1.7 cut off", b"<html>"])
def test_what_is_no_flyer_is_refused_whatever_it_is_sent_as(
    session: MeetingSession, austria: Api, content: bytes
) -> None:
    answer = austria.put(flyer(drafted(session)), content, if_match="*", content_type="application/pdf")
    assert problem_of(answer) == (415, "file_not_valid")
    assert list(answer.json()["errors"]) == ["flyer"]


@pytest.mark.parametrize("type_", ["application/json", "text/html", "multipart/form-data; boundary=x"])
def test_what_is_not_sent_as_a_file_is_refused(session: MeetingSession, austria: Api, type_: str) -> None:
    answer = austria.put(flyer(drafted(session)), PDF, if_match="*", content_type=type_)
    assert problem_of(answer) == (415, "unsupported_media_type")


def test_a_flyer_may_be_larger_than_json_but_not_than_the_rules_let_it_be(
    session: MeetingSession, austria: Api
) -> None:
    draft, most = drafted(session), 2_000_000
    large = PDF.replace(b"<<>>", b"<<>>" + b" " * (most - len(PDF)))
    assert len(large) == most > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert austria.put(flyer(draft), large, if_match="*").status_code == 200
    assert problem_of(austria.put(flyer(draft), large + b" ", if_match="*")) == (413, "file_too_large")
    huge = b" " * (settings.MOST_BYTES_OF_FILES + 1)
    assert problem_of(austria.put(flyer(draft), huge, if_match="*")) == (413, "too_large")


def test_a_file_is_no_way_around_the_limit_of_json(session: MeetingSession, austria: Api) -> None:
    large = "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    as_json = austria.post(LIST, large)
    as_file = austria.post(LIST, large, content_type="application/pdf")
    assert (problem_of(as_json), problem_of(as_file)) == (
        (413, "too_large"),
        (415, "unsupported_media_type"),
    )


def test_a_misspelt_parameter_is_named(session: MeetingSession, austria: Api) -> None:
    draft = flown(session, austria)
    answers = [
        austria.put(flyer(draft, "?nmae=x"), PDF, if_match="*"),
        austria.delete(flyer(draft, "?nmae=x"), if_match="*"),
        austria.get(flyer(draft, "?nmae=x")),
    ]
    assert {(problem_of(each), *each.json()["errors"]) for each in answers} == {((400, "invalid"), "nmae")}


def test_where_there_is_no_flyer_there_is_none_to_read(session: MeetingSession, austria: Api) -> None:
    draft = drafted(session)
    assert problem_of(austria.get(flyer(draft)))[0] == 404
    assert problem_of(austria.get(flyer(draft), if_none_match="*"))[0] == 404


def test_the_flyer_of_a_received_application_is_an_edit_only_where_the_rules_say_so(
    session: MeetingSession, austria: Api
) -> None:
    application = received(session)
    assert austria.put(flyer(application), PDF, if_match="*").status_code == 200
    assert [each.fields for each in again(application).revisions.all()] == [[], ["flyer"]]
    correct(session, "side-event-high-level.small_edits", ["contact"])
    assert problem_of(austria.delete(flyer(application), if_match="*")) == (409, "not_a_small_edit")


# --- taken away -------------------------------------------------------------------------------------------------------


def test_a_flyer_is_taken_away_and_where_there_is_none_nothing_changes(session: MeetingSession, austria: Api) -> None:
    draft = flown(session, austria)
    gone = austria.delete(flyer(draft), if_match=austria.get(one(draft))["ETag"])
    assert (gone.status_code, gone.content, "Content-Type" in gone) == (204, b"", False)
    assert austria.get(one(draft)).json()["flyer"] is None
    assert austria.get(one(draft))["ETag"] == gone["ETag"]
    entries = count_entries(session)
    assert austria.delete(flyer(draft), if_match="*").status_code == 204
    assert count_entries(session) == entries


def test_an_answer_without_a_body_is_sent_again_too(session: MeetingSession, austria: Api) -> None:
    draft = flown(session, austria)
    first = austria.delete(flyer(draft), if_match="*", idempotency_key="gone")
    austria.put(flyer(draft), PDF, if_match="*")
    second = austria.delete(flyer(draft), if_match="*", idempotency_key="gone")
    assert (second.status_code, second.content, second["ETag"]) == (204, b"", first["ETag"])
    assert (second["Idempotent-Replayed"], "Content-Type" in second) == ("true", False)
    assert IdempotencyKey.objects.get(key="gone").status == 204
    assert austria.get(flyer(draft)).status_code == 200


# --- who may ----------------------------------------------------------------------------------------------------------


def test_another_delegations_flyer_and_draft_are_none_at_all(session: MeetingSession, austria: Api, kenya: Api) -> None:
    draft = flown(session, austria)
    answers = [
        kenya.get(flyer(draft)),
        kenya.put(flyer(draft), OTHER_PDF, if_match="*"),
        kenya.delete(flyer(draft), if_match="*"),
        kenya.delete(one(draft)),
    ]
    assert {problem_of(each) for each in answers} == {(404, "no_such_application")}
    assert (austria.get(flyer(draft)).content, again(draft).discarded_at) == (PDF, None)


def test_a_token_that_reads_writes_nothing(session: MeetingSession, austria: Api) -> None:
    draft = flown(session, austria)
    reader = Api(token_of(focal_point(session, "AT"), "applications:read"))
    assert reader.get(flyer(draft)).status_code == 200
    answers = [
        reader.put(flyer(draft), PDF, if_match="*"),
        reader.delete(flyer(draft), if_match="*"),
        reader.delete(one(draft)),
    ]
    assert {problem_of(each) for each in answers} == {(403, "insufficient_scope")}
    assert problem_of(Api().get(flyer(draft)))[0] == 401


def test_from_a_page_a_file_needs_the_pages_token_as_any_write_does(session: MeetingSession) -> None:
    draft = drafted(session)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(focal_point(session, "AT"))
    answer = browser.put(flyer(draft), PDF, content_type="application/pdf", headers={"If-Match": "*"})
    assert answer.status_code == 403
    assert again(draft).flyer_id is None


def test_the_secretariat_attaches_with_a_reason_once_it_is_received(session: MeetingSession, staff: Api) -> None:
    application = received(session)
    bare = staff.put(flyer(application), PDF, if_match="*")
    assert (problem_of(bare), list(bare.json()["errors"])) == ((422, "reason_missing"), ["reason"])
    assert staff.put(flyer(application, "?reason=Sent by mail"), PDF, if_match="*").status_code == 200
    assert (last_entry().action, last_entry().reason) == ("edit_flyer", "Sent by mail")
    assert problem_of(staff.delete(flyer(application), if_match="*")) == (422, "reason_missing")
    assert staff.delete(flyer(application, "?reason=Wrong one"), if_match="*").status_code == 204
    assert last_entry().reason == "Wrong one"


# --- a draft is discarded ---------------------------------------------------------------------------------------------


def test_a_draft_is_discarded_and_is_there_no_more(session: MeetingSession, austria: Api) -> None:
    draft = drafted(session)
    gone = austria.delete(one(draft), idempotency_key="one")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (last_entry().action, again(draft).discarded_at is None) == ("discard_draft", False)
    entries = count_entries(session)
    assert austria.delete(one(draft), idempotency_key="one").status_code == 204
    assert problem_of(austria.delete(one(draft))) == (404, "no_such_application")
    assert austria.get(LIST).json()["results"] == []
    assert count_entries(session) == entries


def test_what_was_received_is_not_discarded(session: MeetingSession, austria: Api) -> None:
    application = received(session)
    assert problem_of(austria.delete(one(application))) == (409, "received")
    assert again(application).state == "under_review"


def test_a_draft_that_changed_since_it_was_read_is_kept(session: MeetingSession, austria: Api) -> None:
    draft = drafted(session)
    read = austria.get(one(draft))["ETag"]
    austria.patch(one(draft), {"title": "Newer"}, if_match=read)
    assert problem_of(austria.delete(one(draft), if_match=read)) == (412, "outdated")
    assert austria.delete(one(draft), if_match=austria.get(one(draft))["ETag"]).status_code == 204
