"""What follows when the library of signing in says that something happened: entries, and what a login proves."""

from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from allauth.socialaccount.signals import social_account_added
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.http import HttpRequest

from cnd import clock
from cnd.account_notices import drop_confirmation
from cnd.actors import actor_for
from cnd.models import User
from cnd.second_factor import FACTORS, PROVEN, has_second_factor
from cnd.users import record_event, settle_address


@receiver(user_logged_in, dispatch_uid="cnd.end_of_login")
def settle_login(request: HttpRequest, user: User, **_more: Any) -> None:
    """Have this login end at a fixed moment of real time, however busy its owner is."""
    # An account that was made on the server's shell has an address that the library does not know of yet.
    settle_address(user)
    request.session.set_expiry(clock.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))


@receiver(post_delete, sender=EmailAddress, dispatch_uid="cnd.address_dropped")
def forget_address(instance: EmailAddress, **_more: Any) -> None:
    """Send nothing to an address that was dropped before its link was mailed."""
    drop_confirmation(instance)


@receiver(signals.authenticator_used, dispatch_uid="cnd.factor_used")
def remember_proof(request: HttpRequest, user: User, **_more: Any) -> None:
    """Remember in the login session that the second factor was shown."""
    request.session[PROVEN] = user.pk


@receiver(signals.authenticator_added, dispatch_uid="cnd.factor_added")
def record_added(request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    """Record a new factor; whoever has just set it up has it."""
    if authenticator.type in FACTORS:
        request.session[PROVEN] = user.pk
        # Whoever signed in elsewhere did so without it.
        for login in UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key):
            login.end()
    record_event(user=user, event=f"{authenticator.type}_added", actor=actor_for(user))


@receiver(signals.authenticator_reset, dispatch_uid="cnd.factor_reset")
def record_reset(user: User, authenticator: Authenticator, **_more: Any) -> None:
    """Record new recovery codes."""
    record_event(user=user, event=f"{authenticator.type}_added", actor=actor_for(user))


@receiver(signals.authenticator_removed, dispatch_uid="cnd.factor_removed")
def record_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    """Record that a factor is gone, and with the last one what the login session proved."""
    if not has_second_factor(user):
        request.session.pop(PROVEN, None)
    record_event(user=user, event=f"{authenticator.type}_removed", actor=actor_for(user))


@receiver(social_account_added, dispatch_uid="cnd.identity_linked")
def record_linked(sociallogin: Any, **_more: Any) -> None:
    """Record that another service signs in to the account."""
    record_event(user=sociallogin.user, event="identity_linked", actor=actor_for(sociallogin.user))
