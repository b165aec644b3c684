"""Unsubscribing by the address in a mail, without signing in."""

from dataclasses import replace

import pytest
from django.test import Client

from cnd.actors import COMMAND, actor_for
from cnd.errors import NotPermitted, Refused
from cnd.journal import SYSTEM
from cnd.models import JournalEntry, Notice, User
from cnd.outbox import kinds
from cnd.outbox.muting import mute_kind
from cnd.outbox.telling import tell
from cnd.outbox.texts import unsubscribe_url_of
from tests.cnd.chains import make_chain
from tests.cnd.letters import OPTIONAL, PLAIN, reader, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letter_kinds")]

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def path() -> str:
    """Return the address in a mail to the reader."""
    return path_of(told(make_chain(), reader(), kind=OPTIONAL))


@pytest.fixture
def strict() -> Client:
    """Return a browser or mail program without cookies, whose requests are checked as in production."""
    return Client(enforce_csrf_checks=True)


def path_of(notice: Notice) -> str:
    return unsubscribe_url_of(notice).removeprefix("http://127.0.0.1:8000")


def muted() -> list[str]:
    return User.objects.get(username="reader").muted_kinds


def test_opening_the_page_changes_nothing(strict: Client, path: str) -> None:
    page = strict.get(path)

    assert page.status_code == 200
    assert "No more of these by e-mail" in page.content.decode()
    assert "reader" not in page.content.decode().lower()
    assert "no-store" in page["Cache-Control"]
    assert muted() == []


def test_button_unsubscribes_and_undo_takes_it_back(strict: Client, path: str) -> None:
    after = strict.post(path, follow=True)
    assert muted() == [OPTIONAL.code]
    assert "Send them again" in after.content.decode()

    strict.post(path, {"undo": "1"})
    assert muted() == []


def test_one_click_of_a_mail_program_needs_no_page_and_may_be_repeated(strict: Client, path: str) -> None:
    answers = [strict.post(path, ONE_CLICK) for _ in range(2)]

    assert [(answer.status_code, answer.cookies.output()) for answer in answers] == [(200, "")] * 2
    assert muted() == [OPTIONAL.code]
    assert JournalEntry.objects.filter(chain__code=SYSTEM, action="mute_kind").count() == 1


def test_who_unsubscribed_is_told_in_the_portal_alone(strict: Client, path: str) -> None:
    strict.post(path, ONE_CLICK)
    cause = tell(chain=make_chain("other"), kind=OPTIONAL.code, key="later", audience=f"user:{reader().pk}")

    assert [notice.channel for notice in cause.notices.all()] == ["portal"]


@pytest.mark.parametrize("token", ["nonsense", "1:forged", "0:x"])
def test_address_that_was_never_mailed_is_none(strict: Client, path: str, token: str) -> None:
    assert strict.post(f"/unsubscribe/{token}/", ONE_CLICK).status_code == 404
    assert muted() == []


def test_token_says_nothing_personal(path: str) -> None:
    assert path.split("/")[2].partition(":")[0] == str(Notice.objects.get(channel="email").pk)


def test_what_belongs_to_ones_work_cannot_be_muted(strict: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    notice = told(make_chain(), reader())

    assert strict.post(path_of(notice), ONE_CLICK).status_code == 404
    with pytest.raises(Refused):
        mute_kind(user=reader(), kind=PLAIN.code, actor=actor_for(reader()))


def test_kind_that_is_no_longer_optional_is_mailed_in_spite_of_a_mute(
    strict: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict.post(path, ONE_CLICK)
    monkeypatch.setitem(kinds._kinds, OPTIONAL.code, replace(OPTIONAL, is_optional=False))

    assert told(make_chain("other"), reader(), kind=OPTIONAL, key="later").state == Notice.State.WAITING


def test_nobody_mutes_for_another(path: str) -> None:
    for actor in (COMMAND, actor_for(reader("other"))):
        with pytest.raises(NotPermitted):
            mute_kind(user=reader(), kind=OPTIONAL.code, actor=actor)
