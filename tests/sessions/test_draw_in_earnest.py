"""A whole drawing in earnest: the real clock, a round of drand whose value is known, and both verifiers."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as configured

from cnd.actors import PUBLIC
from cnd.canonical import canonical
from cnd.errors import Refused
from sessions.domain.drand import time_of_round
from sessions.models import Drawing, MeetingSession
from sessions.services import draw
from sessions.services.announcements import Sources, announce
from sessions.services.clock import shift_clock
from tests.sessions.kept import kept
from tests.sessions.rounds import RANDOMNESS, SIGNATURE
from tests.sessions.scenes import SEED_ONLY, announce_at, as_officer, correct, draw_now, published, ready_session

pytestmark = pytest.mark.django_db

ROUND = 657413
MOMENT = time_of_round(ROUND)
BEFORE = MOMENT - timedelta(hours=2)
STANDALONE = Path(configured.BASE_DIR) / "sessions" / "standalone" / "verify_draw.py"


def make_ready() -> int:
    """Make a session of 2023 on the real clock, whose window has closed."""
    with time_machine.travel(BEFORE):
        session = ready_session(130, at=None)
        correct(session, "debate.inscription_opens", datetime(2023, 8, 1, tzinfo=UTC))
        correct(session, "debate.inscription_closes", datetime(2023, 9, 1, tzinfo=UTC))
        return session.pk


ready = kept(make_ready)


@pytest.fixture
def session(ready: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=ready)


@pytest.fixture
def drawn(session: MeetingSession) -> Drawing:
    with time_machine.travel(BEFORE, tick=False):
        drawing = announce_at(session, MOMENT, Sources())
    with time_machine.travel(MOMENT + timedelta(seconds=5), tick=False):
        draw.hand_in_drand(drawing=drawing, signature=SIGNATURE[ROUND], actor=PUBLIC)
        assert draw.advance(drawing.pk) is True
    drawing.refresh_from_db()
    return drawing


def test_drawing_in_earnest_is_no_rehearsal(drawn: Drawing) -> None:
    assert drawn.bundle is not None
    flags = [drawn.is_rehearsal, drawn.bundle["rehearsal"], published(drawn)["rehearsal"]]
    assert (flags, drawn.announcement["announced_at"]) == ([False] * 3, drawn.announcement["announced_at_session"])


def test_all_slots_are_drawn_with_the_randomness_of_the_round(drawn: Drawing) -> None:
    assert drawn.bundle is not None
    result = drawn.bundle["result"]
    assert (result["d"], len(result["slots"]), len(result["lots"])) == (RANDOMNESS[ROUND], 114, 130)


@pytest.mark.parametrize("verifier", ["product", "standalone"])
def test_verifier_says_true_with_nothing_left_unchecked(drawn: Drawing, verifier: str, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.json"
    bundle.write_bytes(canonical(drawn.bundle))
    command = {
        "product": [sys.executable, str(Path(configured.BASE_DIR) / "manage.py"), "verify_draw"],
        "standalone": [sys.executable, str(STANDALONE)],
    }[verifier]

    done = subprocess.run(
        [*command, str(bundle), "--announced", drawn.announcement_sha256, "--strict"], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith(("UNCHECKED", "NOT COMPARED"))] == []


def test_bundle_read_back_from_the_database_is_byte_for_byte_what_was_hashed(drawn: Drawing) -> None:
    read = Drawing.objects.get().bundle
    assert canonical(json.loads(json.dumps(read))) == canonical(drawn.bundle)


def test_session_that_announced_in_earnest_can_no_longer_become_a_rehearsal(drawn: Drawing) -> None:
    later = MOMENT + timedelta(days=100)
    with time_machine.travel(MOMENT + timedelta(days=1)), pytest.raises(Refused) as refused:
        shift_clock(session=drawn.debate.session, to=later, actor=as_officer(), reason="to try it")
    assert refused.value.code == "already_in_earnest"


def test_rehearsal_seed_makes_a_rehearsal_even_on_the_real_clock(session: MeetingSession) -> None:
    with time_machine.travel(BEFORE, tick=False):
        drawing = announce(
            debate=session.debate, sources=SEED_ONLY, actor=as_officer(), draw_at=BEFORE + timedelta(minutes=1)
        )
        drawn = draw_now(drawing)
    assert drawn.bundle is not None
    assert (drawing.is_rehearsal, drawn.bundle["rehearsal"], published(drawn)["rehearsal"]) == (True, True, True)
