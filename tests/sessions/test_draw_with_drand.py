"""The value of a drand round: fetched from relays, handed in by anybody, replaced once (RULES 3, steps 2 and 3)."""

import contextlib
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from pytest_django import Settings

from cnd import clock
from cnd.actors import COMMAND, PUBLIC
from cnd.errors import Invalid, Refused
from sessions.domain.drand import time_of_round
from sessions.domain.proof import verify
from sessions.models import Drawing, DrawSource, MeetingSession
from sessions.services import draw
from sessions.services.announcements import Sources, withdraw_announcement
from sessions.services.draw import hand_in_drand
from sessions.services.relays import fetch_signatures
from tests.sessions.kept import kept
from tests.sessions.relays import Answer, dripping, hanging_up, honest, liar, relay, saying, silent, telling
from tests.sessions.rounds import RANDOMNESS, SIGNATURE
from tests.sessions.scenes import announce_at, count_entries, last_entry, ready_session

pytestmark = pytest.mark.django_db

ROUND = 657413
MOMENT = time_of_round(ROUND)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
ROUND_OF_THE_DAY_BEFORE = ROUND - 28_800


def make_ready() -> int:
    with time_machine.travel(MOMENT - 2 * DAY):
        return ready_session(7, slots=5).pk


ready = kept(make_ready)


@pytest.fixture
def session(ready: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=ready)


@pytest.fixture
def drawing(session: MeetingSession) -> Drawing:
    """Return a drawing announced two hours before the round whose value is known."""
    with time_machine.travel(MOMENT - timedelta(hours=2)):
        return announce_at(session, MOMENT, Sources())


@pytest.fixture
def replaced(session: MeetingSession) -> Drawing:
    """Return a drawing of the round a day earlier, whose substitute is the round whose value is known."""
    with time_machine.travel(MOMENT - DAY - timedelta(hours=2)):
        return announce_at(session, MOMENT - DAY, Sources())


@pytest.fixture
def relays(settings: Settings) -> Iterator[contextlib.ExitStack]:
    """Have relays for a test; the first is asked first."""
    settings.DRAND_RELAYS = []
    settings.DRAND_TIMEOUT_S = 0.4
    with contextlib.ExitStack() as stack:
        yield stack


def ask(settings: Settings, stack: contextlib.ExitStack, *answers: Answer) -> None:
    settings.DRAND_RELAYS = [stack.enter_context(relay(answer)) for answer in answers]


def advanced(drawing: Drawing, at: timedelta = SECOND) -> bool:
    with time_machine.travel(MOMENT + at, tick=False):
        return draw.advance(drawing.pk)


# --- from the relays --------------------------------------------------------------------------------------------------


def test_worker_fetches_the_announced_round_and_draws(
    drawing: Drawing, relays: contextlib.ExitStack, settings: Settings
) -> None:
    ask(settings, relays, honest)
    assert advanced(drawing) is True
    drawing.refresh_from_db()
    assert drawing.bundle is not None
    assert drawing.bundle["result"]["d"] == RANDOMNESS[ROUND]
    assert verify(drawing.bundle, announced=drawing.announcement_sha256).is_complete is True


@pytest.mark.parametrize(
    "answer",
    [liar, silent, dripping, hanging_up, saying(b"", 500), saying(b"no JSON"), saying(b"[]"), telling(number=1000)],
    ids=["liar", "silent", "dripping", "hanging up", "broken", "no JSON", "a list", "another round"],
)
def test_relay_that_lies_or_fails_keeps_nobody_from_asking_the_next(
    drawing: Drawing, relays: contextlib.ExitStack, settings: Settings, answer: Answer
) -> None:
    ask(settings, relays, answer, honest)
    assert advanced(drawing) is True


@pytest.mark.parametrize("answer", [liar, silent, hanging_up, saying(b"{}")])
def test_without_an_honest_relay_nothing_is_stored(
    drawing: Drawing, relays: contextlib.ExitStack, settings: Settings, answer: Answer
) -> None:
    ask(settings, relays, answer)
    assert advanced(drawing) is False
    assert DrawSource.objects.get().value is None


