"""The announcement of a drawing: all frozen, hashed and public, before anybody can know the lots (RULES 3, 1–3)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from cnd import clock, journal
from cnd.actors import Actor, require_secretariat
from cnd.canonical import sha256_of
from cnd.clock import rfc3339
from cnd.errors import Invalid, Refused
from sessions.domain import drand
from sessions.domain.bundle_form import ANNOUNCEMENT_FORMAT
from sessions.domain.proof import Discrepancy, NotABundle, check_announcement
from sessions.domain.sources import seed_commitment
from sessions.models import Drawing, DrawSource, GeneralDebate, Inscription, Level
from sessions.services import deadlines
from sessions.services.inscriptions import inscription_window, locked
from sessions.services.notices.drawings import tell_announced, tell_announcement_withdrawn
from sessions.services.quotas import confirmed_quotas
from sessions.services.rules import RuleBook, rule_book

Kind = DrawSource.Kind
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class NumbersFormat:
    """The format of numbers that staff will enter: a public lottery's, or balls drawn in the room."""

    title: str
    count: int
    minimum: int
    maximum: int
    is_ordered: bool = False
    is_distinct: bool = True


@dataclass(frozen=True)
class Sources:
    """Which sources a drawing names, in this order: a rehearsal's seed, numbers, drand."""

    has_drand: bool = True
    numbers: NumbersFormat | None = None
    has_rehearsal_seed: bool = False


def announce(*, debate: GeneralDebate, sources: Sources, actor: Actor, draw_at: datetime | None = None) -> Drawing:
    """Freeze roster, quotas and rules, name the sources, and publish the hash of it all.

    `draw_at` is session time; without it the rule book's `debate.draw_at`. Raises Refused while inscriptions are
    open, while another announcement is open or a result stands, without quotas, or where a source is not allowed;
    Invalid for a time too early.
    """
    require_secretariat(actor)
    with journal.decision(debate.session.chain, action="announce", subject="draws", actor=actor) as draft:
        # The drawing's moment is a deadline: the rules are locked before the debate, as by their corrections.
        deadlines.lock_rules(debate.session)
        debate = locked(debate)
        book = rule_book(debate.session)
        chain = debate.session.chain
        last = debate.drawings.order_by("attempt").last()
        _require_possible(debate, last)
        announced_at = clock.now()
        draw_at = draw_at or book.instant("debate", "draw_at")
        draw_real = chain.to_real(draw_at)
        if draw_real <= announced_at:
            raise Invalid("draw_at_past", _("This moment is past."), fields={"draw_at": [_("This moment is past.")]})
        is_rehearsal = chain.is_rehearsal or sources.has_rehearsal_seed
        named, seed = _named_sources(sources, book, announced_at, draw_real, is_rehearsal=is_rehearsal)
        announcement = _frozen(debate, book, last) | {
            "rehearsal": is_rehearsal,
            "announced_at": rfc3339(announced_at),
            "announced_at_session": rfc3339(chain.to_session(announced_at)),
            "draw_at": rfc3339(draw_real),
            "draw_at_session": rfc3339(draw_at),
            "sources": named,
        }
        try:
            check_announcement(announcement)
        except (Discrepancy, NotABundle) as fault:
            raise Refused("announcement_contradicts_itself", str(fault)) from fault
        times = [clock.parse_rfc3339(source["not_before"]) for source in named]
        drawing = Drawing.objects.create(
            debate=debate,
            attempt=announcement["attempt"],
            is_rehearsal=is_rehearsal,
            announcement=announcement,
            announcement_sha256=sha256_of(announcement),
            announced_at=announced_at,
            draw_at=draw_real,
            seals_at=min(times),
        )
        DrawSource.objects.bulk_create(
            DrawSource(
                drawing=drawing,
                position=position,
                kind=source["kind"],
                not_before=times[position],
                deadline=clock.parse_rfc3339(source["deadline"]),
                secret=seed if source["kind"] == Kind.REHEARSAL_SEED else "",
            )
            for position, source in enumerate(named)
        )
        draft.change(drawing.resource, None, {"announcement_sha256": drawing.announcement_sha256})
        draft.touch("draws", drawing.resource)
        draft.publish()
        deadlines.follow_rules(debate.session)
        tell_announced(drawing)
    return drawing


