"""The numbers that two members of staff enter, each without seeing the other's."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from sessions.models import Drawing, NumbersEntry
from sessions.services.announcements import NumbersFormat, Sources
from tests.sessions.scenes import announce_now, inscribe_states, make_session, officer
from tests.sessions.staff_pages import signed_in, text_of, told, url

pytestmark = pytest.mark.django_db

LOTTO = Sources(
    has_drand=False,
    has_rehearsal_seed=True,
    numbers=NumbersFormat(title="Lotto", count=3, minimum=1, maximum=45),
)
PAGE = "staff-draw-numbers"


@pytest.fixture
def drawing() -> Iterator[Drawing]:
    """A drawing whose numbers can be entered now."""
    session = make_session()
    inscribe_states(session, 5)
    drawing = announce_now(session, sources=LOTTO)
    with time_machine.travel(drawing.draw_at + timedelta(seconds=5), tick=True):
        yield drawing


@pytest.mark.usefixtures("drawing")
def test_each_sees_only_their_own_until_both_are_in() -> None:
    one, other = signed_in(), signed_in(officer("other"))
    one.post(url(PAGE, 1), {"numbers": "31 7, 12"})
    seen_by_one, seen_by_other = text_of(one.get(url(PAGE, 1))), text_of(other.get(url(PAGE, 1)))
    other.post(url(PAGE, 1), {"numbers": "7 12 31"})

    assert "7 · 12 · 31" in seen_by_one
    assert "7 · 12 · 31" not in seen_by_other
    assert "One person has entered theirs" in seen_by_other
    assert text_of(one.get(url(PAGE, 1))).count("7 · 12 · 31") == 2


@pytest.mark.usefixtures("drawing")
def test_numbers_that_differ_are_said_to_and_can_be_corrected() -> None:
    one, other = signed_in(), signed_in(officer("other"))
    one.post(url(PAGE, 1), {"numbers": "7 12 31"})
    other.post(url(PAGE, 1), {"numbers": "7 12 32"})
    said = text_of(one.get(url(PAGE, 1)))
    other.post(url(PAGE, 1), {"numbers": "7 12 31"})

    assert "They differ" in said
    assert "They differ" not in text_of(one.get(url(PAGE, 1)))
    assert NumbersEntry.objects.count() == 3


@pytest.mark.usefixtures("drawing")
def test_the_page_of_the_drawing_tells_how_many_are_in_and_not_what() -> None:
    signed_in().post(url(PAGE, 1), {"numbers": "7 12 31"})

    said = text_of(signed_in(officer("other")).get(url("staff-draw")))

    assert "1 of 2 have done so" in said
    assert "7 · 12" not in said


@pytest.mark.usefixtures("drawing")
@pytest.mark.parametrize("typed", ["7 12", "7 12 46", "7 7 12", "7 12 x", "-1 2 3", ""])
def test_numbers_unlike_the_announced_format_are_refused_beside_their_field(typed: str) -> None:
    response = signed_in().post(url(PAGE, 1), {"numbers": typed})

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["numbers"])
    assert not NumbersEntry.objects.exists()


@pytest.mark.usefixtures("drawing")
def test_the_same_numbers_twice_are_one_entry() -> None:
    client = signed_in()
    client.post(url(PAGE, 1), {"numbers": "7 12 31"})
    client.post(url(PAGE, 1), {"numbers": "7 12 31"})

    assert NumbersEntry.objects.count() == 1


@pytest.mark.usefixtures("drawing")
def test_a_third_person_is_refused_in_words() -> None:
    for name in ("officer", "other"):
        signed_in(officer(name)).post(url(PAGE, 1), {"numbers": "7 12 31"})
    third = signed_in(officer("third"))

    response = third.post(url(PAGE, 1), {"numbers": "7 12 31"})

    assert told(response) == ["Two other people have entered these numbers."]
    assert "Enter my numbers" not in text_of(third.get(url(PAGE, 1)))


def test_after_the_deadline_nothing_can_be_entered(drawing: Drawing) -> None:
    deadline = drawing.sources.get(kind="numbers").deadline
    with time_machine.travel(deadline + timedelta(seconds=1)):
        client = signed_in()
        page = client.get(url(PAGE, 1))
        response = client.post(url(PAGE, 1), {"numbers": "7 12 31"})

    assert "The deadline has passed" in text_of(page)
    assert told(response) == ["Numbers can be entered from the announced moment until the deadline only."]


def test_a_drawing_without_numbers_has_no_such_page() -> None:
    session = make_session()
    inscribe_states(session, 5)
    announce_now(session)

    assert signed_in().get(url(PAGE, 1)).status_code == 404