@pytest.mark.parametrize("answer", [silent, dripping])
def test_no_relay_is_waited_for_longer_than_the_time_limit(
    relays: contextlib.ExitStack, settings: Settings, answer: Answer
) -> None:
    ask(settings, relays, answer, answer)
    began = time.monotonic()
    assert list(fetch_signatures(ROUND)) == []
    assert time.monotonic() - began < 2


def test_drawing_without_a_value_is_due_again_soon(drawing: Drawing) -> None:
    assert advanced(drawing) is False
    with time_machine.travel(MOMENT + 7 * SECOND, tick=False):
        assert draw.due_drawings() == [drawing.pk]


def test_value_is_not_asked_for_before_its_moment(
    drawing: Drawing, relays: contextlib.ExitStack, settings: Settings
) -> None:
    ask(settings, relays, honest)
    assert advanced(drawing, -SECOND) is False


# --- handed in by anybody ---------------------------------------------------------------------------------------------


def test_anybody_hands_the_value_in_and_the_next_look_draws(drawing: Drawing) -> None:
    with time_machine.travel(MOMENT, tick=False):
        assert hand_in_drand(drawing=drawing, signature=SIGNATURE[ROUND], actor=PUBLIC) is True
        assert draw.due_drawings() == [drawing.pk]
    assert advanced(drawing) is True


def test_value_handed_in_is_public_in_the_journal(drawing: Drawing, session: MeetingSession) -> None:
    with time_machine.travel(MOMENT, tick=False):
        hand_in_drand(drawing=drawing, signature=SIGNATURE[ROUND])
    entry = last_entry(session)
    assert (entry.action, entry.actor, entry.resources) == (
        "hand_in_value",
        "public",
        [["draws", "public"], ["draws/1", "public"]],
    )
    assert entry.changes[0]["after"]["randomness"] == RANDOMNESS[ROUND]


def test_value_handed_in_need_not_wait_for_the_lease_of_a_worker_that_found_none(drawing: Drawing) -> None:
    assert advanced(drawing, SECOND) is False
    with time_machine.travel(MOMENT + 2 * SECOND, tick=False):
        hand_in_drand(drawing=drawing, signature=SIGNATURE[ROUND])
        assert draw.due_drawings() == [drawing.pk]


@pytest.mark.parametrize("is_drawn", [False, True])
def test_same_value_again_is_no_news(drawing: Drawing, session: MeetingSession, is_drawn: bool) -> None:
    with time_machine.travel(MOMENT, tick=False):
        hand_in_drand(drawing=drawing, signature=SIGNATURE[ROUND])
    if is_drawn:
        advanced(drawing)
    before = count_entries(session)
    with time_machine.travel(MOMENT + SECOND, tick=False):
        assert hand_in_drand(drawing=drawing, signature=SIGNATURE[ROUND]) is False
    assert count_entries(session) == before


@pytest.mark.parametrize("signature", [SIGNATURE[1000], "00" * 48, "", "nonsense"])
def test_value_that_is_not_the_rounds_own_is_refused(drawing: Drawing, signature: str) -> None:
    with time_machine.travel(MOMENT, tick=False), pytest.raises(Invalid) as refused:
        hand_in_drand(drawing=drawing, signature=signature)
    assert (refused.value.code, list(refused.value.fields)) == ("not_genuine", ["signature"])


def test_true_value_of_another_round_is_refused(drawing: Drawing) -> None:
    with time_machine.travel(MOMENT, tick=False), pytest.raises(Invalid) as refused:
        hand_in_drand(drawing=drawing, signature=SIGNATURE[1000], round_number=1000)
    assert refused.value.code == "wrong_round"


def test_before_its_moment_no_value_is_taken(drawing: Drawing) -> None:
    with time_machine.travel(MOMENT - SECOND, tick=False), pytest.raises(Refused) as refused:
        hand_in_drand(drawing=drawing, signature=SIGNATURE[ROUND])
    assert refused.value.code == "no_value_awaited"


def test_value_of_a_withdrawn_announcement_is_not_taken(drawing: Drawing, session: MeetingSession) -> None:
    with time_machine.travel(MOMENT - timedelta(hours=1), tick=False):
        withdraw_announcement(drawing=drawing, reason="a mistake", actor=COMMAND)
    before = count_entries(session)
    with time_machine.travel(MOMENT, tick=False), pytest.raises(Refused) as refused:
        hand_in_drand(drawing=drawing, signature=SIGNATURE[ROUND])
    assert (refused.value.code, count_entries(session)) == ("no_value_awaited", before)


