"""What must hold of a drawing that was drawn, whatever happened on the way: everything once, and all of it fitting."""

from cnd import journal
from cnd.models import JournalEntry
from sessions.domain.proof import verify
from sessions.models import Drawing, MeetingSession, Slot


def assert_undrawn(drawing: Drawing) -> None:
    """Assert that nothing of a result is there, not even a part of one."""
    drawing.refresh_from_db()
    assert (drawing.state, drawing.bundle, drawing.lots.count(), drawing.list_versions.count()) == (
        "announced",
        None,
        0,
        0,
    )
    assert set(drawing.debate.slots.values_list("status", flat=True)) == {"undrawn"}


def assert_drawn_once(drawing: Drawing) -> None:
    """Assert one result, one list, one entry, and slots that are the result's."""
    drawing.refresh_from_db()
    assert drawing.state == "drawn"
    assert drawing.bundle is not None
    verify(drawing.bundle, announced=drawing.announcement_sha256)
    result = drawing.bundle["result"]
    assert [(lot.rank, lot.lot) for lot in drawing.lots.order_by("rank")] == [
        (row["rank"], row["lot"]) for row in result["lots"]
    ]
    assert drawing.list_versions.count() == 1
    slots = drawing.debate.slots.order_by("number").values_list("number", "group__code", "delegation__code")
    assert list(slots) == [(row["number"], row["group"], row["delegation"]) for row in result["slots"]]
    places = {row["slot"]: row["place"] for row in result["speakers"] if row["slot"]}
    held = Slot.objects.filter(debate=drawing.debate_id, delegation__isnull=False)
    assert {slot.number: slot.place for slot in held} == places
    assert entries_of_result(drawing) == 1


def entries_of_result(drawing: Drawing) -> int:
    """Count the journal's entries that say that this drawing was drawn."""
    proven = {"what": drawing.resource, "before": "announced", "after": {"proof_sha256": drawing.bundle_sha256}}
    entries = JournalEntry.objects.filter(chain__meeting_session=drawing.debate.session)
    return sum(proven in entry.changes for entry in entries)


def assert_journal_holds(session: MeetingSession) -> None:
    """Assert that the whole chain verifies."""
    count = JournalEntry.objects.filter(chain=session.chain_id).count()
    assert journal.verify(session.chain) == count
