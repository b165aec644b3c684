"""Invitations: a person is mailed a link by which they take up an account and act for a delegation.

The link is made when its mail is, from a key of the service and what the invitation holds; it is stored nowhere.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd import clock, journal
from cnd.actors import Actor, actor_for
from cnd.errors import Invalid, NotFound, Refused
from cnd.instants import instant_text
from cnd.models import Cause, ResourceVersion, User
from cnd.outbox.kinds import Kind, register_kind
from cnd.outbox.telling import cancel, tell
from cnd.users import is_untaken, open_account, system_chain, take_up_account
from sessions.models import Delegation, Invitation, Membership
from sessions.services.memberships import enter_membership, grant_membership, require_may_grant

LONGEST_NAME = 150


@dataclass(frozen=True)
class Invited:
    """What came of inviting somebody: a link was mailed, or an account that there was acts for one delegation more."""

    user: User
    invitation: Invitation | None
    is_new: bool
    """False when that person acted for the delegation already."""


def valid_for() -> timedelta:
    """Return how long a link is valid, in real time."""
    return timedelta(hours=settings.INVITATION_HOURS)


# --- inviting ---------------------------------------------------------------------------------------------------------


def invite(*, delegation: Delegation, name: str, email: str, language: str, actor: Actor) -> Invited:
    """Mail somebody a link to act for a delegation; an account in use gets the delegation at once.

    Whoever is invited already gets a new link, and the old one dies. Raises NotPermitted; Invalid naming the fields;
    Refused for an account of the secretariat, and for one that was closed.
    """
    require_may_grant(actor)
    name, email = name.strip(), email.strip().lower()
    check_person(name=name, email=email, language=language)
    with journal.decision(system_chain(), action="invite", subject="accounts", actor=actor) as draft:
        # NO KEY: a notice that is written for them meanwhile, and refers to them, does not wait.
        user = User.objects.select_for_update(no_key=True).filter(email__iexact=email).first()
        if user is None:
            user = _opened(delegation, name=name, email=email, language=language, actor=actor)
        require_may_be_invited(user)
        draft.subject = f"user:{user.pk}"
        invitation = _open_invitation(user, delegation)
        if user.is_active:
            if invitation:
                _close(draft, invitation)
            is_new = not Membership.objects.filter(user=user, delegation=delegation).exists()
            grant_membership(user=user, delegation=delegation, actor=actor)
            if is_new:
                _tell_granted(user, delegation)
            return Invited(user, None, is_new)
        is_new = invitation is None
        if invitation is None:
            invitation = Invitation(user=user, delegation=delegation, times_sent=0)
        _send(draft, invitation)
    return Invited(user, invitation, is_new)


def resend_invitation(*, invitation: Invitation, actor: Actor) -> Invitation:
    """Mail a new link; the old one dies. Raises NotPermitted, Refused once it was accepted or revoked."""
    require_may_grant(actor)
    with journal.decision(
        system_chain(), action="resend_invitation", subject=f"user:{invitation.user_id}", actor=actor
    ) as draft:
        invitation = _locked(invitation)
        _require_open(invitation)
        _send(draft, invitation)
    return invitation


def revoke_invitation(*, invitation: Invitation, actor: Actor, reason: str = "") -> None:
    """Let the link open nothing any more. Again: changes nothing. Raises NotPermitted, Refused once accepted."""
    require_may_grant(actor)
    with journal.decision(
        system_chain(), action="revoke_invitation", subject=f"user:{invitation.user_id}", actor=actor, reason=reason
    ) as draft:
        invitation = _locked(invitation)
        if invitation.accepted_at:
            _require_open(invitation)
        if invitation.revoked_at is None:
            _close(draft, invitation)


def check_person(*, name: str, email: str, language: str) -> None:
    """Raise Invalid naming every fault in what is said of a person."""
    faults: dict[str, list[str]] = {}
    if not name:
        faults["name"] = [_("There is no name.")]
    elif len(name) > LONGEST_NAME:
        faults["name"] = [_("Longer than %(n)d characters.") % {"n": LONGEST_NAME}]
    try:
        validate_email(email)
    except ValidationError as fault:
        faults["email"] = list(fault.messages)
    if language not in dict(settings.LANGUAGES):
        known = ", ".join(code for code, _name in settings.LANGUAGES)
        faults["language"] = [_("There is no such language; there are %(known)s.") % {"known": known}]
    if faults:
        message = " ".join(text for each in faults.values() for text in each)
        raise Invalid("person_invalid", message, fields=faults)


def require_may_be_invited(user: User) -> None:
    """Raise Refused for an account of the secretariat, and for one that was closed."""
    if not user.has_delegation:
        raise Refused("not_of_a_delegation", _("This address belongs to an account of the secretariat."))
    if not user.is_active and not is_untaken(user):
        raise Refused("account_closed", _("The account with this address was closed; an administrator can open it."))


def _opened(delegation: Delegation, *, name: str, email: str, language: str, actor: Actor) -> User:
    """Open an account, or return the one that somebody else has opened meanwhile for this address."""
    try:
        with transaction.atomic():
            return open_account(prefix=delegation.code, name=name, email=email, language=language, actor=actor)
    except Invalid:
        user = User.objects.select_for_update(no_key=True).filter(email__iexact=email).first()
        if user is None:
            raise
        return user


def _open_invitation(user: User, delegation: Delegation) -> Invitation | None:
    opened = Invitation.objects.filter(accepted_at__isnull=True, revoked_at__isnull=True)
    return opened.filter(user=user, delegation=delegation).first()


def _locked(invitation: Invitation) -> Invitation:
    # The account first, as everything does that touches both.
    User.objects.select_for_update(no_key=True).get(pk=invitation.user_id)
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("user", "delegation__session")
    return locked.get(pk=invitation.pk)


def _send(draft: journal.Draft, invitation: Invitation) -> None:
    before = _told(invitation) if invitation.pk else None
    invitation.nonce = secrets.token_hex(16)
    invitation.sent_at = clock.now()
    invitation.expires_at = invitation.sent_at + valid_for()
    invitation.times_sent += 1
    invitation.save()
    draft.change(_what(invitation), before, _told(invitation))
    draft.touch("invitations", audience=ResourceVersion.STAFF)
    chain = system_chain()
    cancel(chain=chain, prefix=f"invitation:{invitation.pk}:")
    tell(
        chain=chain,
        kind="invitation",
        key=f"invitation:{invitation.pk}:{invitation.times_sent}",
        audience=f"user:{invitation.user_id}",
        context={"invitation": invitation.pk},
        worth_until=invitation.expires_at,
    )


def _close(draft: journal.Draft, invitation: Invitation) -> None:
    before = _told(invitation)
    invitation.revoked_at = clock.now()
    invitation.save(update_fields=["revoked_at"])
    cancel(chain=system_chain(), prefix=f"invitation:{invitation.pk}:")
    draft.change(_what(invitation), before, _told(invitation))
    draft.touch("invitations", audience=ResourceVersion.STAFF)


def _what(invitation: Invitation) -> str:
    return f"invitation:{invitation.delegation.session.code}/{invitation.delegation.code}/user:{invitation.user_id}"


def _told(invitation: Invitation) -> dict[str, str | int]:
    state = "accepted" if invitation.accepted_at else "revoked" if invitation.revoked_at else "open"
    return {"state": state, "sent": invitation.times_sent, "until": clock.rfc3339(invitation.expires_at)}


# --- accepting --------------------------------------------------------------------------------------------------------


def path_of(invitation: Invitation) -> str:
    """Return the path of the link."""
    return reverse("sessions:invitation", args=[invitation.pk, _token(invitation)])


def _token(invitation: Invitation) -> str:
    # With the address: whoever mistyped it and mends it has not let a stranger in.
    value = f"{invitation.pk}:{invitation.user_id}:{invitation.user.email}:{invitation.nonce}"
    return salted_hmac("sessions.invitation", value, algorithm="sha256").hexdigest()


def find_invitation(*, pk: int, token: str) -> Invitation:
    """Return the invitation that a link is of, open or not. Raises NotFound for an altered link and an older one."""
    found = Invitation.objects.select_related("user", "delegation__session").filter(pk=pk).first()
    if found is None or not constant_time_compare(_token(found), token):
        raise NotFound("invitation_unknown", _("This is not a valid link. A newer one may have been mailed to you."))
    return found


def require_acceptable(invitation: Invitation) -> None:
    """Raise Refused, saying why, for an invitation that was used or revoked, is too old, or is for a closed account."""
    _require_open(invitation)
    if clock.now() >= invitation.expires_at:
        raise Refused("invitation_expired", _("This invitation is too old. Ask the secretariat for another one."))
    require_may_be_invited(invitation.user)


def _require_open(invitation: Invitation) -> None:
    if invitation.accepted_at:
        raise Refused("invitation_used", _("This invitation was accepted already: sign in."))
    if invitation.revoked_at:
        raise Refused("invitation_revoked", _("This invitation was withdrawn. Ask the secretariat."))


def accept_invitation(*, invitation: Invitation, token: str, password: str = "") -> User:
    """Take up the account with a password, if nobody has yet, and act for the delegation.

    Raises NotFound and Refused as `find_invitation` and `require_acceptable` do, Invalid for a weak password.
    """
    actor = actor_for(invitation.user)
    with journal.decision(
        system_chain(), action="accept_invitation", subject=f"user:{invitation.user_id}", actor=actor
    ) as draft:
        _locked(invitation)
        # Read again under the lock: whoever was faster has used it up, or had another link sent.
        invitation = find_invitation(pk=invitation.pk, token=token)
        require_acceptable(invitation)
        user = invitation.user
        if is_untaken(user):
            take_up_account(user=user, password=password, actor=actor_for(user))
        enter_membership(draft, user=user, delegation=invitation.delegation)
        before = _told(invitation)
        invitation.accepted_at = clock.now()
        invitation.save(update_fields=["accepted_at"])
        draft.change(_what(invitation), before, _told(invitation))
        draft.touch("invitations", audience=ResourceVersion.STAFF)
    return user


# --- what is mailed ---------------------------------------------------------------------------------------------------


def _of_cause(cause: Cause) -> Invitation:
    found = Invitation.objects.select_related("user", "delegation__session__chain")
    return found.get(pk=cause.context["invitation"])


def _fill(cause: Cause, _user: User) -> Mapping[str, str]:
    invitation = _of_cause(cause)
    delegation = invitation.delegation
    meeting = delegation.session
    # Accounts are no session's, so that nothing else of the mail says it.
    title = f"[{_('Rehearsal')}] {meeting.title}" if meeting.is_rehearsal else meeting.title
    return {
        "delegation": delegation.name,
        "meeting": title,
        "until": _until(invitation.expires_at, delegation),
    }


def _until(moment: datetime, delegation: Delegation) -> str:
    return instant_text(moment, delegation.session.time_zone)


def _link(cause: Cause, _user: User) -> str:
    return path_of(_of_cause(cause))


def _tell_granted(user: User, delegation: Delegation) -> None:
    moment = clock.rfc3339(clock.now())
    tell(
        chain=delegation.session.chain,
        kind="membership_granted",
        key=f"membership_granted:{user.pk}:{delegation.code}:{moment}",
        audience=f"user:{user.pk}",
        context={"delegation": delegation.pk},
    )


def _fill_granted(cause: Cause, _user: User) -> Mapping[str, str]:
    delegation = Delegation.objects.select_related("session").get(pk=cause.context["delegation"])
    return {"delegation": delegation.name, "meeting": delegation.session.title}


def _link_granted(cause: Cause, _user: User) -> str:
    delegation = Delegation.objects.select_related("session").get(pk=cause.context["delegation"])
    return reverse("sessions:delegation-of", args=[delegation.session.code, delegation.code])


_PLACEHOLDERS = {
    "delegation": gettext_lazy("the name of the delegation"),
    "meeting": gettext_lazy("the name of the meeting session"),
}


def register() -> None:
    """Make the kinds of notices known by which people are invited."""
    register_kind(
        Kind(
            code="invitation",
            is_of_accounts=True,
            title=gettext_lazy("Invitation to act for a delegation"),
            subject=gettext_lazy("Invitation: {delegation}, {meeting}"),
            body=gettext_lazy(
                "{name},\n\nthe secretariat invites you to act for this delegation: {delegation}. What you do here is "
                "its business in this meeting: {meeting}.\n\nSet a password and begin:\n\n{link}\n\n"
                "The link is valid until {until}. If it is too old, ask the secretariat for another one."
            ),
            placeholders={**_PLACEHOLDERS, "until": gettext_lazy("until when the link is valid")},
            fill=_fill,
            link=_link,
            for_inactive=True,
            is_secret=True,
        ),
        Kind(
            code="membership_granted",
            title=gettext_lazy("Somebody acts for one delegation more"),
            subject=gettext_lazy("You act for {delegation}"),
            body=gettext_lazy(
                "{name},\n\nyou may now act for this delegation: {delegation}, in {meeting}. Sign in as you always do."
                "\n\n{link}"
            ),
            placeholders=_PLACEHOLDERS,
            fill=_fill_granted,
            link=_link_granted,
        ),
    )
