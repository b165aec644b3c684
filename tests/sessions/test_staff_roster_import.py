"""The import of a roster: previewed, confirmed exactly as previewed, all of it or nothing."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sessions.models import Inscription, MeetingSession
from sessions.services.inscriptions import change_level, inscribe
from sessions.services.roster_import import COLUMNS
from tests.sessions.scenes import as_officer, make_session
from tests.sessions.staff_pages import hidden, signed_in, text_of, told, url

pytestmark = pytest.mark.django_db

WHY = "asked for by note verbale"
GOOD = "delegation,level\nAT,ministerial\nKE,above_ministerial\n"


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


def inscribe_austria(session: MeetingSession) -> Inscription:
    austria = session.delegations.get(code="AT")
    return inscribe(debate=session.debate, delegation=austria, level="ministerial", actor=as_officer(), reason=WHY)


def preview(client: Client, text: str) -> Any:
    return client.post(url("roster-import"), {"text": text})


def confirm(client: Client, previewed: str, reason: str = WHY) -> Any:
    return client.post(url("roster-import"), {"previewed": previewed, "reason": reason})


def test_a_preview_writes_nothing_and_names_every_row(session: MeetingSession) -> None:
    response = preview(signed_in(), GOOD)

    assert [row.delegation.code for row in response.context["preview"].new_rows] == ["AT", "KE"]
    assert not Inscription.objects.exists()


def test_what_was_previewed_is_imported_in_row_order(session: MeetingSession) -> None:
    client = signed_in()

    response = confirm(client, hidden(preview(client, GOOD), "previewed"))

    assert told(response) == ["2 inscriptions were imported."]
    assert list(Inscription.objects.values_list("delegation__code", flat=True)) == ["AT", "KE"]


def test_a_file_is_previewed_and_carried_with_its_very_newlines(session: MeetingSession) -> None:
    content = '\ufeffdelegation;level;speaker_name\r\nAT;ministerial;"Jane\nRoe"\r\n'
    file = SimpleUploadedFile("roster.csv", content.encode())
    client = signed_in()

    response = client.post(url("roster-import"), {"file": file})
    confirm(client, hidden(response, "previewed"))

    assert Inscription.objects.get().speaker.value["name"] == "Jane\nRoe"  # type: ignore[union-attr, index]


def test_every_fault_is_named_with_its_line_and_nothing_can_be_confirmed(session: MeetingSession) -> None:
    response = preview(signed_in(), "delegation,level\nXX,ministerial\nAT,cosmic\nKE,ministerial\n")

    assert response.status_code == 422
    assert [(fault.line, fault.column) for fault in response.context["preview"].faults] == [
        (2, "delegation"),
        (3, "level"),
    ]
    assert "Import exactly this" not in text_of(response)


def test_rows_that_are_there_already_are_shown_apart(session: MeetingSession) -> None:
    client = signed_in()
    inscribe_austria(session)

    context = preview(client, GOOD).context

    assert [row.delegation.code for row in context["known"]] == ["AT"]
    assert [row.delegation.code for row in context["preview"].new_rows] == ["KE"]


def test_an_altered_preview_is_not_imported(session: MeetingSession) -> None:
    client = signed_in()
    sealed = hidden(preview(client, GOOD), "previewed")

    response = confirm(client, sealed[:-2] + ("AA" if sealed[-2:] != "AA" else "BB"))

    assert response.status_code == 422
    assert "read the file again" in text_of(response)
    assert not Inscription.objects.exists()


def test_a_preview_that_went_stale_is_checked_again(session: MeetingSession) -> None:
    client = signed_in()
    sealed = hidden(preview(client, GOOD), "previewed")
    change_level(inscription=inscribe_austria(session), level="below_ministerial", actor=as_officer())

    response = confirm(client, sealed)

    assert response.status_code == 422
    assert [fault.column for fault in response.context["preview"].faults] == ["level"]
    assert Inscription.objects.count() == 1


def test_confirming_an_import_twice_imports_once(session: MeetingSession) -> None:
    client = signed_in()
    sealed = hidden(preview(client, GOOD), "previewed")
    confirm(client, sealed)

    response = confirm(client, sealed)

    assert told(response)[-1] == "Nothing was imported: every row was there already."
    assert Inscription.objects.count() == 2


def test_an_import_outside_the_window_needs_a_reason(session: MeetingSession) -> None:
    client = signed_in()

    response = confirm(client, hidden(preview(client, GOOD), "previewed"), reason="")

    assert response.status_code == 422
    assert "reason" in response.context["confirm"].errors
    assert not Inscription.objects.exists()


def test_neither_file_nor_text_is_asked_for_in_words(session: MeetingSession) -> None:
    assert "file" in preview(signed_in(), " ").context["form"].errors


def test_a_file_that_is_no_text_is_refused_beside_its_field(session: MeetingSession) -> None:
    file = SimpleUploadedFile("roster.csv", b"delegation,level\n\xff\xfe")

    response = signed_in().post(url("roster-import"), {"file": file})

    assert response.status_code == 422
    assert "file" in response.context["form"].errors


def test_a_file_that_is_too_long_is_refused_beside_its_field(session: MeetingSession) -> None:
    file = SimpleUploadedFile("roster.csv", b"x" * 400_001)

    assert "file" in signed_in().post(url("roster-import"), {"file": file}).context["form"].errors


def test_the_example_can_be_imported_as_it_is(session: MeetingSession) -> None:
    client = signed_in()
    example = client.get(url("roster-example")).content.decode("utf-8-sig")

    response = preview(client, example)

    assert next(csv.reader(io.StringIO(example))) == list(COLUMNS)
    assert (len(response.context["preview"].new_rows), response.context["preview"].faults) == (4, [])
