"""The demonstration: invented throughout, the same at every start, impossible in production."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate

from cnd import journal
from cnd.actors import COMMAND
from cnd.models import Chain, JournalEntry, User
from sessions.models import Inscription, Level, MeetingSession, Membership, RegionalGroup
from sessions.services.demonstration import Demonstration, load_demonstration, sign_ins
from sessions.services.inscriptions import withdraw
from sessions.services.quotas import proposed_quotas
from tests.sessions.kept import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loaded"), pytest.mark.xdist_group("demonstration")]


def load() -> tuple[Demonstration, list[str]]:
    said: list[str] = []
    return load_demonstration(say=said.append), said


loaded = kept(lambda: load()[0])


def session() -> MeetingSession:
    return MeetingSession.objects.get(code="cnd67")


def test_it_opens_on_the_morning_of_the_announcement_as_a_rehearsal() -> None:
    there = datetime(2024, 2, 27, 8, tzinfo=UTC)
    assert session().is_rehearsal
    assert timedelta() <= session().session_now - there < timedelta(minutes=1)


def test_inscriptions_of_all_kinds_groups_and_levels_are_there() -> None:
    standing = Inscription.objects.standing()
    national = standing.national()
    assert Counter(standing.values_list("statement", flat=True)) == {"national": 125, "other": 3, "group": 4}
    assert {each.level for each in national} == set(Level.values)
    assert {each.group.code for each in national if each.group} == set(
        RegionalGroup.objects.values_list("code", flat=True)
    )
    assert {each.delegation.code for each in standing.filter(statement="other")} == {"PS", "VA", "EU"}


def test_every_group_has_a_waiting_list() -> None:
    inscribed = Counter(each.group.code for each in Inscription.objects.national() if each.group)
    quotas = proposed_quotas(session().debate)
    assert sum(quotas.values()) == 114
    assert all(inscribed[code] > quota for code, quota in quotas.items())


def test_no_person_of_the_roster_exists() -> None:
    names = set(Inscription.objects.exclude(speaker=None).values_list("speaker__value__name", flat=True))
    assert names == {"", "Example Speaker of Austria", "Example Speaker of Brazil", "Example Speaker of Kenya"}


def test_everybody_can_sign_in_and_has_their_place(loaded: Demonstration) -> None:
    users = [authenticate(username=each.username, password=each.password) for each in loaded.sign_ins]
    assert [(user.username, user.role, user.function) for user in users if isinstance(user, User)] == [
        ("officer", "secretariat", "Conference officer A"),
        ("officer2", "secretariat", "Conference officer B"),
        ("austria", "delegation", "Focal point of Austria"),
        ("brazil", "delegation", "Focal point of Brazil"),
        ("kenya", "delegation", "Focal point of Kenya"),
    ]
    assert set(Membership.objects.values_list("user__username", "delegation__code")) == {
        ("austria", "AT"),
        ("brazil", "BR"),
        ("kenya", "KE"),
    }
    assert not User.objects.filter(is_superuser=True).exists()


def test_after_a_new_secret_the_new_passwords_hold(settings: Any) -> None:
    settings.SECRET_KEY = "another installation"

    demonstration, said = load()

    assert all(authenticate(username=each.username, password=each.password) for each in demonstration.sign_ins)
    assert said[-1] == "5 sign-ins made."


def test_a_second_start_changes_nothing(loaded: Demonstration) -> None:
    before = list(JournalEntry.objects.values()), list(User.objects.values()), list(Chain.objects.values())

    second, said = load()

    assert second == loaded
    assert (list(JournalEntry.objects.values()), list(User.objects.values()), list(Chain.objects.values())) == before
    assert said == ["cnd67: nothing to do, everything is there."]


def test_what_was_tried_out_survives_the_next_start() -> None:
    austria = Inscription.objects.get(delegation__code="AT")
    withdraw(inscription=austria, actor=COMMAND, reason="trying it out")

    load()

    assert not Inscription.objects.standing().filter(delegation__code="AT").exists()


def test_it_is_journaled_in_both_chains() -> None:
    for chain in Chain.objects.all():
        assert journal.verify(chain) == Chain.objects.get(pk=chain.pk).last_number
    own = JournalEntry.objects.filter(action__in=["load_session", "import_roster", "load_demonstration"])
    assert list(own.order_by("pk").values_list("chain__code", "action", "subject")) == [
        ("cnd67", "load_session", "session:cnd67"),
        ("cnd67", "load_demonstration", "stage:high-level side events"),
        ("cnd67", "load_demonstration", "stage:side events"),
        ("cnd67", "load_demonstration", "stage:decisions"),
        ("cnd67", "import_roster", "roster"),
        ("system", "load_demonstration", "accounts"),
        ("cnd67", "load_demonstration", "memberships"),
        ("cnd67", "load_demonstration", "stage:programme"),
        ("cnd67", "load_demonstration", "stage:meetings"),
    ]
    assert JournalEntry.objects.get(chain__code="system").subject == "accounts"
    assert not any(each.password in str(list(JournalEntry.objects.values())) for each in sign_ins())
