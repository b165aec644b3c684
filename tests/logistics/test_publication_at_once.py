"""Two who publish, and who block the same time, in the same moment."""

import pytest

from logistics.models import Block, Cell, ProgrammeVersion
from logistics.services.publication import publish_programme
from logistics.services.rooms import block_time
from tests.logistics.placed import accepted, at, place, room
from tests.sessions.scenes import as_officer, make_session
from tests.threads import at_once, kinds

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_of_many_who_publish_one_does_and_the_others_learn_that_nothing_is_new() -> None:
    session = make_session()
    place(accepted(session), at(9))
    officers = [as_officer(f"officer-{number}") for number in range(4)]
    calls = [lambda actor=actor: publish_programme(session=session, actor=actor).number for actor in officers]
    assert kinds(at_once(*calls)) == {"1": 1, "nothing_new": 3}
    assert ProgrammeVersion.objects.count() == 1


def test_of_many_who_block_overlapping_times_one_has_the_room() -> None:
    session = make_session()
    actor = as_officer()

    def block(minute: int) -> str:
        return str(
            block_time(room=room(session), starts_at=at(9, minute), ends_at=at(10), reason=f"{minute}", actor=actor)
        )[:5]

    outcomes = at_once(*(lambda minute=minute: block(minute) for minute in (0, 5, 10, 15)))
    assert kinds(outcomes) == {"'block'": 1, "occupied": 3}
    assert set(Cell.objects.values_list("holder", flat=True)) == {Block.objects.get().holder}
