"""What a notice says: the secretariat's own wording or the product's, filled in for one reader in their language.

Staff write `{placeholders}` and nothing else: no expression is ever evaluated, and a value is not read again.
"""

import re
import unicodedata
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd import journal
from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid
from cnd.instants import city_name, instant_text
from cnd.models import Cause, Chain, Notice, NoticeText, ResourceVersion, User
from cnd.outbox.kinds import Kind, Letterhead, Text, kind_of, letterhead, recipients

COMMON: Mapping[str, Text] = {
    "name": gettext_lazy("the reader's name"),
    "session": gettext_lazy("the name of the meeting session"),
    "link": gettext_lazy("the address of the page that it is about"),
}
"""The placeholders that every kind has."""
RESOURCE = "notice-texts"
LONGEST_SUBJECT = 200

_SPOT = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]*)\}|[{}]")
_ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
_SPACES = re.compile(r"[^\S\u00a0\u2007\u202f]+")
"""All but those that hold words together, as French writes them before a colon."""
_unsubscribe_signer = signing.Signer(salt="cnd.outbox.unsubscribe")


@dataclass(frozen=True)
class Wording:
    """Subject and body with their placeholders still in them."""

    subject: str
    body: str
    is_own: bool
    """Whether the secretariat wrote it."""


@dataclass(frozen=True)
class Worded:
    """What one reader is told, as the portal shows it: plain text, paragraphs divided by empty lines."""

    subject: str
    body: str
    link: str
    """Absolute; empty where there is no page to show."""
    language: str


@dataclass(frozen=True)
class Rendered(Worded):
    """A whole mail."""

    text: str
    html: str
    calendar: bytes | None
    unsubscribe_url: str
    """Empty for what cannot be unsubscribed from."""


# --- placeholders -----------------------------------------------------------------------------------------------------


def placeholders(kind: Kind) -> dict[str, Text]:
    """Return what may stand in the text of a kind, each with what it stands for."""
    return {**COMMON, **kind.placeholders}


def filled(template: str, values: Mapping[str, str]) -> str:
    """Put values in the place of `{name}`; `{{` and `}}` are braces. What is not known stays as it is."""

    def value(spot: re.Match[str]) -> str:
        name = spot[1]
        return str(values.get(name, spot[0])) if name else spot[0][0]

    return _SPOT.sub(value, template)


def check_text(kind: Kind, subject: str, body: str) -> None:
    """Raise Invalid naming every fault of a wording: unknown placeholders, stray braces, an unfit subject."""
    known = placeholders(kind)
    faults = {"subject": _faults(subject, known), "body": _faults(body, known)}
    if _printable(body, "\n\t") != body:
        faults["body"].append(_("The text holds characters that cannot be shown."))
    if len(subject.splitlines()) > 1 or subject != _one_line(subject):
        faults["subject"].append(_("The subject must be one line."))
    if len(subject) > LONGEST_SUBJECT:
        faults["subject"].append(_("The subject has more than %(n)d characters.") % {"n": LONGEST_SUBJECT})
    if any(faults.values()):
        fields = {name: found for name, found in faults.items() if found}
        raise Invalid("text_unfit", _("This text cannot be sent as it stands."), fields=fields)


def _faults(template: str, known: Mapping[str, Text]) -> list[str]:
    faults = [] if template.strip() else [_("There is no text.")]
    for spot in _SPOT.finditer(template):
        if spot[1] and spot[1] not in known:
            names = ", ".join(f"{{{name}}}" for name in known)
            what = {"name": spot[0], "known": names}
            faults.append(_("Nothing stands for %(name)s; there are: %(known)s.") % what)
        elif spot[0] in {"{", "}"}:
            around = template[max(spot.start() - 10, 0) : spot.end() + 10].strip()
            faults.append(
                _("A brace without its other one in “%(text)s”; write {{ or }} for a brace.") % {"text": around}
            )
    return list(dict.fromkeys(faults))


def _one_line(text: str) -> str:
    """Return the text as one line without control characters: nothing a value holds can add a header."""
    return _printable(_SPACES.sub(" ", text)).strip()


def _printable(text: str, besides: str = "\n") -> str:
    return "".join(each for each in text if each in besides or unicodedata.category(each) != "Cc")


# --- filling in -------------------------------------------------------------------------------------------------------


