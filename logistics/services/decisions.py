"""What the secretariat decides on applications: checked, corrected, accepted or rejected; prepared, then announced."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid, Refused
from cnd.models import ResourceVersion
from logistics.models import Application, EventKind
from logistics.services.applications import (
    application_of,
    counts,
    locked_application,
    move,
    require_application_version,
    subject_of,
)
from logistics.services.merging import merge_applications
from logistics.services.notices import applications as notices
from logistics.services.places import due_in, is_frozen, settle_in, settled_turn
from logistics.services.queue import require_reason, require_state
from logistics.services.windows import Turn, turn_of

__all__ = [
    "accept_application",
    "announce_decisions",
    "check_guideline",
    "merge_applications",
    "prepare_decision",
    "reject_application",
    "request_correction",
    "withdraw_prepared",
]
State, Decision = Application.State, Application.Decision

ACCEPTED_FROM = (State.UNDER_REVIEW, State.CORRECTION_REQUESTED)
REJECTED_FROM = (State.UNDER_REVIEW, State.CORRECTION_REQUESTED, State.PROMOTED, State.WAITING, State.ACCEPTED)
DECIDED_FROM = {Decision.ACCEPT: ACCEPTED_FROM, Decision.REJECT: REJECTED_FROM}


def check_guideline(*, application: Application, item: str, is_met: bool | None, actor: Actor) -> Application:
    """Note whether a received application meets a guideline of the rule book's checklist; None: not looked at.

    Raises NotPermitted; Invalid for what is no guideline.
    """
    require_secretariat(actor)
    with turn_of(application.kind, action="check_guideline", subject=subject_of(application), actor=actor) as turn:
        application = locked_application(application)
        _require_received(application)
        if item not in turn.terms.checklist:
            message = _("There is no such guideline.")
            raise Invalid("guideline_unknown", message, fields={"item": [message]})
        before = application.checks.get(item)
        if before != is_met:
            application.checks = {name: met for name, met in application.checks.items() if name != item}
            if is_met is not None:
                application.checks[item] = is_met
            application.save(update_fields=["checks"])
            turn.draft.change(f"{subject_of(application)}/check:{item}", before, is_met)
            turn.draft.touch("applications", audience=ResourceVersion.STAFF)
    return application


def request_correction(
    *, application: Application, text: str, actor: Actor, expected_version: int | None = None
) -> Application:
    """Ask the organiser for a correction; the place is kept until the deadline. Raises NotPermitted, Invalid, Refused.

    Asked again while one is due, the text is another and the deadline begins anew; the same text changes nothing.
    """
    require_secretariat(actor)
    text = text.strip()
    if not text:
        message = _("Say what is to be corrected.")
        raise Invalid("text_missing", message, fields={"text": [message]})
    with settled_turn(
        application.kind, action="request_correction", subject=subject_of(application), actor=actor
    ) as turn:
        application = locked_application(application)
        if application.state == State.CORRECTION_REQUESTED and application.correction == text:
            return application
        require_application_version(application, expected_version)
        require_state(application, State.UNDER_REVIEW, State.CORRECTION_REQUESTED)
        if is_frozen(turn):
            raise Refused("frozen", _("The programme is frozen: there is no time left for a correction."))
        before = application.correction
        due_at = due_in(turn, turn.limits.correct_within)
        turn.draft.change(f"{subject_of(application)}/correction", before, text)
        move(
            application,
            turn.draft,
            State.CORRECTION_REQUESTED,
            place=application.place,
            due_at=due_at,
            correction=text,
        )
        notices.tell_correction(application)
    return application


def accept_application(
    *, application: Application, actor: Actor, reason: str = "", expected_version: int | None = None
) -> Application:
    """Accept an application that is under review. Again: changes nothing. Raises NotPermitted, Refused, Outdated."""
    require_secretariat(actor)
    with settled_turn(
        application.kind,
        action="accept_application",
        subject=subject_of(application),
        actor=actor,
        reason=reason,
    ) as turn:
        application = locked_application(application)
        if application.state == State.ACCEPTED:
            return application
        require_application_version(application, expected_version)
        _decide(application, turn, Decision.ACCEPT, reason)
    return application


def reject_application(
    *, application: Application, actor: Actor, reason: str, expected_version: int | None = None
) -> Application:
    """Reject an application with a reason; its place goes to the first waiting. Again: changes nothing.

    Raises NotPermitted, Invalid without a reason, Refused, Outdated.
    """
    require_secretariat(actor)
    require_reason(reason)
    with settled_turn(
        application.kind,
        action="reject_application",
        subject=subject_of(application),
        actor=actor,
        reason=reason,
    ) as turn:
        application = locked_application(application)
        if application.state == State.REJECTED:
            return application
        require_application_version(application, expected_version)
        _decide(application, turn, Decision.REJECT, reason)
        settle_in(turn)
    return application


def _decide(application: Application, turn: Turn, decision: str, reason: str) -> None:
    """Have a decision take effect, by which a place may become free: whoever calls settles afterwards."""
    require_state(application, *DECIDED_FROM[Decision(decision)])
    if decision == Decision.ACCEPT:
        to, kept = State.ACCEPTED, application.place
    else:
        to, kept = State.REJECTED, None
    move(application, turn.draft, to, place=kept, decided_at=turn.now, reason=reason.strip())
    notices.tell_decided(application)


# --- prepared and announced together ----------------------------------------------------------------------------------


def prepare_decision(*, application: Application, decision: str, actor: Actor, reason: str = "") -> Application:
    """Prepare a decision, which has no effect until it is announced. Raises NotPermitted, Invalid, Refused."""
    require_secretariat(actor)
    if decision not in Decision.values:
        message = _("Accept or reject.")
        raise Invalid("decision_unknown", message, fields={"decision": [message]})
    if decision == Decision.REJECT:
        require_reason(reason)
    with settled_turn(
        application.kind, action="prepare_decision", subject=subject_of(application), actor=actor
    ) as turn:
        application = locked_application(application)
        if decision != Decision.ACCEPT or application.state != State.ACCEPTED:
            require_state(application, *DECIDED_FROM[Decision(decision)])
            _prepared(application, turn, decision, reason.strip())
    return application


def withdraw_prepared(*, application: Application, actor: Actor) -> Application:
    """Take back what was prepared and not announced. Again: changes nothing. Raises NotPermitted."""
    require_secretariat(actor)
    with turn_of(application.kind, action="withdraw_prepared", subject=subject_of(application), actor=actor) as turn:
        application = locked_application(application)
        _prepared(application, turn, "", "")
    return application


def _prepared(application: Application, turn: Turn, decision: str, reason: str) -> None:
    before = {"decision": application.prepared, "reason": application.prepared_reason}
    application.prepared, application.prepared_reason = decision, reason
    application.save(update_fields=["prepared", "prepared_reason"])
    # Nobody but the secretariat sees that anything is prepared, not even by a version that rises.
    after = {"decision": decision, "reason": reason}
    turn.draft.change(f"{subject_of(application)}/prepared", before, after)
    turn.draft.touch("applications", audience=ResourceVersion.STAFF)


def announce_decisions(*, kind: EventKind, actor: Actor, only: Collection[int] | None = None) -> list[Application]:
    """Announce everything that is prepared in a kind, in one entry; return what was decided, in order of receipt.

    `only` are keys of applications, where not all are announced. Nothing prepared: changes nothing.
    """
    require_secretariat(actor)
    decided = []
    with settled_turn(kind, action="announce_decisions", subject=f"event-kind:{kind.code}", actor=actor) as turn:
        prepared = Application.objects.filter(kind=turn.kind).exclude(prepared="")
        if only is not None:
            prepared = prepared.filter(pk__in=only)
        for pk in list(prepared.order_by("receipt_number").values_list("pk", flat=True)):
            application = locked_application(application_of(pk))
            _decide(application, turn, application.prepared, application.prepared_reason)
            decided.append(application)
        # At the end, so that no place goes to one who is rejected in the same breath.
        settle_in(turn)
    return decided


def _require_received(application: Application) -> None:
    if application.state == State.DRAFT or not counts(application):
        raise Refused("not_standing", _("This application is not, or no longer, in the queue."))
