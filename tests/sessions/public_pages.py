"""The public pages as somebody reads them, and two scenes that only they need."""

import html
import re
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cnd.actors import COMMAND
from sessions.models import Delegation, Drawing, MeetingSession
from sessions.services.announcements import announce
from sessions.services.floor import record_spoken
from sessions.services.quotas import confirm_quotas, proposed_quotas
from tests.sessions.scenes import SEED_ONLY, draw_now, inscribed, make_session, published


def url(name: str, *args: Any) -> str:
    return reverse(f"sessions:{name}", args=["cnd67", *args])


def _said(markup: str) -> str:
    text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", markup)))
    return re.sub(r" ([,.:;)])", r"\1", text).replace("( ", "(").strip()


def text_of(response: Any) -> str:
    """Return what a page says, without its markup."""
    return _said(response.content.decode())


def section(response: Any, heading: str) -> str:
    """Return what stands under a heading of the second level."""
    found = re.search(rf"<h2[^>]*>\s*{heading}.*?</section>", response.content.decode(), re.S)
    assert found, heading
    return _said(found.group(0))


def names_in_order(response: Any) -> list[str]:
    """Return the names on the list of speakers, first first."""
    part = response.content.decode().partition('id="speakers"')[2].partition('id="waiting-title"')[0]
    heads = re.findall(r'<th scope="row">\s*(.*?)\s*<span class="d-md-none', part, re.S)
    return [_said(head) for head in heads]


def queries(client: Client, address: str) -> int:
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def speaks(session: MeetingSession, count: int = 1) -> None:
    """Record that those next on the list have spoken."""
    drawing = Drawing.objects.get(debate=session.debate, state="drawn")
    for _ in range(count):
        row = next(row for row in published(drawing)["speakers"] if row["delegation"] and not row["spoken"])
        delegation = Delegation.objects.get(session=session, code=row["delegation"])
        record_spoken(debate=session.debate, delegation=delegation, statement=row["statement"], actor=COMMAND)


def waiting_session() -> tuple[MeetingSession, Drawing]:
    """Return a drawn session in which three African States share one slot and one came late."""
    session = make_session()
    for code in ("DZ", "AO", "BJ", "AT"):
        inscribed(session, code)
    debate = session.debate
    quotas = proposed_quotas(debate) | {"african": 1}
    quotas["western_european_others"] += 114 - sum(quotas.values())
    confirm_quotas(debate=debate, quotas=quotas, actor=COMMAND, reason="so that somebody waits")
    draw_at = session.chain.now() + timedelta(seconds=60)
    drawing = draw_now(announce(debate=debate, sources=SEED_ONLY, actor=COMMAND, draw_at=draw_at))
    inscribed(session, "TD")
    return session, drawing