def _require_possible(debate: GeneralDebate, last: Drawing | None) -> None:
    if last and last.state == Drawing.State.ANNOUNCED:
        raise Refused("already_announced", _("A drawing is announced already, as attempt %(n)d.") % {"n": last.attempt})
    if last and last.state == Drawing.State.DRAWN:
        raise Refused("already_drawn", _("The lots are drawn; there is no second drawing unless this one is annulled."))
    closes = inscription_window(debate)[1]
    if debate.session.chain.now() < closes:
        raise Refused("window_open", _("Inscriptions are still open; a drawing can be announced once they close."))


def _frozen(debate: GeneralDebate, book: RuleBook, last: Drawing | None) -> dict[str, Any]:
    quotas = confirmed_quotas(debate)
    slots = book.integer("debate", "slots")
    if sum(quotas.values()) != slots:
        raise Refused("quotas_missing", _("Confirm the quotas first; they must sum to %(n)d.") % {"n": slots})
    standing = list(debate.inscriptions.standing().in_order_of_receipt().select_related("delegation", "group"))
    if not any(each.statement == Inscription.Statement.NATIONAL for each in standing):
        raise Refused("roster_empty", _("Nobody is inscribed; there is nothing to draw."))
    rule = book.text("debate", "ordering")
    counts = book.list("debate", "slots_of_meetings") if rule == "within_meetings" else []
    return {
        "format": ANNOUNCEMENT_FORMAT,
        "session": {
            "code": debate.session.code,
            "title": debate.session.names["en"],
            "time_zone": debate.session.time_zone,
        },
        "attempt": last.attempt + 1 if last else 1,
        "previous": {
            "attempt": last.attempt,
            "announcement_sha256": last.announcement_sha256,
            "proof_sha256": last.bundle_sha256 or None,
            "reason": last.end_reason,
        }
        if last
        else None,
        "algorithm": book.text("debate", "algorithm"),
        "interleaving": book.text("debate", "interleaving"),
        "ordering": {
            "rule": rule,
            "levels": list(Level.values),
            "meetings": [{"number": number, "slots": each} for number, each in enumerate(counts, start=1)],
        },
        "slots": slots,
        "groups": [{"code": code, "quota": quota} for code, quota in sorted(quotas.items())],
        "roster": sorted(
            (
                {"code": each.delegation.code, "group": each.group.code, "level": each.level}
                for each in standing
                if each.statement == Inscription.Statement.NATIONAL and each.group
            ),
            key=lambda entry: entry["code"],
        ),
        "group_statements": [
            {"delegation": each.delegation.code, "group": each.group.code, "level": each.level}
            for each in standing
            if each.statement == Inscription.Statement.GROUP and each.group
        ],
        "others": [
            {"code": each.delegation.code, "kind": each.delegation.kind, "level": each.level}
            for each in standing
            if each.statement == Inscription.Statement.OTHER
        ],
    }


def _named_sources(
    sources: Sources, book: RuleBook, announced_at: datetime, draw_at: datetime, *, is_rehearsal: bool
) -> tuple[list[dict[str, Any]], str]:
    """Return the announced sources, drand last, and the secret seed of a rehearsal."""
    patience = book.duration("draw", "drand_patience")
    named: list[dict[str, Any]] = []
    seed = ""
    # The moment after which drand's round must lie: nobody may know it while they can still enter numbers.
    free_from = draw_at
    if sources.has_rehearsal_seed:
        _require_lead(announced_at, draw_at, book.duration("draw", "rehearsal_lead"))
        if settings.IS_PRODUCTION:
            raise Refused("seed_in_production", _("A rehearsal seed is for demonstrations and tests only."))
        seed = f"rehearsal-{secrets.token_hex(16)}"
        named.append(
            {"kind": Kind.REHEARSAL_SEED.value, "commitment": seed_commitment(seed)}
            | _between(draw_at, draw_at + patience)
            | {"substitute": {"kind": "commitment"}}
        )
    if sources.numbers:
        deadline = draw_at + book.duration("draw", "numbers_patience")
        free_from = deadline + _MOMENT
        substitute = {"kind": "omitted"} if sources.has_drand else _later_round(free_from)
        named.append(_numbers(sources.numbers) | _between(draw_at, deadline) | {"substitute": substitute})
    if sources.has_drand:
        _require_lead(announced_at, free_from, book.duration("draw", "drand_lead"))
        number = drand.first_round_at(free_from)
        not_before = drand.time_of_round(number)
        deadline = not_before + patience
        named.append(
            {
                "kind": Kind.DRAND.value,
                "chain": drand.CHAIN,
                "chain_hash": drand.CHAIN_HASH,
                "public_key": drand.PUBLIC_KEY,
                "genesis": drand.GENESIS,
                "period_s": drand.PERIOD_S,
                "round": number,
            }
            | _between(not_before, deadline)
            | {"substitute": _later_round(deadline)}
        )
    elif book.boolean("draw", "drand_required") and not (is_rehearsal and sources.has_rehearsal_seed):
        raise Refused("drand_required", _("The rule book requires a round of drand among the sources."))
    if not named:
        raise Refused("no_source", _("Name at least one source of randomness."))
    return named, seed


