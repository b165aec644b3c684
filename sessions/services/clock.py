"""The session's own clock, which staff shift for a rehearsal (DESIGN, "Two times")."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from cnd import clock, journal
from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid, Refused
from cnd.models import Chain, Notice
from sessions.models import Drawing, GeneralDebate, Inscription, MeetingSession


def shift_clock(*, session: MeetingSession, to: datetime, actor: Actor, reason: str) -> None:
    """Set the session's time to `to` (aware), which makes the session a rehearsal for ever.

    Raises Refused where rehearsals are not enabled, once anything was announced or received in earnest, when the
    clock would go back, and while an announcement is open; Invalid without a reason.
    """
    require_secretariat(actor)
    if not settings.ALLOW_REHEARSAL:
        raise Refused("rehearsals_off", _("Rehearsals are not enabled here (setting ALLOW_REHEARSAL)."))
    if not reason.strip():
        raise Invalid("reason_missing", _("Say why."), fields={"reason": [_("Say why.")]})
    with journal.decision(
        session.chain, action="shift_clock", subject=f"session:{session.code}", actor=actor, reason=reason
    ) as draft:
        debate = GeneralDebate.objects.select_for_update().get(session=session)
        chain = Chain.objects.select_for_update().get(pk=session.chain_id)
        offset_s = round((to - clock.now()).total_seconds())
        if debate.drawings.filter(state=Drawing.State.ANNOUNCED).exists():
            raise Refused("announcement_open", _("The clock stands fast while an announcement is open."))
        if chain.is_rehearsal:
            if offset_s < chain.clock_offset_s:
                raise Refused(
                    "clock_back", _("The clock of a session never goes back; load a fresh copy of the session instead.")
                )
        elif _has_begun(debate) or Notice.objects.filter(cause__chain=chain).exists():
            raise Refused(
                "already_in_earnest",
                _("Something was announced, received or told in earnest; this session cannot become a rehearsal."),
            )
        before = {"offset_s": chain.clock_offset_s, "rehearsal": chain.is_rehearsal}
        chain.clock_offset_s, chain.is_rehearsal = offset_s, True
        chain.save(update_fields=["clock_offset_s", "is_rehearsal"])
        draft.change("clock", before, {"offset_s": offset_s, "rehearsal": True})
        # Before the first drawing, of all else only the empty list of speakers says whether this is a rehearsal.
        draft.touch("session", *([] if before["rehearsal"] else ["speakers"]))
    session.chain.refresh_from_db()


def _has_begun(debate: GeneralDebate) -> bool:
    return Drawing.objects.filter(debate=debate).exists() or Inscription.objects.filter(debate=debate).exists()
