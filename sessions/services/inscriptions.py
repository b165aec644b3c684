"""Inscriptions on the list of speakers: entered, changed, withdrawn (RULES 2; DESIGN, "Rules and people as data")."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cnd import clock, journal
from cnd.actors import Actor
from cnd.errors import Invalid, NotFound, Refused
from cnd.instants import instant_text
from cnd.journal import Draft
from cnd.models import PersonalDatum, ResourceVersion
from cnd.versions import require_version
from sessions.models import Delegation, GeneralDebate, Inscription, Level, ListEvent, RegionalGroup
from sessions.services.access import require_acts_for
from sessions.services.list_events import cancel_event, record_event, standing_drawing
from sessions.services.notices import inscriptions as notices
from sessions.services.rules import rule_book

Statement = Inscription.Statement


def locked(debate: GeneralDebate) -> GeneralDebate:
    """Take the lock under which everything of the debate is decided."""
    # Two statements: one would lock session and chain too, against the order parent, children, chain; and without
    # their locks it would read them as they stood before it waited.
    GeneralDebate.objects.select_for_update().get(pk=debate.pk)
    return GeneralDebate.objects.select_related("session__chain").get(pk=debate.pk)


def inscription_window(debate: GeneralDebate) -> tuple[datetime, datetime]:
    """Return the half-open window [opening, closing) in session time."""
    book = rule_book(debate.session)
    return book.instant("debate", "inscription_opens"), book.instant("debate", "inscription_closes")


def facts(inscription: Inscription) -> dict[str, Any]:
    """Return what the journal says of an inscription; the person only as a reference."""
    return {
        "statement": inscription.statement,
        "level": inscription.level,
        "receipt": inscription.receipt_number,
        "speaker": journal.refer(inscription.speaker),
        "withdrawn": inscription.withdrawn_at is not None,
    }


def resource_of(inscription: Inscription) -> str:
    """Return the name under which an inscription has its version, for the audience that may see it."""
    return f"inscription/{inscription.receipt_number}"


def audience_of(inscription: Inscription) -> str:
    """Return who, beside the secretariat, may see an inscription."""
    return f"delegation:{inscription.delegation.code}"


def shown_of(datum: PersonalDatum) -> list[tuple[str, str]]:
    """Return which resources show these data of a person, and to whom."""
    shown: list[tuple[str, str]] = []
    for each in datum.inscriptions.select_related("delegation"):
        own = audience_of(each)
        shown += [("inscription", own), (resource_of(each), own), ("roster", ResourceVersion.STAFF)]
    return shown


def _require_version(inscription: Inscription, expected: int | None) -> None:
    chain = inscription.debate.session.chain
    require_version(chain, resource_of(inscription), audience_of(inscription), expected)


def _noted(draft: Draft, inscription: Inscription, before: Any) -> None:
    delegation = inscription.delegation
    draft.change(f"inscription:{delegation.code}:{inscription.statement}", before, facts(inscription))
    draft.touch("roster", audience=ResourceVersion.STAFF)
    draft.touch("inscription", resource_of(inscription), audience=audience_of(inscription))


def _subject(delegation: Delegation) -> str:
    return f"delegation:{delegation.code}"


def inscribe(
    *,
    debate: GeneralDebate,
    delegation: Delegation,
    level: str,
    actor: Actor,
    statement: str = "",
    speaker_name: str = "",
    speaker_title: str = "",
    reason: str = "",
    arrived_at: datetime | None = None,
) -> Inscription:
    """Enter a delegation on the list; without `statement`, its own one.

    `arrived_at` is the real time at which the request reached the server; by it the window is judged, or else by now.
    Outside the window only staff may, with a reason; once a drawing is announced the inscription is late and goes
    behind its group's waiting list. Raises NotPermitted, Invalid, Refused.
    """
    require_acts_for(actor, delegation)
    if delegation.session_id != debate.session_id:
        raise NotFound("no_such_delegation", _("This delegation does not take part in this session."))
    own = Statement.NATIONAL if delegation.kind == Delegation.Kind.MEMBER_STATE else Statement.OTHER
    statement = statement or own
    if level not in Level.values:
        raise Invalid("level_unknown", _("Unknown level."), fields={"level": [_("Choose one of the three levels.")]})
    if statement not in {own, Statement.GROUP} or (statement == Statement.GROUP and own == Statement.OTHER):
        raise Invalid(
            "statement_unfit",
            _("%(name)s cannot make this kind of statement.") % {"name": delegation.name},
            fields={"statement": [_("Only a Member State makes a national or a group's statement.")]},
        )
    with journal.decision(
        debate.session.chain, action="inscribe", subject=_subject(delegation), actor=actor, reason=reason
    ) as draft:
        debate = locked(debate)
        require_window(debate, actor, reason, arrived_at=arrived_at)
        if statement == Statement.GROUP:
            # First: whoever does not chair the group has no business with its receipt.
            _require_chair(delegation, actor, draft)
        _require_free(debate, delegation, statement)
        inscription = Inscription(
            debate=debate, delegation=delegation, statement=statement, group=delegation.group, level=level
        )
        if speaker_name or speaker_title:
            person = {"name": speaker_name, "title": speaker_title}
            inscription.speaker = journal.keep_personal(debate.session.chain, person)
        _take_receipt(debate, inscription)
        inscription.save()
        _noted(draft, inscription, None)
        late = {"level": level, "group": delegation.group.code if delegation.group else None}
        if statement == Statement.OTHER:
            late["delegation_kind"] = delegation.kind
        event = record_event(debate, ListEvent.Kind.LATE, late | _who(inscription), draft)
        notices.tell_received(inscription, actor, is_late=event is not None)
    return inscription


def require_window(debate: GeneralDebate, actor: Actor, reason: str, *, arrived_at: datetime | None = None) -> None:
    """Raise Refused outside the window, unless staff give a reason. Judged by the arrival of the request (RULES 1)."""
    opens, closes = inscription_window(debate)
    chain = debate.session.chain
    now = chain.to_session(arrived_at) if arrived_at else chain.now()
    if opens <= now < closes:
        return
    if not actor.is_secretariat:
        zone = debate.session.time_zone
        if now < opens:
            said = _("Inscriptions are not open yet: they open %(at)s.") % {"at": instant_text(opens, zone)}
        else:
            said = _("Inscriptions closed %(at)s; ask the secretariat.") % {
                "at": instant_text(closes, zone, closing=True)
            }
        raise Refused("window_closed", said, details={"opens_at": opens, "closes_at": closes, "now": now})
    if not reason.strip():
        raise Invalid(
            "reason_missing",
            _("Outside the window an inscription needs a reason."),
            fields={"reason": [_("Outside the window an inscription needs a reason.")]},
        )


def _require_free(debate: GeneralDebate, delegation: Delegation, statement: str) -> None:
    standing = debate.inscriptions.standing()
    if statement == Statement.GROUP:
        other = standing.filter(statement=statement, group=delegation.group).select_related("delegation").first()
    else:
        other = standing.filter(delegation=delegation).exclude(statement=Statement.GROUP).first()
    if other:
        raise Refused(
            "already_inscribed",
            _("%(name)s is already inscribed, under receipt %(receipt)d.")
            % {"name": other.delegation.name, "receipt": other.receipt_number},
            details={"receipt": other.receipt_number, "received_at": other.receipt_at},
        )


def _require_chair(delegation: Delegation, actor: Actor, draft: Draft) -> None:
    group = RegionalGroup.objects.select_for_update(of=("self",)).get(members=delegation)
    if group.chair_id == delegation.pk:
        return
    if not actor.is_secretariat or group.chair_id is not None:
        raise Refused("not_the_chair", _("A group's statement is made by its chair, as recorded by the secretariat."))
    group.chair = delegation
    group.save(update_fields=["chair"])
    draft.change(f"group:{group.code}:chair", None, delegation.code)


def _take_receipt(debate: GeneralDebate, inscription: Inscription) -> None:
    at = clock.now()
    session_at = debate.session.chain.to_session(at)
    if debate.last_receipt_at is not None:
        # Number and time rise strictly whatever the clock does.
        session_at = max(session_at, debate.last_receipt_at + timedelta(microseconds=1))
    debate.last_receipt_number += 1
    debate.last_receipt_at = session_at
    debate.save(update_fields=["last_receipt_number", "last_receipt_at"])
    inscription.receipt_number = debate.last_receipt_number
    inscription.receipt_at = session_at
    inscription.received_real_at = at


def _who(inscription: Inscription) -> dict[str, Any]:
    return {"delegation": inscription.delegation.code, "statement": inscription.statement}


def _locked_inscription(inscription: Inscription) -> Inscription:
    return Inscription.objects.select_related("debate__session__chain", "delegation__group", "group", "speaker").get(
        pk=inscription.pk
    )


def _require_standing(inscription: Inscription) -> None:
    if inscription.withdrawn_at is not None:
        raise Refused("withdrawn", _("This inscription was withdrawn."))


def change_level(*, inscription: Inscription, level: str, actor: Actor, reason: str = "") -> Inscription:
    """Change the level of a standing inscription; after the announcement this is an event of the list.

    The same level again changes nothing. Raises NotPermitted, Invalid, Refused.
    """
    require_acts_for(actor, inscription.delegation)
    if level not in Level.values:
        raise Invalid("level_unknown", _("Unknown level."), fields={"level": [_("Choose one of the three levels.")]})
    with journal.decision(
        inscription.debate.session.chain,
        action="change_level",
        subject=_subject(inscription.delegation),
        actor=actor,
        reason=reason,
    ) as draft:
        debate = locked(inscription.debate)
        inscription = _locked_inscription(inscription)
        _require_standing(inscription)
        if inscription.level == level:
            return inscription
        before = facts(inscription)
        inscription.level = level
        inscription.save(update_fields=["level"])
        _noted(draft, inscription, before)
        record_event(debate, ListEvent.Kind.LEVEL_CHANGED, _who(inscription) | {"level": level}, draft)
        notices.tell_level_changed(inscription, before["level"], actor)
    return inscription


def _require_latest(inscription: Inscription) -> None:
    later = Inscription.objects.filter(
        debate=inscription.debate_id,
        delegation=inscription.delegation_id,
        statement=inscription.statement,
        receipt_number__gt=inscription.receipt_number,
    )
    if later.exists():
        # The events of the list name delegation and statement: which of two inscriptions comes back must be plain.
        raise Refused("inscribed_anew", _("The delegation was inscribed anew since; this receipt no longer counts."))


def edit_speaker(*, inscription: Inscription, name: str, title: str, actor: Actor) -> Inscription:
    """Change who speaks. The former person's data stay until erased. Raises NotPermitted, Refused."""
    require_acts_for(actor, inscription.delegation)
    with journal.decision(
        inscription.debate.session.chain,
        action="edit_speaker",
        subject=_subject(inscription.delegation),
        actor=actor,
    ) as draft:
        locked(inscription.debate)
        inscription = _locked_inscription(inscription)
        _require_standing(inscription)
        person = {"name": name, "title": title} if name or title else None
        if (inscription.speaker.value if inscription.speaker else None) == person:
            return inscription
        before = facts(inscription)
        inscription.speaker = journal.keep_personal(inscription.debate.session.chain, person) if person else None
        inscription.save(update_fields=["speaker"])
        _noted(draft, inscription, before)
        notices.tell_speaker_changed(inscription, actor)
    return inscription


