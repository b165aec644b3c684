"""Applications as every decision about them sees them: read under the lock, moved from state to state, journalled."""

from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from cnd import clock, journal
from cnd.canonical import sha256_of
from cnd.clock import rfc3339
from cnd.errors import NotFound
from cnd.models import PersonalDatum, ResourceVersion
from cnd.versions import require_version, version_of
from logistics.domain.queue import Standing
from logistics.models import Application, CoSponsor, EventKind, Revision
from logistics.models.application import COUNTED, HOLDING
from logistics.services.content import document_of
from sessions.models import Delegation, MeetingSession

State = Application.State

WITH = ("kind__session__chain", "organiser", "contact", "speakers", "flyer")
COSPONSORS = Prefetch("cosponsors", CoSponsor.objects.select_related("delegation").order_by("pk"))
"""What an application is read together with."""

Leaving = Callable[[Application, journal.Draft], object]
_leaving: dict[str, Leaving] = {}


def when_leaving(name: str, call: Leaving) -> None:
    """Have `call(application, draft)` called, in the decision, when an accepted application is accepted no more.

    Registering a name again replaces it.
    """
    _leaving[name] = call


# --- read -------------------------------------------------------------------------------------------------------------


def application_of(pk: int) -> Application:
    """Return an application with everything that belongs to it, but for the bytes of its flyer. Raises NotFound."""
    # Without an order, which the default one would join five tables for.
    rows = Application.objects.select_related(*WITH).prefetch_related(COSPONSORS).defer("flyer__content").order_by()
    found = rows.filter(pk=pk)[:1]
    if not found:
        raise NotFound("no_such_application", _("There is no such application."))
    return found[0]


def locked_application(application: Application) -> Application:
    """Take the lock of one application; after that of its window, where that is needed too."""
    # Two statements: what is joined to a locked row is read as it stood before the wait.
    locked = Application.objects.select_for_update(no_key=True).order_by().filter(pk=application.pk)
    if not locked.values_list("pk"):
        raise NotFound("no_such_application", _("There is no such application."))
    return application_of(application.pk)


def standings_of(kind: EventKind) -> list[Standing]:
    """Return all that count in a kind, in the order of receipt: one query."""
    rows = Application.objects.filter(kind=kind).counted().in_order_of_receipt()
    return [
        Standing(
            key=pk,
            state=state,
            receipt=receipt or 0,
            organiser=organiser,
            is_member_state=of_kind == Delegation.Kind.MEMBER_STATE,
            place=place,
            due_at=due_at,
        )
        for pk, state, receipt, organiser, of_kind, place, due_at in rows.values_list(
            "pk", "state", "receipt_number", "organiser_id", "organiser__kind", "place", "due_at"
        )
    ]


def visible_to(session: MeetingSession, actor: Any) -> Any:
    """Return the applications of a session that an actor may know of: staff all, others those of their delegations."""
    found = Application.objects.filter(kind__session=session, discarded_at__isnull=True)
    if not actor.is_secretariat:
        found = found.filter(organiser__memberships__user=actor.user) if actor.user else found.none()
    return found.select_related(*WITH).defer("flyer__content")


# --- written ----------------------------------------------------------------------------------------------------------


def subject_of(application: Application) -> str:
    """Name an application as the journal does."""
    return f"application:{application.pk}"


def audience_of(application: Application) -> str:
    """Return who, beside the secretariat, may see an application."""
    return f"delegation:{application.organiser.code}"


def resource_of(application: Application) -> str:
    """Return the name under which an application has its version, for the audience that may see it."""
    return f"application/{application.pk}"


def version_of_application(application: Application) -> int:
    """Return the version of an application, for the audience that may see it."""
    return version_of(application.kind.session.chain, resource_of(application), audience_of(application))


def require_application_version(application: Application, expected: int | None) -> None:
    """Raise Outdated unless it still is the expected version; None expects nothing. Call it inside the lock."""
    chain = application.kind.session.chain
    require_version(chain, resource_of(application), audience_of(application), expected)


def facts(application: Application) -> dict[str, Any]:
    """Return what the journal says of where an application stands."""
    return {
        "kind": application.kind.code,
        "organiser": application.organiser.code,
        "state": application.state,
        "receipt": application.receipt_number,
        "place": application.place,
        "due_at": rfc3339(application.due_at) if application.due_at else None,
        "reason": application.reason,
        "discarded": application.discarded_at is not None,
    }


def noted(draft: journal.Draft, application: Application, before: Any, *, registered: bool) -> None:
    """Journal a change for those who may see it; `registered` where the public register changes with it."""
    draft.change(subject_of(application), before, facts(application))
    touched(draft, application)
    if registered:
        draft.touch("receipts")


def touched(draft: journal.Draft, application: Application) -> None:
    """Give an application a new version for all who may see it."""
    draft.touch("applications", audience=ResourceVersion.STAFF)
    draft.touch("applications", resource_of(application), audience=audience_of(application))


def move(application: Application, draft: journal.Draft, to: str, **fields: Any) -> Application:
    """Bring a received application into another state; what belongs to the old one alone goes, unless it is given.

    Whoever calls holds the lock of the window and has seen that the move is allowed.
    """
    before = facts(application)
    was_accepted, was_waiting = application.state == State.ACCEPTED, application.state == State.WAITING
    # The plain word, as it is read back.
    application.state = State(to).value
    left = {"due_at": None, "prepared": "", "prepared_reason": ""}
    if to not in HOLDING:
        left["place"] = None
    values = left | fields
    for name, value in values.items():
        setattr(application, name, value)
    application.save(update_fields=["state", *values])
    noted(draft, application, before, registered=True)
    if was_waiting or to == State.WAITING:
        queue_moved(application.kind, draft)
    if was_accepted and to != State.ACCEPTED:
        for call in _leaving.values():
            call(application, draft)
    return application


def queue_moved(kind: EventKind, draft: journal.Draft) -> None:
    """Give all who wait a new version: their positions are others."""
    waiting = Application.objects.filter(kind=kind, state=State.WAITING)
    for pk, code in waiting.values_list("pk", "organiser__code"):
        draft.touch("applications", f"application/{pk}", audience=f"delegation:{code}")


def revised(application: Application, draft: journal.Draft, fields: list[str]) -> Revision:
    """Keep a revision of what an application says, with its own hash; the first one is what was received."""
    chain = application.kind.session.chain
    # The first one is made with the receipt, and asks for no other.
    last = application.revisions.order_by("number").last() if fields else None
    at = clock.now()
    document = document_of(application)
    revision = Revision.objects.create(
        application=application,
        number=last.number + 1 if last else 1,
        at=at,
        session_at=chain.to_session(at),
        fields=fields,
        content_sha256=sha256_of(document),
    )
    draft.change(
        f"{subject_of(application)}/revision:{revision.number}",
        last.content_sha256 if last else None,
        {"sha256": revision.content_sha256, "fields": fields, "content": document},
    )
    return revision


def shown_of(datum: PersonalDatum) -> list[tuple[str, str]]:
    """Return which resources show these data of a person, and to whom."""
    shown: list[tuple[str, str]] = []
    for each in [*datum.contacts.select_related("organiser"), *datum.event_speakers.select_related("organiser")]:
        own = audience_of(each)
        shown += [("applications", own), (resource_of(each), own), ("applications", ResourceVersion.STAFF)]
        if each.state == State.ACCEPTED:
            # The pages of published events name their speakers.
            shown.append(("side-events", ResourceVersion.PUBLIC))
    return shown


def counts(application: Application) -> bool:
    """Tell whether it holds a place or waits for one."""
    return application.state in COUNTED
