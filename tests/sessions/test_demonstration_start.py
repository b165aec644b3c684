"""What the demonstration begins with: nothing, half of itself, or what it must not touch."""

from typing import Any

import pytest
from django.test import Client

from cnd.actors import COMMAND
from cnd.errors import Refused
from cnd.models import Chain, User
from sessions.models import Inscription, Level, MeetingSession
from sessions.services.demonstration import load_demonstration, sign_ins
from sessions.services.inscriptions import inscribe
from sessions.services.setup import load_session
from tests.sessions.scenes import quiet

pytestmark = pytest.mark.django_db


def test_passwords_stay_between_starts_and_differ_between_installations(settings: Any) -> None:
    here = [each.password for each in sign_ins()]

    assert [each.password for each in sign_ins()] == here
    settings.SECRET_KEY = "another installation"
    assert not set(here) & {each.password for each in sign_ins()}
    assert len(set(here)) == 5
    assert all(len(password) == 19 for password in here)


def test_an_interrupted_start_is_completed_by_the_next() -> None:
    load_session("cnd67", actor=COMMAND, say=quiet)

    demonstration = load_demonstration(say=quiet)

    assert MeetingSession.objects.get(code="cnd67").is_rehearsal
    assert Inscription.objects.count() == 132
    assert len(demonstration.sign_ins) == User.objects.count() == 5


def test_a_session_held_in_earnest_is_not_mixed_with_it() -> None:
    earnest = load_session("cnd67", actor=COMMAND, say=quiet)
    inscribe(
        debate=earnest.debate,
        delegation=earnest.delegations.get(code="AT"),
        level=Level.MINISTERIAL,
        actor=COMMAND,
        reason="by note verbale",
    )

    with pytest.raises(Refused):
        load_demonstration(say=quiet)

    assert not User.objects.exists()


def test_production_refuses_it(settings: Any) -> None:
    settings.CND_ENV = "production"

    with pytest.raises(Refused):
        load_demonstration(say=quiet)
    with pytest.raises(Refused):
        sign_ins()

    assert not User.objects.exists()
    assert not Chain.objects.exists()


@pytest.mark.parametrize(("kind", "offered"), [("demo", 5), ("test", 0), ("production", 0)])
def test_sign_in_page_offers_the_accounts_in_the_demonstration_alone(
    client: Client, settings: Any, kind: str, offered: int
) -> None:
    settings.CND_ENV = kind
    assert len(client.get("/sign-in/").context["demo_sign_ins"]) == offered
