"""The administration: everything opens, and nothing that a service governs can be edited there."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cnd import journal
from cnd.actors import COMMAND
from cnd.models import Heartbeat, JournalEntry, User
from cnd.users import system_chain
from sessions.models import Delegation, DrawSource, MeetingSession, Membership, NumbersEntry, Rule
from sessions.services.announcements import NumbersFormat, Sources
from sessions.services.draw import annul, ask_annulment, enter_numbers
from sessions.services.inscriptions import edit_speaker, withdraw
from sessions.services.rules import correct_rule
from tests.cnd import admin_rows
from tests.sessions import scenes

PASSWORD = "a long password 2"
SERVED = sorted((model for model in admin.site._registry if model is not User), key=lambda model: model._meta.label)
OWN_APPS = {"cnd", "cnd_sessions", "logistics"}

pytestmark = pytest.mark.django_db


def superuser() -> User:
    user: User = User.objects.create_superuser("root", password="a long password 1", role=User.Role.SECRETARIAT)
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(model: type[Model], what: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


def whole_scene() -> MeetingSession:
    """Return a session of which every model has a row."""
    session, drawing = scenes.drawn_session()
    inscriptions = list(session.debate.inscriptions.all()[:2])
    edit_speaker(inscription=inscriptions[0], name="A. Speaker", title="Minister", actor=COMMAND)
    withdraw(inscription=inscriptions[1], actor=COMMAND, reason="not coming")
    rule = Rule.objects.get(session=session, scope="debate", key="statement_national")
    correct_rule(rule=rule, value=240, reason="shorter", actor=scenes.as_officer())
    scenes.focal_point(session, "KE")
    Heartbeat.renew(Heartbeat.Part.WORKER)
    ask_annulment(drawing=drawing, reason="a second one is needed", actor=scenes.as_officer("one"))
    annul(drawing=drawing, actor=scenes.as_officer("two"))
    enter_one(numbers_source(session))
    admin_rows.make(session)
    return session


def numbers_source(session: MeetingSession) -> DrawSource:
    """Announce a drawing that awaits numbers from two members of staff."""
    numbers = NumbersFormat(title="Balls drawn in the room", count=2, minimum=1, maximum=9)
    drawing = scenes.announce_now(session, sources=Sources(has_drand=True, numbers=numbers), lead_s=7200)
    return drawing.sources.get(kind=DrawSource.Kind.NUMBERS)


def enter_one(source: DrawSource, name: str = "one") -> NumbersEntry:
    with time_machine.travel(source.not_before + timedelta(seconds=1), tick=True):
        return enter_numbers(source=source, numbers=[3, 7], actor=scenes.as_officer(name))


# --- what is shown --------------------------------------------------------------------------------------------------


def test_every_model_of_ours_is_listed() -> None:
    from django.apps import apps

    ours = {model for model in apps.get_models() if model._meta.app_label in OWN_APPS}
    assert set(admin.site._registry) == ours


def test_every_list_and_every_detail_page_opens() -> None:
    whole_scene()
    client = signed_in(superuser())

    answers = {}
    for model in admin.site._registry:
        row = model._default_manager.first()
        assert row is not None, f"the scene has no {model.__name__}"
        answers[model.__name__] = (
            client.get(page(model, "changelist")).status_code,
            client.get(page(model, "change", row.pk)).status_code,
            client.get(page(model, "history", row.pk)).status_code,
        )

    assert {name: codes for name, codes in answers.items() if codes != (200, 200, 200)} == {}


def test_every_list_can_be_searched_and_filtered() -> None:
    whole_scene()
    client = signed_in(superuser())

    failed = []
    for model, shown in admin.site._registry.items():
        for query in ({"q": "ke"}, {"q": "3"}) if shown.search_fields else ():
            if client.get(page(model, "changelist"), query).status_code != 200:
                failed.append((model.__name__, query))

    assert failed == []


def test_no_list_asks_once_a_row() -> None:
    whole_scene()
    client = signed_in(superuser())

    counts = {}
    for model in admin.site._registry:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(page(model, "changelist"))
        counts[model.__name__] = len(queries)

    assert {name: count for name, count in counts.items() if count > 14} == {}


def test_pages_keep_to_the_content_security_policy() -> None:
    whole_scene()
    client = signed_in(superuser())

    pages = [client.get(page(model, "changelist")).content.decode() for model in admin.site._registry]

    assert [text for text in pages if "<script>" in text or " onclick=" in text] == []


def test_the_seed_of_a_rehearsal_is_not_shown() -> None:
    session = scenes.make_session()
    scenes.inscribe_states(session)
    source = scenes.announce_now(session).sources.get()
    client = signed_in(superuser())

    shown = client.get(page(DrawSource, "change", source.pk)).content.decode()

    assert source.secret.startswith("rehearsal-")
    assert source.secret not in shown


def test_numbers_are_shown_once_two_have_entered_them() -> None:
    session = scenes.make_session()
    scenes.inscribe_states(session)
    source = numbers_source(session)
    client = signed_in(superuser())

    entry = enter_one(source)
    before = client.get(page(NumbersEntry, "change", entry.pk)).content.decode()
    enter_one(source, "two")
    after = client.get(page(NumbersEntry, "change", entry.pk)).content.decode()

    assert "not yet shown" in before
    assert "[3, 7]" in after


def test_neither_salt_nor_password_hash_is_shown() -> None:
    session = scenes.make_session()
    (inscription, *_others) = scenes.inscribe_states(session)
    edit_speaker(inscription=inscription, name="A. Speaker", title="Minister", actor=COMMAND)
    datum = session.chain.personal_data.get()
    root = superuser()
    client = signed_in(root)

    shown = client.get(page(type(datum), "change", datum.pk)).content.decode()
    shown += client.get(page(User, "change", root.pk)).content.decode()

    assert datum.salt not in shown
    assert root.password not in shown


# --- what cannot be done ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", SERVED, ids=lambda model: model.__name__)
def test_what_services_govern_cannot_be_edited(model: type[Model]) -> None:
    shown = admin.site._registry[model]
    request = HttpRequest()
    request.user = superuser()
    may = {
        "add": shown.has_add_permission(request),
        "change": shown.has_change_permission(request),
        "delete": shown.has_delete_permission(request),
    }

    assert may == {"add": model is Membership, "change": False, "delete": model is Membership}


def test_a_post_to_a_read_only_page_is_refused() -> None:
    whole_scene()
    client = signed_in(superuser())

    answers = {}
    for model in SERVED:
        row = model._default_manager.first()
        assert row is not None
        told = [client.post(page(model, "change", row.pk), {"code": "x", "_save": "1"}).status_code]
        if model is not Membership:
            told.append(client.post(page(model, "add"), {}).status_code)
            told.append(client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code)
        answers[model.__name__] = set(told)

    assert {name: codes for name, codes in answers.items() if codes != {403}} == {}


def test_accounts_are_never_removed() -> None:
    root = superuser()

    assert signed_in(root).post(page(User, "delete", root.pk), {"post": "yes"}).status_code == 403


def test_the_secretariat_reads_but_sees_no_accounts() -> None:
    session = scenes.make_session()
    officer = scenes.officer()
    officer.is_staff = True
    officer.save()
    client = signed_in(officer)

    codes = [
        client.get(page(MeetingSession, "change", session.pk)).status_code,
        client.get(page(User, "changelist")).status_code,
        client.get(page(User, "add")).status_code,
    ]

    assert codes == [200, 403, 403]


def test_a_focal_point_is_refused_even_as_staff_of_django() -> None:
    session = scenes.make_session()
    user = scenes.focal_point(session, "KE")
    user.is_staff = True
    user.save()

    assert signed_in(user).get(reverse("admin:index"), follow=True).status_code == 403


def test_whoever_is_not_signed_in_is_sent_to_the_one_sign_in_page() -> None:
    answer = Client().get(reverse("admin:index"), follow=True)

    assert answer.redirect_chain[-1][0].split("?")[0] == reverse(settings.LOGIN_URL)


# --- accounts -------------------------------------------------------------------------------------------------------


def account(**facts: Any) -> dict[str, Any]:
    return {
        "username": "kenya",
        "role": "delegation",
        "function": "Focal point of Kenya",
        "is_active": "on",
        "first_name": "",
        "last_name": "",
        "email": "",
        **facts,
    }


def last_entry() -> JournalEntry:
    return JournalEntry.objects.filter(chain=system_chain()).order_by("-number")[0]


def test_a_superuser_makes_an_account_and_the_journal_says_so() -> None:
    root = superuser()

    signed_in(root).post(page(User, "add"), account(password1=PASSWORD, password2=PASSWORD))

    made = User.objects.get(username="kenya")
    assert made.check_password(PASSWORD)
    assert (last_entry().action, last_entry().actor) == ("create_user", f"user:{root.pk}")


def test_a_superuser_changes_an_account_without_touching_its_password() -> None:
    client = signed_in(superuser())
    user = scenes.officer()

    client.post(page(User, "change", user.pk), account(username="officer", role="secretariat", is_staff="on"))

    user.refresh_from_db()
    assert (user.is_staff, user.check_password("a long password 1")) == (True, True)
    assert last_entry().action == "change_user"


def test_a_superuser_gives_an_account_another_password() -> None:
    client = signed_in(superuser())
    user = scenes.officer()

    client.post(page(User, "change", user.pk), account(username="officer", password1=PASSWORD, password2=PASSWORD))

    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"password1": PASSWORD, "password2": "something else 9"}, "The two passwords differ."),
        ({"password1": "short", "password2": "short"}, "This password is too short."),
        ({"password1": "", "password2": ""}, "This field is required."),
        ({"username": "root", "password1": PASSWORD, "password2": PASSWORD}, "already exists"),
    ],
)
def test_a_fault_stands_beside_its_field(facts: dict[str, str], fault: str) -> None:
    answer = signed_in(superuser()).post(page(User, "add"), account(**facts))

    assert fault in answer.content.decode()
    assert User.objects.count() == 1


def test_ones_own_password_is_changed_where_everybody_changes_theirs() -> None:
    client = signed_in(superuser())

    assert client.get(reverse("admin:password_change"))["Location"] == reverse("account_change_password")


def test_signing_out_of_the_administration_is_signing_out() -> None:
    client = signed_in(superuser())

    assert client.get(reverse("admin:logout")).status_code == 405
    assert client.post(reverse("admin:logout"))["Location"] == reverse("home")
    assert "_auth_user_id" not in client.session


def test_what_belongs_to_the_library_of_signing_in_is_not_here() -> None:
    assert [model for model in admin.site._registry if model._meta.app_config.name.startswith("allauth")] == []


# --- memberships ----------------------------------------------------------------------------------------------------


def secretary() -> User:
    user = scenes.officer()
    user.is_staff = True
    user.save()
    return user


def test_the_secretariat_grants_a_membership_and_the_journal_says_so() -> None:
    session = scenes.make_session()
    user = User.objects.create_user("kenya", role=User.Role.DELEGATION)
    kenya = Delegation.objects.get(session=session, code="KE")

    signed_in(secretary()).post(page(Membership, "add"), {"user": user.pk, "delegation": kenya.pk})

    assert Membership.objects.get().user == user
    assert last_entry().action == "grant_membership"


def test_a_membership_that_there_is_already_is_named_as_a_fault() -> None:
    session = scenes.make_session()
    user = scenes.focal_point(session, "KE")
    kenya = Delegation.objects.get(session=session, code="KE")

    answer = signed_in(secretary()).post(page(Membership, "add"), {"user": user.pk, "delegation": kenya.pk})

    assert "already exists" in answer.content.decode()


def test_the_secretariat_revokes_a_membership_and_the_journal_says_so() -> None:
    scenes.focal_point(scenes.make_session(), "KE")
    membership = Membership.objects.get()

    signed_in(secretary()).post(page(Membership, "delete", membership.pk), {"post": "yes"})

    assert not Membership.objects.exists()
    assert last_entry().action == "revoke_membership"


def test_several_memberships_are_revoked_one_entry_each() -> None:
    session = scenes.make_session()
    for code in ("KE", "AT"):
        scenes.focal_point(session, code)
    chosen = [str(pk) for pk in Membership.objects.values_list("pk", flat=True)]
    told = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}

    signed_in(secretary()).post(page(Membership, "changelist"), told)

    assert not Membership.objects.exists()
    assert journal.verify(system_chain()) == 2
