"""A session at every stage of its drawing, built through the services, for the pages to show."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import time_machine

from cnd import clock
from cnd.actors import COMMAND
from sessions.models import Drawing, Inscription, MeetingSession
from sessions.services.announcements import NumbersFormat, Sources, announce, withdraw_announcement
from sessions.services.draw import annul, ask_annulment
from sessions.services.floor import fill_vacancies, record_absent, record_exchange, record_spoken
from sessions.services.inscriptions import change_level, inscribe, withdraw
from sessions.services.list_events import current_list
from sessions.services.quotas import confirm_quotas, proposed_quotas
from tests.sessions.scenes import (
    VIENNA,
    announce_now,
    as_officer,
    draw_now,
    inscribe_states,
    make_session,
    states,
)

DAY_OF_INSCRIPTION = datetime(2024, 2, 20, 9, tzinfo=VIENNA)
BALLS = NumbersFormat(title="Balls drawn in Boardroom D", count=6, minimum=1, maximum=45)


@dataclass(frozen=True)
class Stage:
    session: MeetingSession
    inscriptions: list[Inscription]
    """Of five groups in turn; the fourth, `withdrawn`, no longer stands."""

    @property
    def first(self) -> Inscription:
        return self.inscriptions[0]

    @property
    def withdrawn(self) -> Inscription:
        return self.inscriptions[3]

    @property
    def drawing(self) -> Drawing:
        return Drawing.objects.filter(debate__session=self.session).latest("attempt")


def before_the_announcement(at: datetime | None = None) -> Stage:
    """Return a session with ten Member States, a group's statement, an observer and one withdrawal."""
    session = make_session(at) if at else make_session()
    inscriptions = inscribe_states(session, 10)
    session.refresh_from_db()
    debate = session.debate
    chair = inscriptions[0].delegation
    inscribe(
        debate=debate,
        delegation=chair,
        level="ministerial",
        statement="group",
        speaker_name="A. N. Other",
        speaker_title="Minister of the Interior",
        actor=COMMAND,
        reason="chairs its group",
    )
    observer = session.delegations.filter(group__isnull=True).order_by("code")[0]
    inscribe(debate=debate, delegation=observer, level="below_ministerial", actor=COMMAND, reason="test")
    withdraw(inscription=inscriptions[3], actor=as_officer(), reason="Note verbale of today")
    return Stage(session, inscriptions)


def announced(*, lead_s: int = 600) -> Stage:
    """Return a session whose drawing is announced, with changes that wait for the draw."""
    stage = before_the_announcement()
    announce_now(stage.session, lead_s=lead_s)
    change_level(
        inscription=stage.inscriptions[5], level="above_ministerial", actor=as_officer(), reason="the Minister"
    )
    withdraw(inscription=stage.inscriptions[7], actor=as_officer())
    late = states(stage.session, "african", 10)[-1]
    inscribe(debate=stage.session.debate, delegation=late, level="ministerial", actor=as_officer(), reason="late")
    return stage


def sealed(sources: Sources) -> Stage:
    """Return a session whose drawing has waited for its values for ten minutes."""
    with time_machine.travel(clock.now() - timedelta(minutes=90), tick=True):
        stage = before_the_announcement()
        debate = stage.session.debate
        confirm_quotas(debate=debate, quotas=proposed_quotas(debate), actor=COMMAND)
        draw_at = stage.session.chain.now() + timedelta(minutes=80)
        announce(debate=debate, sources=sources, actor=as_officer(), draw_at=draw_at)
    return stage


def drawn() -> Stage:
    """Return a session with a list on which everything has happened that can, and with a waiting list."""
    stage = before_the_announcement()
    debate = stage.session.debate
    quotas = proposed_quotas(debate)
    moved = quotas["african"] - 1
    quotas["african"] -= moved
    quotas["asia_pacific"] += moved
    confirm_quotas(debate=debate, quotas=quotas, actor=COMMAND, reason="so that somebody waits")
    draw_at = stage.session.chain.now() + timedelta(seconds=60)
    drawing = announce(
        debate=debate, sources=Sources(has_drand=False, has_rehearsal_seed=True), actor=as_officer(), draw_at=draw_at
    )
    draw_now(drawing)
    return stage


def drawn_with_events() -> Stage:
    """Return the same after a speech, an absence, an exchange, a withdrawal, another level and a filled slot."""
    stage = drawn()
    debate, officer = stage.session.debate, as_officer()
    for record in (record_spoken, record_spoken, record_absent):
        upcoming = current_list(stage.drawing).next_speaker()
        assert upcoming is not None
        delegation = stage.session.delegations.get(code=upcoming.delegation)
        record(debate=debate, delegation=delegation, statement=upcoming.statement, actor=officer)
    national = [line for line in current_list(stage.drawing).lines if line.statement == "national" and not line.spoken]
    lines = [line for line in national if line.delegation]
    levels = [line.level for line in lines]
    level = max(levels, key=levels.count)
    one, other = [stage.session.delegations.get(code=line.delegation) for line in lines if line.level == level][:2]
    record_exchange(debate=debate, one=one, other=other, actor=officer, reason="Both wrote.")
    withdraw(inscription=debate.inscriptions.get(delegation__code=lines[-1].delegation), actor=officer)
    fill_vacancies(debate=debate, actor=officer)
    return stage


def ended() -> Stage:
    """Return a session whose first announcement was withdrawn, and the second drawing annulled."""
    stage = before_the_announcement()
    withdraw_announcement(drawing=announce_now(stage.session), reason="The roster was wrong.", actor=as_officer())
    drawing = draw_now(announce_now(stage.session))
    ask_annulment(drawing=drawing, reason="The announced quotas were wrong.", actor=as_officer("one"))
    annul(drawing=drawing, actor=as_officer("other"))
    return stage
