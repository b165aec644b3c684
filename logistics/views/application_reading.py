"""Applications as pages show them: the rules of a kind in short, where one stands, what it says, what happened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cnd.clock import parse_rfc3339
from cnd.instants import spelled
from cnd.models import JournalEntry
from logistics.domain.queue import queue_of
from logistics.models import Application, EventKind
from logistics.services.applications import resource_of, standings_of, subject_of
from logistics.services.windows import Terms, terms_of
from logistics.views.history import Happening
from sessions.models import Delegation, MeetingSession, Membership
from sessions.services.rules import RuleBook
from sessions.views.staff_home import window_state

State = Application.State

CONTROLS = {
    "contact": "id_contact_name",
    "speakers": "id_speakers-0-name",
    "cosponsors": "id_cosponsors-0-name",
    "wished_times": "id_wished_times-0-day",
    "impossible_times": "id_impossible_times-0-day",
    "form": "id_form",
    "flyer": "",
}
"""Where in the form something is asked for, where that is not its own field."""


# --- a kind -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KindStanding:
    """One kind of side event as it stands now: its rules, its window, its queue. One query, with the rules in hand."""

    kind: EventKind
    terms: Terms
    window: dict[str, Any]
    held: int
    queue: tuple[int, ...]
    """The primary keys of those waiting, in the order in which they are promoted."""

    @classmethod
    def of(cls, kind: EventKind, book: RuleBook) -> "KindStanding":
        terms, standings = terms_of(kind, book), standings_of(kind)
        queue = tuple(each.key for each in queue_of(standings, terms.limits))
        window = window_state(kind.session, terms.opens_at, terms.closes_at)
        return cls(kind, terms, window, len(standings) - len(queue), queue)

    @property
    def places(self) -> int | None:
        return self.terms.limits.places

    @property
    def free(self) -> int | None:
        """How many places nobody holds; None where there is no limit."""
        return None if self.places is None else max(self.places - self.held, 0)

    @property
    def waiting(self) -> int:
        return len(self.queue)

    @property
    def is_frozen(self) -> bool:
        return bool(self.kind.session.session_now >= self.terms.limits.freeze_at)

    @property
    def limits(self) -> list[str]:
        """The rules in short."""
        return limits_told(self.terms)

    def position(self, application: Application) -> int | None:
        """Return which one it is on the waiting list; None for one that does not wait."""
        return self.queue.index(application.pk) + 1 if application.pk in self.queue else None

    def said(self, application: Application) -> str:
        """Say in a sentence where an application stands."""
        return standing_told(application, self.places, self.position(application))


def kinds_of(session: MeetingSession) -> list[EventKind]:
    """Return the kinds of a session, each with the session in hand."""
    kinds = list(session.event_kinds.all())
    for kind in kinds:
        kind.session = session
    return kinds


def limits_told(terms: Terms) -> list[str]:
    """Say the rules of a kind in short sentences."""
    limits = terms.limits
    said = []
    if limits.places is not None:
        places = ngettext("%(n)d place", "%(n)d places", limits.places) % {"n": limits.places}
        said.append(_("%(places)s, first come, first served; complete applications only.") % {"places": places})
    else:
        said.append(_("No limit but the rooms; complete applications only."))
    if limits.per_organiser is not None:
        one = ngettext(
            "At most %(n)d of one main organiser.", "At most %(n)d of one main organiser.", limits.per_organiser
        )
        said.append(one % {"n": limits.per_organiser})
    said.append(_("At most %(length)s long.") % {"length": spelled(terms.length_max)})
    who = ", ".join(_kinds_told(terms.organisers))
    said.append(_("Who may apply: %(who)s.") % {"who": who})
    if limits.member_states_first:
        said.append(_("Member States take precedence on the waiting list."))
    return said


def _kinds_told(kinds: Sequence[str]) -> list[str]:
    known = {
        Delegation.Kind.MEMBER_STATE: _("Member States"),
        Delegation.Kind.OBSERVER_STATE: _("observer States"),
        Delegation.Kind.OBSERVER_ORGANIZATION: _("observer organisations"),
        Delegation.Kind.UN_ENTITY: _("United Nations entities"),
        Delegation.Kind.IGO: _("intergovernmental organisations"),
        Delegation.Kind.NGO: _("non-governmental organisations"),
    }
    return [known.get(Delegation.Kind(each), each) for each in kinds]


# --- one application --------------------------------------------------------------------------------------------------


def standing_told(application: Application, places: int | None, position: int | None) -> str:
    """Say in a sentence where an application stands."""
    place = _("place %(n)s of %(all)s") if places else _("place %(n)s")
    what = {"place": place % {"n": application.place, "all": places}, "position": position}
    match application.state:
        case State.UNDER_REVIEW:
            return _("Received: %(place)s is held, and the secretariat checks the application.") % what
        case State.CORRECTION_REQUESTED:
            return _("A correction is asked for; %(place)s is kept meanwhile.") % what
        case State.PROMOTED:
            return _("A place became free: %(place)s is offered and waits to be confirmed.") % what
        case State.ACCEPTED:
            return _("Accepted: %(place)s.") % what
        case State.WAITING:
            return _("On the waiting list, position %(position)s.") % what
        case State.REJECTED:
            return _("Rejected.")
        case State.WITHDRAWN:
            return _("Withdrawn.")
        case State.MERGED:
            return _("Merged with another application.")
        case State.LAPSED:
            return _("Lapsed: what was asked for did not come in time.")
    return _("A draft: nothing is submitted yet.")


def parts_of(application: Application) -> dict[str, Any]:
    """Return what an application says beside its plain fields, ready to be shown."""
    speakers = (application.speakers.value if application.speakers else None) or {}
    cosponsors = application.cosponsors.select_related("delegation")
    return {
        "contact": (application.contact.value if application.contact else None) or {},
        "speakers": speakers.get("speakers", []),
        "cosponsors": [each.delegation.name if each.delegation else each.name for each in cosponsors],
        "wished": [tuple(map(parse_rfc3339, pair)) for pair in application.wished_times],
        "impossible": [tuple(map(parse_rfc3339, pair)) for pair in application.impossible_times],
    }


@dataclass(frozen=True)
class Lacking:
    """What is missing, and which control of the form asks for it."""

    message: str
    control: str


def lacking(missing: Sequence[Any]) -> list[Lacking]:
    """Return what is missing, as the page shows it."""
    return [Lacking(each.message, CONTROLS.get(each.field, f"id_{each.field}")) for each in missing]


# --- what happened ----------------------------------------------------------------------------------------------------


def history_of(application: Application) -> list[Happening]:
    """Return everything that happened to an application, the latest first, as the journal has it."""
    own = set(Membership.objects.filter(delegation=application.organiser_id).values_list("user_id", flat=True))
    # Neither database looks into a list of pairs in the same way; both can read it as text.
    entries = (
        JournalEntry.objects.filter(chain_id=application.kind.session.chain_id)
        .alias(touched=Cast("resources", TextField()))
        .filter(touched__contains=f'"{resource_of(application)}"')
        .order_by("number")
    )
    happened: list[Happening] = []
    for entry in entries:
        kind, _colon, pk = entry.actor.partition(":")
        by = _("the organiser") if kind == "user" and int(pk) in own else ""
        by = by or (_("by rule") if kind == "worker" else _("the secretariat"))
        for sentence, sha256 in _changes_told(application, entry):
            is_again = happened and not sha256 and happened[-1].sentence == sentence
            if is_again:
                # Somebody who saves their draft twenty times has edited it.
                happened.pop()
            happened.append(Happening(entry.session_at, sentence, by, sha256=sha256))
    return happened[::-1]


def _changes_told(application: Application, entry: JournalEntry) -> Iterator[tuple[str, str]]:
    subject = subject_of(application)
    for change in entry.changes:
        what, before, after = change["what"], change["before"], change["after"]
        if what == subject:
            is_received = before is not None and before["receipt"] != after["receipt"]
            if sentence := _move_told(before, after):
                yield sentence, application.content_sha256 if is_received else ""
        elif what == f"{subject}/content":
            yield _("The draft was edited."), ""
        elif what.startswith(f"{subject}/revision:") and after["fields"]:
            names = {"fields": ", ".join(_field_told(each) for each in after["fields"])}
            yield _("Edited: %(fields)s.") % names, after["sha256"]


def _move_told(before: dict[str, Any] | None, after: dict[str, Any]) -> str:
    if before is None:
        return _("The draft was begun.")
    if after["discarded"]:
        return _("The draft was discarded.")
    if before["receipt"] is None and after["receipt"] is not None:
        words = {"n": after["receipt"], "state": State(after["state"]).label}
        return _("Received under receipt %(n)d: %(state)s.") % words
    said = []
    if before["state"] != after["state"]:
        states = {"old": State(before["state"]).label, "new": State(after["state"]).label}
        said.append(_("Now “%(new)s”, before that “%(old)s”.") % states)
    if before["organiser"] != after["organiser"]:
        said.append(_("The main organiser is now %(code)s.") % {"code": after["organiser"]})
    if before["place"] != after["place"]:
        said.append(
            _("Place %(n)d is given up.") % {"n": before["place"]}
            if after["place"] is None
            else _("Place %(n)d is held.") % {"n": after["place"]}
        )
    if after["reason"] and before["reason"] != after["reason"]:
        said.append(_("Reason: %(reason)s") % {"reason": after["reason"]})
    return " ".join(said)


def _field_told(name: str) -> str:
    known = {
        "contact": _("contact"),
        "speakers": _("speakers"),
        "cosponsors": _("co-sponsors"),
        "wished_times": _("wished times"),
        "impossible_times": _("impossible times"),
        "flyer": _("flyer"),
        "needs_accessible": _("step-free access"),
    }
    return known.get(name) or str(getattr(Application._meta.get_field(name), "verbose_name", name))
