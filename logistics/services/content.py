"""What an application says: read, checked for completeness, and hashed so that the hash can be public (RULES 5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from cnd import journal
from cnd.canonical import sha256_of
from cnd.clock import parse_rfc3339, rfc3339
from cnd.instants import spelled
from logistics.models import Application, EventKind
from logistics.services.windows import Terms, terms_of
from sessions.models import Delegation, MeetingSession

FORMAT = "cnd-application/1"
STEP_MIN = 5
"""Times are multiples of five minutes (DESIGN, "Occupancy")."""
PLAIN = (
    "title", "abstract", "theme", "form", "attendance", "length_min", "equipment", "needs_accessible",
    "technical_needs",
)  # fmt: skip
TIMES = ("wished_times", "impossible_times")
PERSONAL = ("contact", "speakers")
FIELDS = (*PLAIN, *TIMES, *PERSONAL, "cosponsors")
RULE_NAMES = {"length": "length_min", "equipment": "equipment"}
"""Fields that the rule book calls otherwise than the model does."""


@dataclass(frozen=True)
class Missing:
    """What keeps an application from being complete: the field, and a sentence in the reader's language."""

    field: str
    message: str


def content_of(application: Application) -> dict[str, Any]:
    """Return what an application says, as `edit_application` takes it, and whether it has a `flyer`."""
    contact = (application.contact.value if application.contact else None) or {}
    speakers = (application.speakers.value if application.speakers else None) or {}
    return {
        **{name: getattr(application, name) for name in PLAIN},
        **{name: [tuple(map(parse_rfc3339, pair)) for pair in getattr(application, name)] for name in TIMES},
        "contact": {name: contact.get(name, "") for name in ("name", "email", "phone")},
        "speakers": list(speakers.get("speakers", [])),
        "cosponsors": [
            {"delegation": each.delegation.code} if each.delegation else {"name": each.name, "kind": each.kind}
            for each in application.cosponsors.all()
        ],
        "flyer": application.flyer_id is not None,
    }


# --- the hash ---------------------------------------------------------------------------------------------------------


def document_of(application: Application) -> dict[str, Any]:
    """Return what the hash is taken over: all of the content, persons only as references with a salted hash."""
    return {
        "format": FORMAT,
        "session": application.kind.session.code,
        "kind": application.kind.code,
        "organiser": application.organiser.code,
        **{name: getattr(application, name) for name in (*PLAIN, *TIMES)},
        "contact": journal.refer(application.contact),
        "speakers": journal.refer(application.speakers),
        "cosponsors": sorted(
            [each.delegation.code if each.delegation else each.name, each.kind] for each in application.cosponsors.all()
        ),
        "flyer": application.flyer.sha256 if application.flyer else None,
    }


def hash_of(application: Application) -> str:
    """Return the SHA-256 of the content over canonical JSON."""
    return sha256_of(document_of(application))


# --- completeness -----------------------------------------------------------------------------------------------------


def missing_in(
    kind: EventKind, content: Mapping[str, Any] | Application, *, terms: Terms | None = None
) -> list[Missing]:
    """Return everything that keeps this from being complete, by field; the page and the submission ask the same."""
    terms = terms or terms_of(kind)
    said: Mapping[str, Any] = content_of(content) if isinstance(content, Application) else content
    found = list(_absent(said, terms)) if terms.complete_only else []
    absent = {each.field for each in found}
    return found + [each for each in _faults(kind.session, said, terms) if each.field not in absent]


def _absent(said: Mapping[str, Any], terms: Terms) -> Iterable[Missing]:
    for rule_name in terms.required:
        field = RULE_NAMES.get(rule_name, rule_name)
        value = said.get(field)
        if field == "contact":
            value = (value or {}).get("name") and (value or {}).get("email")
        elif field == "speakers":
            value = [each for each in value or [] if each.get("name", "").strip()]
        elif isinstance(value, str):
            value = value.strip()
        if not value:
            yield Missing(field, _sentence(field))


def _sentence(field: str) -> str:
    known = {
        "title": _("Give the event a title."),
        "abstract": _("Say in an abstract what it is about."),
        "theme": _("Choose a theme."),
        "form": _("Say in which form it is held."),
        "length_min": _("Say how long it takes."),
        "attendance": _("Say how many people are expected."),
        "contact": _("Name a contact, with an e-mail address."),
        "speakers": _("Name at least one speaker."),
        "flyer": _("Attach the flyer."),
        "cosponsors": _("Name a co-sponsor."),
        "wished_times": _("Name a time that would suit."),
    }
    return known.get(field) or _("This is missing.")


def _faults(session: MeetingSession, said: Mapping[str, Any], terms: Terms) -> Iterable[Missing]:
    theme, form, length = said.get("theme"), said.get("form"), said.get("length_min")
    if theme and terms.themes and theme not in terms.themes:
        yield Missing("theme", _("Choose one of the themes."))
    if form and form not in terms.forms:
        yield Missing("form", _("It cannot be held in this form."))
    if length and timedelta(minutes=length) > terms.length_max:
        yield Missing("length_min", _("It may take %(most)s at most.") % {"most": spelled(terms.length_max)})
    elif length and length % STEP_MIN:
        yield Missing("length_min", _("The length is a multiple of five minutes."))
    email = (said.get("contact") or {}).get("email")
    if email and not is_email(email):
        yield Missing("contact", _("This is no e-mail address."))
    unknown = [each for each in said.get("equipment") or [] if each not in terms.equipment]
    if unknown:
        yield Missing("equipment", _("No room has this: %(what)s.") % {"what": ", ".join(unknown)})
    if not all(map(within_days(session, terms), said.get("wished_times") or [])):
        yield Missing("wished_times", _("Choose times on the days of these events."))
    if not all(each in terms.cosponsors for each in _kinds(session, said.get("cosponsors") or [])):
        yield Missing("cosponsors", _("Not all of these may co-sponsor."))


def _kinds(session: MeetingSession, cosponsors: Iterable[Mapping[str, str]]) -> list[str]:
    codes = [each["delegation"] for each in cosponsors if each.get("delegation")]
    kinds = [each.get("kind", "") for each in cosponsors if not each.get("delegation")]
    if codes:
        known = Delegation.objects.filter(session=session, code__in=codes)
        kinds += list(known.order_by("code").values_list("kind", flat=True))
    return kinds


def within_days(session: MeetingSession, terms: Terms) -> Any:
    """Return whether a pair of moments lies on the days of these events, as a function."""
    begins = datetime.combine(terms.first_day, time(), tzinfo=session.zone).astimezone(UTC)
    ends = datetime.combine(terms.last_day + timedelta(days=1), time(), tzinfo=session.zone).astimezone(UTC)
    return lambda pair: begins <= pair[0] and pair[1] <= ends


def is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def times_text(pairs: Iterable[tuple[datetime, datetime]]) -> list[list[str]]:
    """Write pairs of moments as they are kept."""
    return [[rfc3339(begins), rfc3339(ends)] for begins, ends in pairs]
