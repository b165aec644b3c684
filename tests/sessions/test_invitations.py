"""Invitations: the link, what it opens and when it opens nothing, and what the journal and the outbox keep of it."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress

from cnd import clock, journal
from cnd.actors import Actor
from cnd.errors import DomainError, Invalid, NotFound, NotPermitted, Refused
from cnd.models import Cause, Chain, JournalEntry, Notice, User
from cnd.outbox.kinds import kind_of
from cnd.outbox.texts import render
from cnd.users import change_user, system_chain
from sessions.models import Invitation, MeetingSession, Membership
from sessions.services.invitations import (
    find_invitation,
    path_of,
    resend_invitation,
    revoke_invitation,
)
from tests.sessions.invited import ADDRESS, PASSWORD, accept, invited, meeting, opened, token_of
from tests.sessions.scenes import as_focal_point, as_officer, focal_point, officer
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> MeetingSession:
    return meeting()


def entries() -> list[JournalEntry]:
    return list(JournalEntry.objects.filter(chain__code=journal.SYSTEM).order_by("number"))


# --- inviting -------------------------------------------------------------------------------------------------------


def test_who_is_invited_has_an_account_that_nobody_can_use(session: MeetingSession) -> None:
    user = invited(session, language="fr").user

    assert (user.is_active, user.has_usable_password(), user.role, user.language) == (False, False, "delegation", "fr")
    assert (user.email, user.get_full_name()) == (ADDRESS, "Wanjiku Kamau")
    assert not Membership.objects.exists()


def test_inviting_is_one_entry_and_one_mail(session: MeetingSession) -> None:
    invitation = opened(session)

    (entry,) = entries()
    assert (entry.action, entry.subject) == ("invite", f"user:{invitation.user_id}")
    (notice,) = Notice.objects.all()
    assert (notice.recipient, notice.channel, notice.state) == (invitation.user, "email", "waiting")
    assert notice.cause.entry_number == entry.number


def test_neither_journal_nor_outbox_hold_the_link_or_the_person(session: MeetingSession) -> None:
    invitation = opened(session)

    kept = json.dumps([[each.changes, each.subject, each.reason] for each in entries()])
    kept += json.dumps([[each.key, each.context] for each in Cause.objects.all()])
    kept += json.dumps(list(Invitation.objects.values("nonce")))
    assert [part for part in (token_of(invitation), "amau", "anjiku", ADDRESS) if part in kept] == []
    assert journal.verify(system_chain()) == 1


def test_the_mail_says_for_what_until_when_and_where(session: MeetingSession) -> None:
    invitation = opened(session)
    cause = Cause.objects.get(kind="invitation")
    kind = kind_of("invitation")

    assert kind.link(cause, invitation.user) == path_of(invitation)
    filled = kind.fill(cause, invitation.user)
    assert (filled["delegation"], set(filled)) == ("Kenya", {"delegation", "meeting", "until"})


def test_the_mail_says_when_the_meeting_is_only_a_rehearsal(session: MeetingSession) -> None:
    Chain.objects.filter(pk=session.chain_id).update(is_rehearsal=True)
    invitation = opened(session)
    filled = kind_of("invitation").fill(Cause.objects.get(kind="invitation"), invitation.user)
    assert filled["meeting"] == "[Rehearsal] Commission on Narcotic Drugs"


def test_an_account_in_use_gets_the_delegation_at_once_and_is_told(session: MeetingSession) -> None:
    user = focal_point(session, "AT")
    change_user(user=user, actor=Actor("command"), email=ADDRESS)

    outcome = invited(session, "KE", ADDRESS.upper())

    assert (outcome.user, outcome.invitation, outcome.is_new) == (user, None, True)
    assert sorted(Membership.objects.values_list("delegation__code", flat=True)) == ["AT", "KE"]
    assert Cause.objects.filter(kind="membership_granted", audience=f"user:{user.pk}").count() == 1
    assert invited(session, "KE").is_new is False
    assert Cause.objects.filter(kind="membership_granted").count() == 1


def test_several_are_invited_for_one_delegation_and_one_for_several(session: MeetingSession) -> None:
    opened(session, "KE", "one@example.org")
    opened(session, "KE", "two@example.org")
    opened(session, "AT", "two@example.org")

    assert User.objects.filter(email="two@example.org").count() == 1
    assert Invitation.objects.count() == 3


@pytest.mark.parametrize(
    ("facts", "fields"),
    [
        ({"email": "nowhere"}, ["email"]),
        ({"name": " "}, ["name"]),
        ({"name": "x" * 151}, ["name"]),
        ({"language": "xx"}, ["language"]),
        ({"email": "", "name": ""}, ["name", "email"]),
    ],
)
def test_what_is_wrong_is_named_by_its_field(session: MeetingSession, facts: dict[str, str], fields: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        invited(session, **facts)

    assert list(refusal.value.fields) == fields
    assert not Invitation.objects.exists()


def test_staff_of_the_secretariat_and_closed_accounts_are_not_invited(session: MeetingSession) -> None:
    command = Actor("command")
    change_user(user=officer("one"), actor=command, email="staff@example.org")
    change_user(user=focal_point(session, "AT"), actor=command, email="gone@example.org", is_active=False)

    codes = []
    for address in ("staff@example.org", "gone@example.org"):
        with pytest.raises(Refused) as refusal:
            invited(session, email=address)
        codes.append(refusal.value.code)

    assert codes == ["not_of_a_delegation", "account_closed"]


@pytest.mark.parametrize("does", ["invite", "resend", "revoke"])
def test_a_focal_point_invites_nobody(session: MeetingSession, does: str) -> None:
    actor, invitation = as_focal_point(session, "KE"), opened(session)
    acts = {
        "invite": lambda: invited(session, email="friend@example.org", actor=actor),
        "resend": lambda: resend_invitation(invitation=invitation, actor=actor),
        "revoke": lambda: revoke_invitation(invitation=invitation, actor=actor),
    }

    with pytest.raises(NotPermitted):
        acts[does]()

    assert Invitation.objects.get().times_sent == 1


# --- again, and no more ---------------------------------------------------------------------------------------------


def test_a_new_link_kills_the_old_one_and_its_unsent_mail(session: MeetingSession) -> None:
    invitation = opened(session)
    old = token_of(invitation)

    again = resend_invitation(invitation=invitation, actor=as_officer())

    with pytest.raises(NotFound):
        find_invitation(pk=invitation.pk, token=old)
    assert find_invitation(pk=invitation.pk, token=token_of(again)) == invitation
    assert sorted(Notice.objects.values_list("state", flat=True)) == ["cancelled", "waiting"]


def test_inviting_again_sends_a_new_link_for_the_same_invitation(session: MeetingSession) -> None:
    first = opened(session)

    outcome = invited(session)

    assert (outcome.invitation, outcome.is_new) == (first, False)
    assert Invitation.objects.get().times_sent == 2


def test_a_revoked_link_opens_nothing_and_is_not_mailed(session: MeetingSession) -> None:
    invitation = opened(session)

    for _time in range(2):
        revoke_invitation(invitation=invitation, actor=as_officer())

    with pytest.raises(Refused) as refusal:
        accept(invitation)
    assert refusal.value.code == "invitation_revoked"
    assert Notice.objects.get().state == "cancelled"
    assert len(entries()) == 2


def test_after_it_was_revoked_somebody_can_be_invited_anew(session: MeetingSession) -> None:
    revoke_invitation(invitation=opened(session), actor=as_officer())

    accept(opened(session))

    assert Membership.objects.get().delegation.code == "KE"


def test_the_link_is_valid_for_seventy_two_hours(session: MeetingSession) -> None:
    invitation = opened(session)

    with time_machine.travel(clock.now() + timedelta(hours=72, seconds=1)), pytest.raises(Refused) as refusal:
        accept(invitation)
    assert refusal.value.code == "invitation_expired"
    with time_machine.travel(clock.now() + timedelta(hours=71, minutes=59)):
        accept(invitation)
    assert Membership.objects.count() == 1


# --- accepting ------------------------------------------------------------------------------------------------------


def test_accepting_takes_up_the_account_and_grants_the_membership(session: MeetingSession) -> None:
    user = accept(opened(session))

    user.refresh_from_db()
    assert (user.is_active, user.check_password(PASSWORD)) == (True, True)
    assert Membership.objects.get().user == user
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [(ADDRESS, True, True)]
    assert (entries()[-1].action, entries()[-1].actor) == ("accept_invitation", f"user:{user.pk}")
    assert journal.verify(system_chain()) == 2


@pytest.mark.parametrize("password", ["short", "password123456", "wanjiku.kamau"])
def test_a_weak_password_takes_up_nothing(session: MeetingSession, password: str) -> None:
    invitation = opened(session)

    with pytest.raises(Invalid):
        accept(invitation, password)

    assert not User.objects.get(pk=invitation.user_id).is_active
    assert not Membership.objects.exists()


def test_a_mended_address_kills_the_link_that_went_to_the_wrong_one(session: MeetingSession) -> None:
    invitation = opened(session)
    old = token_of(invitation)

    change_user(user=invitation.user, actor=Actor("command"), email="right@example.org")

    with pytest.raises(NotFound):
        find_invitation(pk=invitation.pk, token=old)


def test_the_mail_that_is_sent_carries_the_link(session: MeetingSession) -> None:
    invitation = opened(session)

    mail = render(Notice.objects.select_related("cause__chain", "recipient").get())

    assert mail.subject == "Invitation: Kenya, Commission on Narcotic Drugs"
    assert mail.text.count(path_of(invitation)) == 1
    assert "Wanjiku Kamau" in mail.text


@pytest.mark.parametrize("change", ["pk", "token", "other", "user"])
def test_an_altered_link_is_none(session: MeetingSession, change: str) -> None:
    invitation, other = opened(session), opened(session, "AT", "other@example.org")
    token = token_of(invitation)
    altered = {
        "pk": (invitation.pk + 1000, token),
        "token": (invitation.pk, token[:-1] + ("0" if token[-1] != "0" else "1")),
        "other": (other.pk, token),
        "user": (invitation.pk, ""),
    }[change]

    with pytest.raises(NotFound):
        find_invitation(pk=altered[0], token=altered[1])


def test_an_account_that_was_closed_is_not_opened_by_an_old_link(session: MeetingSession) -> None:
    first, second = opened(session), opened(session, "AT")
    user = accept(first)
    change_user(user=user, actor=Actor("command"), is_active=False)

    with pytest.raises(Refused) as refusal:
        accept(second)

    assert refusal.value.code == "account_closed"


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_accept_once(session: MeetingSession) -> None:
    invitation = opened(session)

    def try_it(number: int) -> str:
        try:
            accept(Invitation.objects.get(pk=invitation.pk), f"a long password {number}")
        except DomainError as refusal:
            return refusal.code
        return "accepted"

    outcomes = at_once(*(lambda number=number: try_it(number) for number in range(4)))

    assert sorted(map(str, outcomes)) == ["accepted", *["invitation_used"] * 3]
    assert Membership.objects.count() == 1
    assert [each.action for each in entries()] == ["invite", "accept_invitation"]


@pytest.mark.django_db(transaction=True)
def test_one_address_invited_for_several_at_once_is_one_account(session: MeetingSession) -> None:
    actor = as_officer()

    outcomes = at_once(*(lambda code=code: opened(session, code, actor=actor) for code in ("AT", "BR", "KE")))

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert User.objects.filter(email=ADDRESS).count() == 1
    assert Invitation.objects.count() == 3
    assert journal.verify(system_chain()) == 3


@pytest.mark.django_db(transaction=True)
def test_revoking_and_accepting_at_once_do_not_both_succeed(session: MeetingSession) -> None:
    invitation, actor = opened(session), as_officer()

    def tried(act: Any) -> bool:
        try:
            act()
        except DomainError:
            return False
        return True

    accepted, _revoked = at_once(
        lambda: tried(lambda: accept(Invitation.objects.get(pk=invitation.pk))),
        lambda: tried(lambda: revoke_invitation(invitation=invitation, actor=actor)),
    )

    kept = Invitation.objects.get()
    assert (kept.accepted_at is None) != (kept.revoked_at is None)
    assert (Membership.objects.count(), accepted) == ((1, True) if kept.accepted_at else (0, False))
