"""Messages of the secretariat to an audience: looked at with everyone they reach, and sent once.

The words stand in the cause, where the outbox takes them from at every attempt; the journal keeps their subject and
hash. They are public correspondence, so personal data have no place in them.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor, require_secretariat
from cnd.canonical import sha256_of
from cnd.errors import Invalid, Refused
from cnd.models import Cause, Notice, ResourceVersion, User
from cnd.outbox.kinds import Kind, kind_of, recipients, register_kind
from cnd.outbox.telling import channels_of, tell
from sessions.models import Delegation, MeetingSession, Membership
from sessions.services.audiences import audiences_for_messages, delegations_meant

KIND = "message"
EVERY_LANGUAGE = "*"
"""The words for everybody for whose language there are none of their own."""
LONGEST_SUBJECT = 150
LONGEST_TEXT = 10_000

_NONCE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Reached:
    """One person whom a message would reach."""

    user: User
    delegations: list[Delegation]
    channels: list[str]
    """Empty for an account that can be told nothing now."""


class Reach:
    """Whom an audience is at present, and over which channels each would be told."""

    def __init__(self, session: MeetingSession, audience: str) -> None:
        chain, kind = session.chain, kind_of(KIND)
        users = recipients(chain, audience)
        meant = {each.pk: each for each in delegations_meant(chain, audience)}
        acting = Membership.objects.filter(user__in=users, delegation__in=meant).order_by("delegation__code")
        of_user: dict[int, list[Delegation]] = defaultdict(list)
        for user_id, delegation_id in acting.values_list("user_id", "delegation_id"):
            of_user[user_id].append(meant[delegation_id])
        self.people = [Reached(user, of_user[user.pk], channels_of(user, kind, chain)) for user in users]
        told = {each.pk for person in self.told for each in person.delegations}
        self.silent = [each for each in meant.values() if each.pk not in told]
        """The delegations meant for which nobody is told."""

    @cached_property
    def told(self) -> list[Reached]:
        """Those who would be told at all."""
        return [each for each in self.people if each.channels]

    @cached_property
    def delegations(self) -> int:
        return len({delegation.pk for each in self.told for delegation in each.delegations})

    def on(self, channel: str) -> tuple[int, int]:
        """Return how many people and how many delegations are told over a channel."""
        there = [each for each in self.told if channel in each.channels]
        return len(there), len({delegation.pk for each in there for delegation in each.delegations})

    @property
    def fingerprint(self) -> str:
        """What two looks at an audience are compared by: exactly who is told over which channel."""
        return _fingerprint((each.user.pk, channel) for each in self.told for channel in each.channels)


def _fingerprint(pairs: Any) -> str:
    return sha256_of(sorted([pk, channel] for pk, channel in pairs))


def send_message(
    *,
    session: MeetingSession,
    audience: str,
    subject: Mapping[str, str],
    text: Mapping[str, str],
    actor: Actor,
    nonce: str,
    seen: str = "",
) -> Cause:
    """Tell an audience something, in one transaction; the same nonce and words again change nothing.

    `subject` and `text` are by language, `*` for all others. With `seen`, the fingerprint of a `Reach`, Refused
    ("audience_changed") when others are reached by now. Raises NotPermitted; Invalid naming every fault; Refused when
    nobody is reached, or when other words were sent with this nonce.
    """
    require_secretariat(actor)
    context = {"subject": _stripped(subject), "text": _stripped(text)}
    check_message(session, audience, context, nonce)
    chain, key = session.chain, f"message/{nonce}"
    with journal.decision(chain, action="send_message", subject=f"message:{nonce}", actor=actor) as draft:
        # The session is the parent: of two presses at once, the second sees what the first has sent.
        MeetingSession.objects.select_for_update(no_key=True).get(pk=session.pk)
        sent = Cause.objects.filter(chain=chain, key=key).first()
        if sent is not None:
            if (sent.audience, sent.context) != (audience, context):
                raise Refused("sent_already", _("Another message was sent from this page already. Begin a new one."))
            return sent
        cause = tell(chain=chain, kind=KIND, key=key, audience=audience, context=context)
        pairs = list(Notice.objects.filter(cause=cause).values_list("recipient_id", "channel"))
        if not pairs:
            raise Refused("nobody_reached", _("Nobody would be reached: nothing was sent."))
        if seen and seen != _fingerprint(pairs):
            raise Refused(
                "audience_changed",
                _("Others would be reached now than when you looked. Nothing was sent; look again."),
            )
        told = {
            "audience": audience,
            "people": len({pk for pk, _channel in pairs}),
            "subject": context["subject"][EVERY_LANGUAGE],
            "sha256": sha256_of(context),
        }
        draft.change(f"message:{nonce}", None, told)
        draft.touch("messages", audience=ResourceVersion.STAFF)
    return cause


def _stripped(words: Mapping[str, str]) -> dict[str, str]:
    stripped = {language: value.replace("\r\n", "\n").strip() for language, value in sorted(words.items())}
    return {language: value for language, value in stripped.items() if value}


def check_message(session: MeetingSession, audience: str, context: Mapping[str, Mapping[str, str]], nonce: str) -> None:
    """Raise Invalid naming every fault of a message; `context` holds subjects and texts by language."""
    faults: dict[str, list[str]] = defaultdict(list)
    subject, text = context["subject"], context["text"]
    if not _NONCE.fullmatch(nonce):
        faults["nonce"].append(_("This page is too old. Begin a new message."))
    if audience not in dict(audiences_for_messages(session)):
        faults["audience"].append(_("There is no such audience."))
    for language in {EVERY_LANGUAGE, *subject, *text}:
        if language not in {EVERY_LANGUAGE, *dict(settings.LANGUAGES)}:
            faults["subject"].append(_("There is no such language."))
        if language not in subject:
            faults[field_name("subject", language)].append(_("The subject is missing."))
        if language not in text:
            faults[field_name("text", language)].append(_("The text is missing."))
    for language, value in subject.items():
        if len(value.splitlines()) > 1:
            faults[field_name("subject", language)].append(_("The subject must be one line."))
        if len(value) > LONGEST_SUBJECT:
            said = _("The subject has more than %(n)d characters.") % {"n": LONGEST_SUBJECT}
            faults[field_name("subject", language)].append(said)
    for language, value in text.items():
        if len(value) > LONGEST_TEXT:
            said = _("The text has more than %(n)d characters.") % {"n": LONGEST_TEXT}
            faults[field_name("text", language)].append(said)
    if faults:
        raise Invalid("message_unfit", _("This message cannot be sent as it stands."), fields=faults)


def field_name(part: str, language: str) -> str:
    """Name the field of a form that holds a part of the message in a language."""
    return part if language == EVERY_LANGUAGE else f"{part}_{language}"


def _fill(cause: Cause, _user: User) -> dict[str, str]:
    language = get_language() or "en"
    return {
        name: cause.context[name].get(language) or cause.context[name].get(EVERY_LANGUAGE, "")
        for name in ("subject", "text")
    }


MESSAGE = Kind(
    code=KIND,
    title=gettext_lazy("Message of the secretariat"),
    subject="{subject}",
    body="{text}",
    placeholders={
        "subject": gettext_lazy("the subject as the secretariat wrote it"),
        "text": gettext_lazy("the text as the secretariat wrote it"),
    },
    fill=_fill,
)


def register() -> None:
    """Make this kind of notice known."""
    register_kind(MESSAGE)
