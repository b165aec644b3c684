"""The mails of accounts. A link that opens one is made when its mail is, and is stored nowhere."""

from collections.abc import Mapping
from datetime import timedelta

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy

from cnd import clock, journal
from cnd.models import Cause, Chain, PersonalDatum, User
from cnd.outbox.kinds import Kind, register_kind
from cnd.outbox.telling import cancel, tell

EVENTS = {
    "password": gettext_lazy("The password was changed."),
    "password_reset": gettext_lazy("A new password was set by a link that was mailed."),
    "email": gettext_lazy("The e-mail address was changed."),
    "totp_added": gettext_lazy("An authenticator app was added."),
    "totp_removed": gettext_lazy("The authenticator app was removed."),
    "webauthn_added": gettext_lazy("A passkey was added."),
    "webauthn_removed": gettext_lazy("A passkey was removed."),
    "recovery_codes_added": gettext_lazy("Recovery codes were made."),
    "recovery_codes_removed": gettext_lazy("The recovery codes were removed."),
    "second_factor_reset": gettext_lazy("An administrator removed the second factor."),
    "identity_linked": gettext_lazy("Signing in with another service was linked."),
}
"""What can happen to an account, in the words that its owner is told it by."""


def _system() -> Chain:
    return Chain.objects.get_or_create(code=journal.SYSTEM)[0]


def _moment() -> str:
    return clock.rfc3339(clock.now())


# --- a new password ---------------------------------------------------------------------------------------------------


def tell_reset(user: User) -> None:
    """Have a link mailed by which this person sets a new password."""
    chain = _system()
    key = f"password_reset:{user.pk}:{_moment()}"
    worth_until = chain.now() + timedelta(days=1)
    tell(chain=chain, kind="password_reset", key=key, audience=f"user:{user.pk}", worth_until=worth_until)


def _reset_link(_cause: Cause, user: User) -> str:
    from allauth.account.forms import default_token_generator
    from allauth.account.utils import user_pk_to_url_str

    key = default_token_generator.make_token(user)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})


def _reset_hours(_cause: Cause, _user: User) -> Mapping[str, str]:
    return {"hours": str(settings.PASSWORD_RESET_TIMEOUT // 3600)}


# --- another address --------------------------------------------------------------------------------------------------


def tell_confirmation(address: EmailAddress) -> None:
    """Have a link mailed to an address by which its owner confirms it."""
    tell(
        chain=_system(),
        kind="email_confirmation",
        key=f"email_confirmation:{address.pk}:{_moment()}",
        audience=f"user:{address.user_id}",
        context={"address": address.pk},
    )


def drop_confirmation(address: EmailAddress) -> None:
    """Mail no link to an address that is nobody's any more."""
    cancel(chain=_system(), prefix=f"email_confirmation:{address.pk}:")


def _address_of(cause: Cause, user: User) -> EmailAddress | None:
    found = EmailAddress.objects.filter(pk=cause.context["address"], user_id=user.pk, verified=False)
    return found.first()


def _new_address(cause: Cause, user: User) -> str:
    address = _address_of(cause, user)
    return address.email if address else ""


def _confirmation_link(cause: Cause, user: User) -> str:
    address = _address_of(cause, user)
    key = EmailConfirmationHMAC.create(address).key if address else "0"
    return reverse("account_confirm_email", args=[key])


def _old_address(cause: Cause, _user: User) -> str:
    datum = PersonalDatum.objects.filter(key=cause.context["person"]).first()
    return str(datum.value.get("email", "")) if datum and datum.value else ""


# --- something happened -----------------------------------------------------------------------------------------------


def tell_event(user: User, event: str) -> None:
    """Tell somebody what happened to their account; called inside the decision that it was."""
    context = {"event": event}
    key = f"account_changed:{user.pk}:{event}:{_moment()}"
    tell(chain=_system(), kind="account_changed", key=key, audience=f"user:{user.pk}", context=context)


def tell_old_address(user: User, person: Mapping[str, str]) -> None:
    """Tell it to the address that an account had; `person` refers to the data among which it is kept."""
    tell(
        chain=_system(),
        kind="address_changed",
        key=f"address_changed:{user.pk}:{_moment()}",
        audience=f"user:{user.pk}",
        context={"person": person["personal"]},
    )


def _event_text(cause: Cause, _user: User) -> Mapping[str, str]:
    return {"what": str(EVENTS.get(cause.context["event"], cause.context["event"]))}


def _security_page(_cause: Cause, _user: User) -> str:
    return reverse("mfa_index")


register_kind(
    Kind(
        code="password_reset",
        is_of_accounts=True,
        title=gettext_lazy("Link for a new password"),
        subject=gettext_lazy("Set a new password"),
        body=gettext_lazy(
            "{name},\n\nsomebody, most likely you, asked for a new password. Within {hours} hours you can set it "
            "here:\n\n{link}\n\nIf it was not you, do nothing: your password stays as it is."
        ),
        placeholders={"hours": gettext_lazy("how many hours the link is valid")},
        fill=_reset_hours,
        link=_reset_link,
        for_inactive=True,
        is_secret=True,
    ),
    Kind(
        code="email_confirmation",
        is_of_accounts=True,
        title=gettext_lazy("Confirmation of an e-mail address"),
        subject=gettext_lazy("Confirm this e-mail address"),
        body=gettext_lazy(
            "{name},\n\nthis address was given as the new one of your account. Confirm it here:\n\n{link}\n\n"
            "If it was not you, do nothing."
        ),
        link=_confirmation_link,
        address=_new_address,
        for_inactive=True,
        is_secret=True,
    ),
    Kind(
        code="address_changed",
        is_of_accounts=True,
        title=gettext_lazy("The e-mail address of an account was changed"),
        subject=gettext_lazy("The e-mail address of your account was changed"),
        body=gettext_lazy(
            "{name},\n\nyour account has another e-mail address now. If it was not you who changed it, write to the "
            "secretariat at once."
        ),
        address=_old_address,
        for_inactive=True,
    ),
    Kind(
        code="account_changed",
        is_of_accounts=True,
        title=gettext_lazy("Something about an account was changed"),
        subject=gettext_lazy("Your account was changed"),
        body=gettext_lazy(
            "{name},\n\n{what}\n\nIf it was not you, set a new password and write to the secretariat at once.\n\n{link}"
        ),
        placeholders={"what": gettext_lazy("what was changed")},
        fill=_event_text,
        link=_security_page,
    ),
)
