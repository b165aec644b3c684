"""A body never changes under its tag, whatever is decided."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import Client

from sessions.models import Drawing, Inscription, MeetingSession, Slot
from sessions.services import draw, floor
from sessions.services.announcements import withdraw_announcement
from sessions.services.clock import shift_clock
from sessions.services.inscriptions import change_level, edit_speaker, inscribe, withdraw
from sessions.services.quotas import confirm_quotas, proposed_quotas
from tests.sessions.scenes import (
    COMMAND,
    announce_now,
    as_officer,
    correct,
    draw_now,
    inscribe_states,
    make_session,
    published,
    state,
)

pytestmark = pytest.mark.django_db

OF_CND67 = ["", "slots/", "speakers/", "draws/", "draws/1/", "rules/", "changes/"]
POLLED = ["", *(f"cnd67/{name}" for name in OF_CND67)]


def forget() -> None:
    """Forget all bodies, as a process does that was just started beside an empty cache."""
    cache.clear()
    caches["bodies"].clear()


def snapshot(client: Client) -> dict[str, tuple[str, bytes]]:
    """Return tag and body of every polled resource, built anew."""
    found = {}
    for name in POLLED:
        for language in ("en", "fr"):
            forget()
            answer = client.get(
                f"/api/v1/sessions/{name}?page_size=500" if name.endswith("rules/") else f"/api/v1/sessions/{name}",
                headers={"Accept-Language": language},
            )
            is_there = answer.status_code == 200
            found[f"{name} {language}"] = (answer["ETag"], answer.content) if is_there else ("", b"")
    return found


def first(**facts: Any) -> Inscription:
    return Inscription.objects.national().filter(withdrawn_at=None, **facts).order_by("receipt_number")[0]


def holder() -> Inscription:
    slot = Slot.objects.filter(status="assigned").order_by("number")[0]
    return first(delegation=slot.delegation)


def drawing() -> Drawing:
    return Drawing.objects.latest("attempt")


def decisions(session: MeetingSession) -> list[tuple[str, Callable[[], object]]]:
    """Return every kind of decision about a session, in an order in which all are possible."""
    debate = session.debate
    later = session.chain.now() + timedelta(hours=1)
    return [
        ("inscribe", lambda: inscribe_states(session, 12)),
        ("edit the speaker", lambda: edit_speaker(inscription=first(), name="A", title="B", actor=COMMAND)),
        ("change the level", lambda: change_level(inscription=first(), level="ministerial", actor=COMMAND, reason="x")),
        ("shift the clock", lambda: shift_clock(session=session, to=later, actor=COMMAND, reason="x")),
        ("number of slots", lambda: correct(session, "debate.slots", 10)),
        ("quotas", lambda: confirm_quotas(debate=debate, quotas=proposed_quotas(debate), actor=COMMAND)),
        ("announce", lambda: announce_now(session, lead_s=7200)),
        ("withdraw the announcement", lambda: withdraw_announcement(drawing=drawing(), reason="x", actor=COMMAND)),
        ("announce again", lambda: announce_now(session)),
        ("draw", lambda: draw_now(drawing())),
        ("withdraw a speaker", lambda: withdraw(inscription=holder(), actor=COMMAND)),
        ("fill", lambda: floor.fill_vacancies(debate=debate, actor=COMMAND)),
        ("inscribe late", lambda: late(session)),
        (
            "level after the draw",
            lambda: change_level(inscription=holder(), level="below_ministerial", actor=COMMAND, reason="x"),
        ),
        ("a speaker spoke", lambda: spoke(session)),
        ("a rule", lambda: correct(session, "debate.statement_national", timedelta(minutes=4))),
        ("ask for an annulment", lambda: draw.ask_annulment(drawing=drawing(), reason="x", actor=as_officer("one"))),
        ("drop it", lambda: draw.drop_annulment(drawing=drawing(), actor=as_officer("one"))),
        ("ask again", lambda: draw.ask_annulment(drawing=drawing(), reason="x", actor=as_officer("one"))),
        ("annul", lambda: draw.annul(drawing=drawing(), actor=as_officer("two"))),
    ]


def demote(inscription: Inscription) -> None:
    change_level(inscription=inscription, level="below_ministerial", actor=COMMAND, reason="x")


def late(session: MeetingSession) -> None:
    inscribe(debate=session.debate, delegation=state(session, "ZW"), level="ministerial", actor=COMMAND, reason="late")


def spoke(session: MeetingSession) -> None:
    speaker = state(session, published(drawing())["speakers"][0]["delegation"])
    floor.record_spoken(debate=session.debate, delegation=speaker, statement="national", actor=COMMAND)


def test_a_body_never_changes_under_its_tag_and_a_tag_never_without_need(client: Client) -> None:
    session = make_session()
    before = snapshot(client)
    stale: dict[str, list[str]] = {}
    needless: dict[str, list[str]] = {}
    for name, decide in decisions(session):
        decide()
        session = MeetingSession.objects.get(pk=session.pk)
        after = snapshot(client)
        changed = {each for each in after if after[each][1] != before[each][1]}
        renewed = {each for each in after if after[each][0] != before[each][0]}
        stale[name] = sorted(changed - renewed)
        needless[name] = sorted(each for each in renewed - changed if each.endswith(" en"))
        before = after
    assert {name: each for name, each in stale.items() if each} == {}
    assert {name: each for name, each in needless.items() if each} == {}