def wording(chain: Chain, kind: Kind, language: str) -> Wording:
    """Return the secretariat's wording in this language, else the product's own."""
    own = NoticeText.objects.filter(chain=chain, kind=kind.code, language=language).first()
    if own:
        return Wording(own.subject, own.body, True)
    with translation.override(language):
        return Wording(str(kind.subject), str(kind.body), False)


@dataclass(frozen=True)
class _Facts:
    """What fills a wording for one reader."""

    values: Mapping[str, str]
    link: str
    head: Letterhead


def word(cause: Cause, user: User, *, language: str = "") -> Worded:
    """Return what this person is told of a cause, in their language unless another is given."""
    kind, language = kind_of(cause.kind), language or user.language
    return _worded(wording(cause.chain, kind, language), language, _facts(cause, user, kind, language))


def render(notice: Notice) -> Rendered:
    """Return the whole mail of a notice in its reader's language."""
    cause, user = notice.cause, notice.recipient
    kind, language = kind_of(cause.kind), user.language
    facts = _facts(cause, user, kind, language)
    worded = _worded(wording(cause.chain, kind, language), language, facts)
    return _render(notice, worded, facts.head, unsubscribe_url_of(notice) if kind.is_optional else "")


def _facts(cause: Cause, user: User, kind: Kind, language: str) -> _Facts:
    with translation.override(language):
        path, head = kind.link(cause, user), letterhead(cause.chain)
        link = settings.SITE_URL + path if path else ""
        name = user.get_full_name() or user.get_username()
        common = {"name": name, "session": head.title, "link": link or settings.SITE_URL}
        return _Facts({**common, **kind.fill(cause, user)}, link, head)


def _worded(written: Wording, language: str, facts: _Facts) -> Worded:
    subject, body = _one_line(filled(written.subject, facts.values)), _printable(filled(written.body, facts.values))
    return Worded(subject, body.strip(), facts.link, language)


def _render(notice: Notice, worded: Worded, head: Letterhead, unsubscribe_url: str) -> Rendered:
    cause, user = notice.cause, notice.recipient
    kind, is_rehearsal = kind_of(cause.kind), cause.chain.is_rehearsal
    with translation.override(worded.language):
        subject = f"[{_('Rehearsal')}] {worded.subject}" if is_rehearsal else worded.subject
        context = {
            "subject": subject,
            "body": worded.body,
            "paragraphs": paragraphs_of(worded),
            "link": worded.link,
            "is_link_in_body": worded.link in worded.body,
            "is_rehearsal": is_rehearsal,
            "session": head.title,
            "site": settings.SITE_URL,
            "zones": [city_name(tz) for tz in dict.fromkeys((head.time_zone, user.time_zone)) if tz],
            "unsubscribe_url": unsubscribe_url,
        }
        return Rendered(
            subject=subject,
            body=worded.body,
            link=worded.link,
            language=worded.language,
            text=render_to_string("emails/notice.txt", context).strip() + "\n",
            html=render_to_string("emails/notice.html", context).strip() + "\n",
            calendar=kind.calendar(cause, user) if kind.calendar and cause.pk else None,
            unsubscribe_url=unsubscribe_url,
        )


def paragraphs_of(worded: Worded) -> list[SafeString]:
    """Return the body's paragraphs as HTML: escaped, lines kept, addresses linked. The page's own gets a button."""
    parts = (part.strip() for part in re.split(r"\n\s*\n", worded.body))
    return [_linked(part) for part in parts if part and part != worded.link]


def _linked(text: str) -> SafeString:
    pieces, end = [], 0
    for found in _ADDRESS.finditer(text):
        address = escape(found[0])
        pieces += [escape(text[end : found.start()]), f'<a href="{address}">{address}</a>']
        end = found.end()
    return mark_safe("".join([*pieces, escape(text[end:])]).replace("\n", "<br>"))


def moment_text(value: datetime, tz: str, user: User, *, closing: bool = False) -> str:
    """Write an instant for a notice: in the meeting's zone and, where it differs, in the reader's own."""
    text = instant_text(value, tz, closing=closing)
    own = user.time_zone
    if not own or value.astimezone(ZoneInfo(own)).utcoffset() == value.astimezone(ZoneInfo(tz)).utcoffset():
        return text
    return f"{text} = {instant_text(value, own, closing=closing)}"


# --- unsubscribing ----------------------------------------------------------------------------------------------------


