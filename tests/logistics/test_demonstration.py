"""What the demonstration shows of what surrounds the meeting, to staff and to the three delegations."""

from collections import Counter

import pytest

from cnd import journal
from cnd.models import Chain, JournalEntry
from logistics.models import Application, Booking, Placement, ProgrammeVersion
from sessions.services.demonstration import load_demonstration
from tests.sessions.scenes import quiet

pytestmark = pytest.mark.django_db


def test_staff_find_every_kind_of_work_and_a_second_start_adds_nothing() -> None:
    load_demonstration(say=quiet)
    entries = JournalEntry.objects.count()
    load_demonstration(say=quiet)

    high = Application.objects.filter(kind__code="high-level")
    assert Counter(high.values_list("state", flat=True)) == {
        "accepted": 6,
        "under_review": 4,
        "correction_requested": 1,
        "waiting": 3,
        "rejected": 1,
    }
    assert list(high.exclude(prepared="").values_list("organiser__code", "prepared")) == [("JP", "accept")]
    assert Counter(Application.objects.filter(kind__code="regular").values_list("state", flat=True)) == {
        "accepted": 3,
        "under_review": 2,
    }
    assert Placement.objects.count() == 7
    assert list(ProgrammeVersion.objects.values_list("number", flat=True)) == [1]
    assert list(Booking.objects.order_by("pk").values_list("requester__code", "counterpart__code", "state")) == [
        ("FR", "AT", "requested"),
        ("BR", "KE", "confirmed"),
        ("TH", "KE", "agreed"),
    ]
    assert JournalEntry.objects.count() == entries
    assert journal.verify(Chain.objects.get(code="cnd67")) == JournalEntry.objects.filter(chain__code="cnd67").count()