def change_inscription(
    *,
    inscription: Inscription,
    actor: Actor,
    level: str | None = None,
    speaker_name: str | None = None,
    speaker_title: str | None = None,
    reason: str = "",
    expected_version: int | None = None,
) -> Inscription:
    """Change level and speaker together, in one entry; what is not given, or the same, stays.

    Raises as the two services do, and Outdated unless it still is the expected version.
    """
    require_acts_for(actor, inscription.delegation)
    with journal.decision(
        inscription.debate.session.chain,
        action="change_inscription",
        subject=_subject(inscription.delegation),
        actor=actor,
        reason=reason,
    ):
        # The lock first, so that the two are one for whoever comes in between.
        locked(inscription.debate)
        _require_version(inscription, expected_version)
        standing = _locked_inscription(inscription)
        _require_standing(standing)
        if level is not None:
            standing = change_level(inscription=standing, level=level, actor=actor, reason=reason)
        if speaker_name is None and speaker_title is None:
            return standing
        known = (standing.speaker.value if standing.speaker else None) or {}
        name = known.get("name", "") if speaker_name is None else speaker_name
        title = known.get("title", "") if speaker_title is None else speaker_title
        return edit_speaker(inscription=standing, name=name, title=title, actor=actor)


def withdraw(
    *, inscription: Inscription, actor: Actor, reason: str = "", expected_version: int | None = None
) -> Inscription:
    """Withdraw an inscription; after the announcement this is an event of the list. Again: changes nothing.

    Raises NotPermitted; Refused when the delegation has already spoken; Outdated unless it still is the expected
    version.
    """
    require_acts_for(actor, inscription.delegation)
    with journal.decision(
        inscription.debate.session.chain,
        action="withdraw",
        subject=_subject(inscription.delegation),
        actor=actor,
        reason=reason,
    ) as draft:
        debate = locked(inscription.debate)
        _require_version(inscription, expected_version)
        inscription = _locked_inscription(inscription)
        if inscription.withdrawn_at is not None:
            return inscription
        before = facts(inscription)
        inscription.withdrawn_at = debate.session.chain.now()
        inscription.save(update_fields=["withdrawn_at"])
        _noted(draft, inscription, before)
        record_event(debate, ListEvent.Kind.WITHDRAWN, _who(inscription), draft)
        notices.tell_withdrawn(inscription, actor)
    return inscription


