"""Where the library of signing in (django-allauth) meets this service: services, the outbox, and what is refused."""

import base64
import logging
import math
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cnd import clock, users
from cnd.account_notices import tell_confirmation, tell_reset
from cnd.actors import actor_for
from cnd.second_factor import FACTORS, needs_second_factor

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin

logger = logging.getLogger(__name__)

LIMIT = {"app": "allauth.account", "action": "login_failed"}


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are opened by invitation; their mails go through the outbox; every change is in the journal."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("The name or the password is wrong."),
        "username_password_mismatch": gettext_lazy("The name or the password is wrong."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: nobody opens an account for themselves."""
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Spare whoever has just signed in."""
        from allauth.account import app_settings
        from allauth.account.authentication import get_authentication_records

        records = get_authentication_records(self.request, self.request.user)
        just_now = clock.now().timestamp() - app_settings.REAUTHENTICATION_TIMEOUT
        if any(record["at"] > just_now for record in records):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    # --- lockout ------------------------------------------------------------------------------------------------------

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # One account, one count, whether it is called by its username or by its address, and whatever the host.
        names = {str(name).lower() for name in (credentials.get("username"), credentials.get("email")) if name}
        user = users.account_called(*names)
        return f"account:{user.pk}" if user else f"name:{'|'.join(sorted(names))}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count this attempt. Raises ValidationError, saying how long to wait, after too many wrong ones."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as fault:
            key = self._get_login_attempts_cache_key(request, **credentials)
            raise _locked_out(request, key) from fault
        except Exception as fault:
            # Each cache raises errors of its own. Uncounted guesses are worse than a moment's wait.
            logger.exception("wrong passwords cannot be counted, so nobody can sign in")
            raise ValidationError(_("Nobody can sign in for the moment. Try again in a minute.")) from fault

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Return a refusal in words; too many wrong codes say how long to wait, as too many wrong passwords do."""
        if code == "too_many_login_attempts":
            minutes = math.ceil(max(rate.duration for rate in ratelimit.get_rates(**LIMIT)) / 60)
            return _wait(minutes)
        return super().validation_error(code, *args)

    # --- what is written ----------------------------------------------------------------------------------------------

    def set_password(self, user: Any, password: str) -> None:
        """Set the password that somebody chose for themselves, signed in or by the link they were mailed."""
        is_reset = not self.request.user.is_authenticated or self.request.user.pk != user.pk
        users.change_own_password(user=user, password=password, actor=actor_for(user), is_reset=is_reset)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Take an address as confirmed, and as the account's own."""
        return users.confirm_address(address=email_address, actor=actor_for(email_address.user))

    # --- mails --------------------------------------------------------------------------------------------------------

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Have the link mailed to the account's own address; it is made when the mail is."""
        tell_reset(user)

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """Have the link mailed to the address that is to be confirmed."""
        tell_confirmation(emailconfirmation.email_address)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Refuse: no mail leaves but through the outbox."""
        raise NotImplementedError(f"{template_prefix}: mails of accounts are kinds of notices")


def _locked_out(request: HttpRequest, key: str) -> ValidationError:
    """Say how long somebody must wait."""
    now, wait_s = clock.now().timestamp(), 60.0
    for rate in ratelimit.get_rates(**LIMIT):
        history = cache.get(ratelimit.get_cache_key(request, rate=rate, key=key, **LIMIT), [])
        if len(history) >= rate.amount:
            wait_s = max(wait_s, history[rate.amount - 1] + rate.duration - now)
    return _wait(math.ceil(wait_s / 60))


def _wait(minutes: int) -> ValidationError:
    said = ngettext(
        "Too many wrong attempts. Try again in %(n)d minute, or set a new password.",
        "Too many wrong attempts. Try again in %(n)d minutes, or set a new password.",
        minutes,
    )
    return ValidationError(said % {"n": minutes}, code="too_many_login_attempts")


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are stored encrypted; staff keep at least one factor."""

    def encrypt(self, text: str) -> str:
        """Encrypt with a key derived from SECRET_KEY."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return what was encrypted. Raises ValidationError where SECRET_KEY has changed without its fallback."""
        try:
            return _fernet().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as fault:
            raise self.validation_error("incorrect_code") from fault

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """Name a new passkey until its owner does."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(n)d") % {"n": count + 1}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Refuse to take the last factor from who may do nothing without one."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS)
        return not needs_second_factor(authenticator.user) or others.exclude(pk=authenticator.pk).exists()


def _fernet() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (salted_hmac("cnd.second_factor", "key", secret=each, algorithm="sha256").digest() for each in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class OpenIDAdapter(DefaultSocialAccountAdapter):
    """OpenID Connect signs in to an account that there is, by an address that both sides have verified."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: "SocialLogin") -> bool:
        """Refuse: an account is never opened so."""
        return False

    def authenticate_by_email(self, sociallogin: "SocialLogin") -> tuple[Any, str] | None:
        """Return the account whose verified address the provider says it has verified too."""
        for address in sociallogin.email_addresses:
            # Some providers say "false", which is not False.
            if address.verified is not True:
                continue
            verified = EmailAddress.objects.filter(email__iexact=address.email, verified=True, primary=True)
            own = verified.filter(user__is_active=True).select_related("user").first()
            if own is not None:
                return own.user, own.email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: "SocialLogin") -> None:
        """Refuse to link any other identity by hand, whoever is signed in."""
        if sociallogin.state.get("process") == "connect":
            messages.error(request, _("An identity is linked by its verified e-mail address alone."))
            raise ImmediateHttpResponse(redirect("mfa_index"))
