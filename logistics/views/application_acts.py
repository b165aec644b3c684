"""What the secretariat can do with an application, as the state it is in lets it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from logistics.models import Application
from logistics.services.applications import counts
from logistics.services.decisions import ACCEPTED_FROM, REJECTED_FROM

State = Application.State
REOPENED_FROM = (State.REJECTED, State.WITHDRAWN, State.LAPSED)
CORRECTED_FROM = (State.UNDER_REVIEW, State.CORRECTION_REQUESTED)


@dataclass(frozen=True)
class Act:
    """One thing that can be done, with the key that does it."""

    title: str
    url: str
    key: str = ""
    is_main: bool = False


def acts_of(application: Application, address: Callable[..., str], *, may_carry_over: bool = False) -> list[Act]:
    """Return what can be done, what is done most often first; `address` returns the address of a page by its name."""

    def at(name: str, *more: str) -> str:
        return address(f"staff-side-event-{name}", application.pk, *more)

    state, stands, acts = application.state, counts(application), []
    if state in ACCEPTED_FROM:
        acts.append(Act(_("Prepare to accept"), at("prepare", "accept"), "a", is_main=True))
    if state in REJECTED_FROM:
        acts.append(Act(_("Prepare to reject"), at("prepare", "reject"), "r", is_main=True))
    if state in CORRECTED_FROM:
        acts.append(Act(_("Request a correction"), at("correction"), "c", is_main=True))
    if application.prepared:
        acts.append(Act(_("Take back what is prepared"), at("unprepare")))
    if state in ACCEPTED_FROM:
        acts.append(Act(_("Accept at once"), at("decide", "accept")))
    if state in REJECTED_FROM:
        acts.append(Act(_("Reject at once"), at("decide", "reject")))
    if state in REOPENED_FROM:
        acts.append(Act(_("Reopen"), at("reopen"), is_main=True))
    if may_carry_over:
        acts.append(Act(_("Carry over for the organiser"), at("carry-over")))
    if stands:
        acts.append(Act(_("Merge with another"), at("merge")))
    if stands or state == State.DRAFT:
        acts.append(Act(_("Edit"), at("edit")))
    if state == State.CORRECTION_REQUESTED:
        acts.append(Act(_("It is corrected"), at("answer")))
    if state == State.PROMOTED:
        acts.append(Act(_("Confirm for the organiser"), at("confirm")))
    if stands:
        acts.append(Act(_("Withdraw for the organiser"), at("withdraw")))
    return acts