def test_sealed_from_the_moment_of_the_round_even_while_nobody_knows_the_value(drawing: Drawing) -> None:
    with time_machine.travel(MOMENT, tick=False), pytest.raises(Refused) as refused:
        withdraw_announcement(drawing=drawing, reason="we would rather not", actor=COMMAND)
    assert refused.value.code == "sealed"


# --- the deadline -----------------------------------------------------------------------------------------------------


def test_shortly_before_the_deadline_the_announced_round_is_still_the_one(replaced: Drawing) -> None:
    with time_machine.travel(MOMENT - timedelta(microseconds=1), tick=False):
        assert draw.awaited_round(replaced.sources.get()) == ROUND_OF_THE_DAY_BEFORE


def test_at_the_deadline_itself_the_substitute_is_awaited_whether_or_not_a_sweep_came_by(replaced: Drawing) -> None:
    with time_machine.travel(MOMENT, tick=False):
        assert draw.awaited_round(replaced.sources.get()) == ROUND


def test_value_of_the_announced_round_comes_too_late_after_the_deadline(replaced: Drawing) -> None:
    with time_machine.travel(MOMENT, tick=False), pytest.raises(Invalid) as refused:
        hand_in_drand(drawing=replaced, signature=SIGNATURE[1000], round_number=ROUND_OF_THE_DAY_BEFORE)
    assert refused.value.code == "wrong_round"


def test_sweep_switches_to_the_substitute_once(replaced: Drawing, session: MeetingSession) -> None:
    assert advanced(replaced, SECOND) is False
    failed_at, before = DrawSource.objects.get().failed_at, count_entries(session)
    assert advanced(replaced, timedelta(minutes=5)) is False
    assert (DrawSource.objects.get().failed_at, count_entries(session)) == (failed_at, before)
    assert failed_at == MOMENT + SECOND


def test_switch_is_public(replaced: Drawing, session: MeetingSession) -> None:
    advanced(replaced)
    entry = last_entry(session)
    assert (entry.action, entry.changes) == (
        "settle_sources",
        [{"what": "draws/1/values/0", "before": "awaited", "after": "failed; substitute awaited"}],
    )


@pytest.mark.parametrize("is_swept", [False, True])
def test_drawn_with_the_substitute_the_proof_lists_it_as_unchecked(replaced: Drawing, is_swept: bool) -> None:
    if is_swept:
        advanced(replaced)
    with time_machine.travel(MOMENT + 10 * SECOND, tick=False):
        assert hand_in_drand(drawing=replaced, signature=SIGNATURE[ROUND]) is True
    assert advanced(replaced, 11 * SECOND) is True
    replaced.refresh_from_db()
    assert replaced.bundle is not None
    assert replaced.bundle["values"][0]["substituted"] is True
    assert verify(replaced.bundle, announced=replaced.announcement_sha256).unchecked == [
        f"sources/0: round {ROUND_OF_THE_DAY_BEFORE}: no valid value was stored before the deadline; "
        f"round {ROUND} was used"
    ]


def test_worker_fetches_the_substitute_too(replaced: Drawing, relays: contextlib.ExitStack, settings: Settings) -> None:
    ask(settings, relays, honest)
    assert advanced(replaced) is True


def test_value_stored_in_time_counts_however_late_it_is_drawn(drawing: Drawing) -> None:
    with time_machine.travel(MOMENT + SECOND, tick=False):
        hand_in_drand(drawing=drawing, signature=SIGNATURE[ROUND])
    assert advanced(drawing, 3 * DAY) is True
    drawing.refresh_from_db()
    assert drawing.bundle is not None
    assert drawing.bundle["values"][0]["substituted"] is False


def test_substitutes_moment_is_waited_for(session: MeetingSession) -> None:
    with time_machine.travel(MOMENT - timedelta(hours=3), tick=False):
        drawing = announce_at(session, MOMENT, Sources())
    source = drawing.sources.get()
    substitute = clock.parse_rfc3339(drawing.announcement["sources"][0]["substitute"]["not_before"])
    assert substitute >= source.deadline
    with time_machine.travel(substitute - timedelta(microseconds=1), tick=False):
        awaited = draw.awaited_round(source)
    assert awaited in {ROUND, None}