def undo_withdrawal(
    *, inscription: Inscription, actor: Actor, reason: str = "", expected_version: int | None = None
) -> Inscription:
    """Take a withdrawal back, with the old receipt, as long as nothing was drawn on it.

    Raises NotPermitted; Refused after the draw, or when the delegation was inscribed anew meanwhile; Outdated unless
    it still is the expected version.
    """
    require_acts_for(actor, inscription.delegation)
    with journal.decision(
        inscription.debate.session.chain,
        action="undo_withdrawal",
        subject=_subject(inscription.delegation),
        actor=actor,
        reason=reason,
    ) as draft:
        debate = locked(inscription.debate)
        _require_version(inscription, expected_version)
        inscription = _locked_inscription(inscription)
        if inscription.withdrawn_at is None:
            return inscription
        _require_free(debate, inscription.delegation, inscription.statement)
        _require_latest(inscription)
        drawing = standing_drawing(debate)
        if drawing is not None and not cancel_event(drawing, ListEvent.Kind.WITHDRAWN, _who(inscription), draft):
            raise Refused(
                "too_late_to_undo",
                _("This can no longer be taken back; the delegation can be inscribed anew, as late."),
            )
        before = facts(inscription)
        inscription.withdrawn_at = None
        inscription.save(update_fields=["withdrawn_at"])
        _noted(draft, inscription, before)
        notices.tell_restored(inscription, actor)
    return inscription
