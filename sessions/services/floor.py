"""What staff record while the list is spoken through: who spoke, who was absent, who exchanged, vacant slots filled."""

from typing import Any

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor, require_secretariat
from cnd.errors import Refused
from sessions.models import Delegation, Drawing, GeneralDebate, Inscription, ListEvent
from sessions.services.inscriptions import locked
from sessions.services.list_events import record_event, standing_drawing


def _record(debate: GeneralDebate, kind: str, facts: dict[str, Any], actor: Actor, reason: str = "") -> None:
    require_secretariat(actor)
    with journal.decision(
        debate.session.chain, action=f"record_{kind}", subject="speakers", actor=actor, reason=reason
    ) as draft:
        debate = locked(debate)
        drawing = standing_drawing(debate)
        if drawing is None or drawing.state != Drawing.State.DRAWN:
            raise Refused("not_drawn", _("There is no list of speakers yet."))
        record_event(debate, kind, facts, draft)


def record_spoken(*, debate: GeneralDebate, delegation: Delegation, statement: str, actor: Actor) -> None:
    """Record that whoever was next has spoken. Raises Refused for anybody else."""
    _record(debate, ListEvent.Kind.SPOKEN, {"delegation": delegation.code, "statement": statement}, actor)


def record_absent(*, debate: GeneralDebate, delegation: Delegation, statement: str, actor: Actor) -> None:
    """Record that whoever was called was absent: next gap of the level, else behind it; the second time the end."""
    _record(debate, ListEvent.Kind.ABSENT, {"delegation": delegation.code, "statement": statement}, actor)


def record_exchange(
    *, debate: GeneralDebate, one: Delegation, other: Delegation, actor: Actor, reason: str = ""
) -> None:
    """Record that two delegations of one level agreed to swap places. Slots stay. Raises Refused otherwise."""
    facts = {"delegation": one.code, "with": other.code, "statement": Inscription.Statement.NATIONAL.value}
    _record(debate, ListEvent.Kind.EXCHANGED, facts, actor, reason)


def fill_vacancies(*, debate: GeneralDebate, actor: Actor) -> None:
    """Start the filling of vacant slots: lowest number first, to the highest waiting lot of all, then to late ones.

    Staff start it; they do not choose.
    """
    _record(debate, ListEvent.Kind.VACANCIES_FILLED, {}, actor)
