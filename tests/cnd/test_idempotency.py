"""Writes count once under their key (draft-ietf-httpapi-idempotency-key-header-06)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from cnd import clock, journal
from cnd.actors import COMMAND
from cnd.idempotency import forget_old_keys
from cnd.models import IdempotencyKey, PersonalDatum
from sessions.models import Inscription, MeetingSession
from tests.cnd.api_client import Api, problem_of, token_of
from tests.sessions.kept import kept
from tests.sessions.scenes import VIENNA, count_entries, focal_point, inscribed, make_session

pytestmark = pytest.mark.django_db

LIST = "/api/v1/sessions/cnd67/inscriptions/"
AT = {"delegation": "AT", "level": "ministerial"}
IN_THE_WINDOW = datetime(2024, 2, 1, 9, tzinfo=VIENNA)

loaded = kept(lambda: make_session(IN_THE_WINDOW).pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    cache.clear()
    return MeetingSession.objects.get(pk=loaded)


@pytest.fixture
def austria(session: MeetingSession) -> Api:
    return Api(token_of(focal_point(session, "AT")))


def answer_of(response: Any) -> tuple[int, bytes, str | None, str | None]:
    """Return what must be the same when it is sent again."""
    return response.status_code, response.content, response.get("ETag"), response.get("Location")


# --- one after the other ----------------------------------------------------------------------------------------------


def test_the_same_again_gets_the_same_answer_and_does_nothing(session: MeetingSession, austria: Api) -> None:
    first = austria.post(LIST, AT, idempotency_key="one")
    entries = count_entries(session)
    again = austria.post(LIST, AT, idempotency_key="one")
    assert answer_of(again) == answer_of(first)
    assert (again["Content-Type"], again["Idempotent-Replayed"]) == ("application/json", "true")
    assert "Idempotent-Replayed" not in first
    assert (Inscription.objects.count(), count_entries(session)) == (1, entries)


def test_the_answer_stays_when_things_have_changed_since(austria: Api) -> None:
    first = austria.post(LIST, AT, idempotency_key="one")
    austria.patch(f"{LIST}1/", {"level": "above_ministerial"}, if_match="*")
    assert answer_of(austria.post(LIST, AT, idempotency_key="one")) == answer_of(first)


def test_a_key_may_stand_in_the_quotes_of_the_draft(austria: Api) -> None:
    first = austria.post(LIST, AT, idempotency_key='"8e03978e-40d5-43e8-bc93-6894a57f9324"')
    again = austria.post(LIST, AT, idempotency_key="8e03978e-40d5-43e8-bc93-6894a57f9324")
    assert answer_of(again) == answer_of(first)


def test_the_order_of_members_does_not_matter(austria: Api) -> None:
    first = austria.post(LIST, AT, idempotency_key="one")
    again = austria.post(LIST, '{ "level":"ministerial",  "delegation":"AT" }', idempotency_key="one")
    assert answer_of(again) == answer_of(first)


def test_a_refusal_is_an_answer_too(session: MeetingSession, austria: Api) -> None:
    made = inscribed(session, "AT")
    first = austria.post(LIST, AT, idempotency_key="one")
    assert problem_of(first) == (409, "already_inscribed")
    Inscription.objects.filter(pk=made.pk).delete()
    again = austria.post(LIST, AT, idempotency_key="one")
    assert (answer_of(again), again["Content-Type"]) == (answer_of(first), "application/problem+json")
    assert austria.post(LIST, AT, idempotency_key="two").status_code == 201


def test_a_key_of_another_body_address_or_version_is_refused(austria: Api) -> None:
    austria.post(LIST, AT, idempotency_key="one")
    others = [
        austria.post(LIST, AT | {"level": "above_ministerial"}, idempotency_key="one"),
        austria.post(f"{LIST}?again", AT, idempotency_key="one"),
        austria.post(f"{LIST}1/withdraw/", AT, idempotency_key="one", if_match="*"),
        austria.patch(f"{LIST}1/", AT, idempotency_key="one", if_match="*"),
    ]
    assert [problem_of(answer) for answer in others] == [(422, "idempotency_key_reused")] * 4
    assert Inscription.objects.get().withdrawn_at is None


def test_a_change_under_a_key_counts_once(session: MeetingSession, austria: Api) -> None:
    etag = austria.post(LIST, AT)["ETag"]
    sent = {"level": "above_ministerial"}
    first = austria.patch(f"{LIST}1/", sent, idempotency_key="one", if_match=etag)
    again = austria.patch(f"{LIST}1/", sent, idempotency_key="one", if_match=etag)
    assert (first.status_code, answer_of(again)) == (200, answer_of(first))
    assert problem_of(austria.patch(f"{LIST}1/", sent, if_match=etag)) == (412, "outdated")


def test_keys_of_different_users_are_different_keys(session: MeetingSession, austria: Api) -> None:
    brazil = Api(token_of(focal_point(session, "BR")))
    made = [
        austria.post(LIST, AT, idempotency_key="one"),
        brazil.post(LIST, AT | {"delegation": "BR"}, idempotency_key="one"),
    ]
    assert [answer.json()["delegation"] for answer in made] == ["AT", "BR"]


def test_two_tokens_of_a_user_share_their_keys(session: MeetingSession, austria: Api) -> None:
    first = austria.post(LIST, AT, idempotency_key="one")
    other = Api(token_of(focal_point(session, "AT")))
    assert answer_of(other.post(LIST, AT, idempotency_key="one")) == answer_of(first)


# --- keys that are none -----------------------------------------------------------------------------------------------


def test_a_post_without_a_key_says_what_to_do(austria: Api) -> None:
    answer = austria.post(LIST, AT, idempotency_key="")
    assert problem_of(answer) == (400, "idempotency_key_missing")
    assert answer.json()["detail"].startswith("This write needs the header Idempotency-Key: a new random value")
    assert Inscription.objects.count() == 0


@pytest.mark.parametrize("key", ["a,b", '"a', '""', "a b", "x" * 129, "schlüssel", "a;b", "a\\b"])
def test_a_malformed_key_is_refused(austria: Api, key: str) -> None:
    assert problem_of(austria.post(LIST, AT, idempotency_key=key)) == (400, "idempotency_key_malformed")


@pytest.mark.parametrize("key", ["x" * 128, "a", "A-z_0.9~:/+=", '"with a blank"'])
def test_a_key_of_letters_digits_and_signs_is_taken(austria: Api, key: str) -> None:
    assert austria.post(LIST, AT, idempotency_key=key).status_code == 201


def test_what_was_refused_before_it_was_tried_does_not_use_up_the_key(session: MeetingSession, austria: Api) -> None:
    reader = Api(token_of(focal_point(session, "AT"), "inscriptions:read"))
    refused = [
        Api().post(LIST, AT, idempotency_key="one"),
        reader.post(LIST, AT, idempotency_key="one"),
        austria.post(LIST, AT | {"delegation": "BR"}, idempotency_key="one"),
        austria.post(LIST, AT | {"level": "royal"}, idempotency_key="one"),
        austria.post(LIST, "{", idempotency_key="one"),
    ]
    assert [answer.status_code for answer in refused] == [401, 403, 403, 400, 400]
    assert austria.post(LIST, AT, idempotency_key="one").status_code == 201


def test_a_failure_of_ours_is_not_kept(austria: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(draft: Any) -> None:
        raise OSError("the disk is full")

    austria.client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(journal, "_write", fail)
        assert austria.post(LIST, AT, idempotency_key="one").status_code == 500
    assert (Inscription.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert austria.post(LIST, AT, idempotency_key="one").status_code == 201


# --- kept so long -----------------------------------------------------------------------------------------------------


def test_keys_are_kept_for_days_and_then_forgotten(austria: Api, settings: Any) -> None:
    austria.post(LIST, AT, idempotency_key="one")
    made = IdempotencyKey.objects.get().created_at
    with time_machine.travel(made + timedelta(days=settings.IDEMPOTENCY_DAYS), tick=False) as time:
        forget_old_keys()
        assert IdempotencyKey.objects.count() == 1
        time.shift(timedelta(microseconds=1))
        forget_old_keys()
        assert IdempotencyKey.objects.count() == 0


def test_a_name_that_was_written_while_it_was_erased_is_swept_away(austria: Api) -> None:
    austria.post(LIST, AT | {"speaker_name": "Anna"}, idempotency_key="one")
    journal.erase_personal(datum=PersonalDatum.objects.get(answers__key="one"), actor=COMMAND, reason="asked for")
    IdempotencyKey.objects.update(body="Anna")
    forget_old_keys()
    assert IdempotencyKey.objects.get().body == ""


def test_the_sweep_forgets_them(austria: Api) -> None:
    from cnd import sweeps, tasks  # noqa: F401

    austria.post(LIST, AT, idempotency_key="one")
    IdempotencyKey.objects.update(created_at=clock.now() - timedelta(days=365))
    sweeps.sweep()
    assert IdempotencyKey.objects.count() == 0