def unsubscribe_url_of(notice: Notice) -> str:
    """Return the address by which the reader of this notice unsubscribes from its kind; it says nothing personal."""
    return settings.SITE_URL + reverse("unsubscribe", args=[_unsubscribe_signer.sign(str(notice.pk or 0))])


def notice_of_token(token: str) -> Notice | None:
    """Return the notice that a token of `unsubscribe_url_of` was made for; None for any other."""
    try:
        pk = int(_unsubscribe_signer.unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    return Notice.objects.select_related("cause__chain", "recipient").filter(pk=pk).first()


# --- the secretariat's own wording ------------------------------------------------------------------------------------


def save_text(*, chain: Chain, kind: str, language: str, subject: str, body: str, actor: Actor) -> NoticeText:
    """Give a kind of notice the secretariat's own wording in one language. Raises NotPermitted, Invalid."""
    require_secretariat(actor)
    subject, body = subject.strip(), body.replace("\r\n", "\n").strip()
    check_text(kind_of(kind), subject, body)
    if language not in dict(settings.LANGUAGES):
        raise Invalid("language_unknown", _("There is no such language."), fields={"language": [language]})
    with _decision(chain, "save_text", kind, language, actor) as draft:
        text = NoticeText.objects.select_for_update().filter(chain=chain, kind=kind, language=language).first()
        before = {"subject": text.subject, "body": text.body} if text else None
        text, _is_new = NoticeText.objects.update_or_create(
            chain=chain, kind=kind, language=language, defaults={"subject": subject, "body": body}
        )
        draft.change(f"{RESOURCE}/{kind}/{language}", before, {"subject": subject, "body": body})
        draft.touch(RESOURCE, audience=ResourceVersion.STAFF)
    return text


def reset_text(*, chain: Chain, kind: str, language: str, actor: Actor) -> None:
    """Go back to the product's own wording; where it is in use already, nothing changes. Raises NotPermitted."""
    require_secretariat(actor)
    with _decision(chain, "reset_text", kind, language, actor) as draft:
        text = NoticeText.objects.select_for_update().filter(chain=chain, kind=kind, language=language).first()
        if text:
            draft.change(f"{RESOURCE}/{kind}/{language}", {"subject": text.subject, "body": text.body}, None)
            draft.touch(RESOURCE, audience=ResourceVersion.STAFF)
            text.delete()


def preview(
    *, chain: Chain, kind: str, language: str, subject: str, body: str, notice: Notice | None = None
) -> Rendered:
    """Return a mail with this wording in this language: that notice, else the first of `examples`.

    Before there is any, placeholders show what they stand for. Raises Invalid as `check_text` does.
    """
    of_kind, written = kind_of(kind), Wording(subject.strip(), body.replace("\r\n", "\n").strip(), True)
    check_text(of_kind, written.subject, written.body)
    if of_kind.is_secret:
        notice = None
    elif notice is None:
        notice = next(iter(examples(chain, kind, most=1)), None)
    with translation.override(language):
        sample = {name: f"‹{what}›" for name, what in placeholders(of_kind).items()}
        facts = _Facts(sample, "", letterhead(chain))
    if notice is None:
        notice = Notice(cause=Cause(chain=chain, kind=kind), recipient=User())
    else:
        facts = _facts(notice.cause, notice.recipient, of_kind, language)
    # Whoever looks at it must not unsubscribe its reader.
    unsubscribe_url = unsubscribe_url_of(Notice()) if of_kind.is_optional else ""
    return _render(notice, _worded(written, language, facts), facts.head, unsubscribe_url)


def examples(chain: Chain, kind: str, *, most: int = 20) -> list[Notice]:
    """Return notices of a kind to preview its wording on, latest first: written ones, else some that will be."""
    told = Notice.objects.filter(cause__chain=chain, cause__kind=kind).select_related("cause__chain", "recipient")
    if written := list(told.order_by("-pk")[:most]):
        return written
    coming = Cause.objects.filter(chain=chain, kind=kind).select_related("chain").order_by("-pk")[:3]
    readers = ((cause, user) for cause in coming for user in recipients(chain, cause.audience))
    return [Notice(cause=cause, recipient=user) for cause, user in islice(readers, most)]


def _decision(
    chain: Chain, action: str, kind: str, language: str, actor: Actor
) -> AbstractContextManager[journal.Draft]:
    return journal.decision(chain, action=action, subject=f"{RESOURCE}/{kind}/{language}", actor=actor)
