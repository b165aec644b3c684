"""The sources of randomness that an announcement names, and what each must be like (RULES 3, step 2)."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from cnd import clock
from cnd.actors import COMMAND
from cnd.canonical import canonical
from cnd.clock import parse_rfc3339, rfc3339
from cnd.errors import DomainError, Invalid
from cnd.models import JournalEntry
from sessions.domain.drand import CHAIN_HASH, PUBLIC_KEY, time_of_round
from sessions.models import Drawing, MeetingSession
from sessions.services.announcements import NumbersFormat, Sources, announce, withdraw_announcement
from sessions.services.quotas import confirm_quotas, proposed_quotas
from tests.sessions.kept import kept
from tests.sessions.scenes import (
    SEED_ONLY,
    VIENNA,
    correct,
    inscribe_states,
    make_session,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DRAND = Sources()
LOTTERY = NumbersFormat("Lotto 3 aus 45", count=3, minimum=1, maximum=45)


def make_ready() -> int:
    session = make_session()
    inscribe_states(session, 7)
    confirm_quotas(debate=session.debate, quotas=proposed_quotas(session.debate), actor=COMMAND)
    return session.pk


ready = kept(make_ready)


@pytest.fixture
def session(ready: int) -> MeetingSession:
    """Return a session with seven inscribed and the quotas confirmed."""
    return MeetingSession.objects.get(pk=ready)


def announced(session: MeetingSession, sources: Sources = SEED_ONLY, lead: timedelta = HOUR, **more: Any) -> Drawing:
    facts: dict[str, Any] = {"actor": COMMAND, "draw_at": session.chain.now() + lead} | more
    return announce(debate=session.debate, sources=sources, **facts)


def refused(session: MeetingSession, *args: Any, **more: Any) -> str:
    with pytest.raises(DomainError) as error:
        announced(session, *args, **more)
    assert Drawing.objects.exclude(state__in=["withdrawn", "annulled", "drawn"]).count() == 0
    return error.value.code


# --- sources ----------------------------------------------------------------------------------------------------------


def source(drawing: Drawing, position: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = drawing.announcement["sources"][position]
    return found


def test_round_of_drand_is_the_first_at_the_moment_of_the_drawing(session: MeetingSession) -> None:
    drawing = announced(session, DRAND, 2 * HOUR)
    found = source(drawing)
    not_before = time_of_round(found["round"])
    assert timedelta(0) <= not_before - drawing.draw_at < timedelta(seconds=3)
    assert found == {
        "kind": "drand",
        "chain": "quicknet",
        "chain_hash": CHAIN_HASH,
        "public_key": PUBLIC_KEY,
        "genesis": 1692803367,
        "period_s": 3,
        "round": found["round"],
        "not_before": rfc3339(not_before),
        "deadline": rfc3339(not_before + timedelta(hours=24)),
        "substitute": {
            "kind": "drand",
            "round": found["round"] + 28_800,
            "not_before": rfc3339(not_before + timedelta(hours=24)),
        },
    }


def test_round_of_drand_lies_at_least_an_hour_ahead_of_the_real_clock(session: MeetingSession) -> None:
    assert refused(session, DRAND, HOUR - timedelta(seconds=1)) == "draw_at_too_early"


def test_an_hour_ahead_is_enough(session: MeetingSession) -> None:
    with time_machine.travel(clock.now(), tick=False):
        assert announced(session, DRAND, HOUR).state == "announced"


def test_lead_follows_the_rule_book(session: MeetingSession) -> None:
    correct(session, "draw.drand_lead", 3 * HOUR)
    assert refused(session, DRAND, 2 * HOUR) == "draw_at_too_early"


def test_rehearsal_has_a_lead_of_its_own(session: MeetingSession) -> None:
    assert refused(session, SEED_ONLY, timedelta(seconds=5)) == "draw_at_too_early"


def test_moment_that_is_past_is_refused(session: MeetingSession) -> None:
    assert refused(session, SEED_ONLY, timedelta(seconds=-1)) == "draw_at_past"


def test_seed_is_committed_to_and_nowhere_to_be_seen(session: MeetingSession) -> None:
    drawing = announced(session)
    secret = drawing.sources.get().secret
    assert secret.startswith("rehearsal-")
    assert source(drawing)["commitment"] == hashlib.sha256(secret.encode()).hexdigest()
    written = canonical([drawing.announcement, *(entry.content("") for entry in JournalEntry.objects.all())])
    assert secret not in written.decode()


def test_every_rehearsal_has_a_seed_of_its_own(session: MeetingSession) -> None:
    first = announced(session)
    withdraw_announcement(drawing=first, reason="again", actor=COMMAND)
    assert first.sources.get().secret != announced(session).sources.get().secret


def test_rehearsal_seed_is_refused_in_production(session: MeetingSession, settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    assert refused(session, Sources(has_rehearsal_seed=True), 2 * HOUR) == "seed_in_production"


def test_drawing_without_drand_is_refused_where_the_rule_book_requires_it(session: MeetingSession) -> None:
    assert refused(session, Sources(has_drand=False, numbers=LOTTERY)) == "drand_required"


def test_drawing_without_drand_is_possible_where_the_rule_book_allows_it(session: MeetingSession) -> None:
    correct(session, "draw.drand_required", False)
    drawing = announced(session, Sources(has_drand=False, numbers=LOTTERY))
    deadline = parse_rfc3339(source(drawing)["deadline"])
    substitute = source(drawing)["substitute"]
    assert substitute["kind"] == "drand"
    assert timedelta(0) < parse_rfc3339(substitute["not_before"]) - deadline <= timedelta(seconds=3)


def test_drawing_without_any_source_is_refused(session: MeetingSession) -> None:
    correct(session, "draw.drand_required", False)
    assert refused(session, Sources(has_drand=False)) == "no_source"


def test_numbers_are_announced_with_their_format(session: MeetingSession) -> None:
    drawing = announced(session, Sources(numbers=LOTTERY), 2 * HOUR)
    assert source(drawing) == {
        "kind": "numbers",
        "title": "Lotto 3 aus 45",
        "count": 3,
        "minimum": 1,
        "maximum": 45,
        "ordered": False,
        "distinct": True,
        "not_before": rfc3339(drawing.draw_at),
        "deadline": rfc3339(drawing.draw_at + timedelta(minutes=30)),
        "substitute": {"kind": "omitted"},
    }


def test_round_of_drand_lies_after_the_deadline_of_the_numbers(session: MeetingSession) -> None:
    drawing = announced(session, Sources(numbers=LOTTERY), 2 * HOUR)
    assert [each["kind"] for each in drawing.announcement["sources"]] == ["numbers", "drand"]
    assert source(drawing, 1)["not_before"] > source(drawing)["deadline"]


def test_sources_come_seed_numbers_drand(session: MeetingSession) -> None:
    drawing = announced(session, Sources(numbers=LOTTERY, has_rehearsal_seed=True), 2 * HOUR)
    kinds = ["rehearsal_seed", "numbers", "drand"]
    assert [each["kind"] for each in drawing.announcement["sources"]] == kinds
    assert list(drawing.sources.values_list("kind", flat=True)) == kinds


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (NumbersFormat("x", count=0, minimum=1, maximum=45), "count"),
        (NumbersFormat("x", count=3, minimum=45, maximum=1), "maximum"),
        (NumbersFormat("x", count=3, minimum=-1, maximum=45), "maximum"),
        (NumbersFormat("x", count=7, minimum=1, maximum=6), "count"),
    ],
)
def test_numbers_that_cannot_be_drawn_are_refused(session: MeetingSession, form: NumbersFormat, field: str) -> None:
    with pytest.raises(Invalid) as error:
        announced(session, Sources(numbers=form), 2 * HOUR)
    assert list(error.value.fields) == [field]


def test_as_many_numbers_as_there_are_can_be_drawn_where_one_may_come_twice(session: MeetingSession) -> None:
    form = NumbersFormat("dice", count=7, minimum=1, maximum=6, is_distinct=False)
    assert source(announced(session, Sources(numbers=form), 2 * HOUR))["count"] == 7


@pytest.mark.parametrize(
    "form", [NumbersFormat("x", 1, 0, 10_000_000), NumbersFormat("x" * 3000, 1, 0, 9)], ids=["too large", "too long"]
)
def test_what_no_proof_can_hold_is_refused_in_words(session: MeetingSession, form: NumbersFormat) -> None:
    assert refused(session, Sources(numbers=form), 2 * HOUR) == "announcement_contradicts_itself"


@pytest.mark.parametrize("sources", [SEED_ONLY, DRAND, Sources(numbers=LOTTERY), Sources(has_rehearsal_seed=True)])
def test_it_is_sealed_from_the_first_moment_at_which_a_value_can_exist(
    session: MeetingSession, sources: Sources
) -> None:
    drawing = announced(session, sources, 2 * HOUR)
    assert drawing.seals_at == min(parse_rfc3339(each["not_before"]) for each in drawing.announcement["sources"])


def test_moment_given_in_the_sessions_zone_is_the_same_one_over_a_change_of_its_clocks(
    session: MeetingSession,
) -> None:
    # Six months on, the clocks of the zone have changed between real time and session time.
    with time_machine.travel(clock.now() + timedelta(days=183), tick=False):
        moment = session.chain.now() + 2 * HOUR
        drawing = announced(session, DRAND, draw_at=moment.astimezone(VIENNA))
        assert drawing.draw_at == clock.now() + 2 * HOUR