def _require_lead(announced_at: datetime, moment: datetime, lead: timedelta) -> None:
    if moment < announced_at + lead:
        said = _("A drawing is announced at least %(lead)s ahead, by the real clock.") % {"lead": lead}
        raise Invalid("draw_at_too_early", said, fields={"draw_at": [said]})


def _between(not_before: datetime, deadline: datetime) -> dict[str, str]:
    return {"not_before": rfc3339(not_before), "deadline": rfc3339(deadline)}


def _later_round(moment: datetime) -> dict[str, Any]:
    number = drand.first_round_at(moment)
    return {"kind": Kind.DRAND.value, "round": number, "not_before": rfc3339(drand.time_of_round(number))}


def _numbers(form: NumbersFormat) -> dict[str, Any]:
    faults = {}
    if form.count < 1:
        faults["count"] = [_("At least one number must be drawn.")]
    if form.minimum < 0 or form.minimum > form.maximum:
        faults["maximum"] = [_("The smallest number is above the largest.")]
    elif form.is_distinct and form.count > form.maximum - form.minimum + 1:
        faults["count"] = [_("There are not that many different numbers in this range.")]
    if faults:
        raise Invalid("numbers_format", _("These numbers cannot be drawn."), fields=faults)
    return {
        "kind": Kind.NUMBERS.value,
        "title": form.title,
        "count": form.count,
        "minimum": form.minimum,
        "maximum": form.maximum,
        "ordered": form.is_ordered,
        "distinct": form.is_distinct,
    }


def withdraw_announcement(*, drawing: Drawing, reason: str, actor: Actor) -> Drawing:
    """Withdraw an announcement before it is sealed, with a public reason. Again: changes nothing.

    Raises Refused once sealed: from then on nobody can stop, delay or repeat the drawing.
    """
    require_secretariat(actor)
    if not reason.strip():
        raise Invalid("reason_missing", _("Say why; the reason is public."), fields={"reason": [_("Say why.")]})
    with journal.decision(
        drawing.debate.session.chain,
        action="withdraw_announcement",
        subject=drawing.resource,
        actor=actor,
        reason=reason,
    ) as draft:
        deadlines.lock_rules(drawing.debate.session)
        locked(drawing.debate)
        drawing = Drawing.objects.select_related("debate__session__chain").get(pk=drawing.pk)
        if drawing.state == Drawing.State.WITHDRAWN:
            return drawing
        if drawing.state != Drawing.State.ANNOUNCED or clock.now() >= drawing.seals_at:
            raise Refused("sealed", _("The drawing is sealed; it can no longer be withdrawn."))
        drawing.state = Drawing.State.WITHDRAWN
        drawing.ended_at = clock.now()
        drawing.end_reason = reason
        drawing.save(update_fields=["state", "ended_at", "end_reason"])
        draft.change(drawing.resource, Drawing.State.ANNOUNCED.value, Drawing.State.WITHDRAWN.value)
        draft.touch("draws", drawing.resource)
        draft.publish()
        deadlines.follow_rules(drawing.debate.session)
        tell_announcement_withdrawn(drawing)
    return drawing
