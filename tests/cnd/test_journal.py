"""The journal: one append-only, hash-chained entry for every decision, in the decision's own transaction."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from cnd import clock, journal
from cnd.actors import COMMAND, PUBLIC, WORKER, actor_for
from cnd.canonical import canonical
from cnd.errors import NotPermitted
from cnd.models import Chain, Checkpoint, JournalEntry, PersonalDatum, ResourceVersion, User
from tests.cnd.chains import decide, entries, make_chain

pytestmark = pytest.mark.django_db

STAFF = ResourceVersion.STAFF
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def chain() -> Chain:
    return make_chain()


def versions(chain: Chain) -> dict[tuple[str, str], int]:
    return {(each.resource, each.audience): each.version for each in chain.versions.all()}


# --- an entry ---------------------------------------------------------------------------------------------------------


def test_entry_says_who_when_what_why_and_for_whom(chain: Chain) -> None:
    officer = User.objects.create(username="officer", first_name="Ada")
    with (
        time_machine.travel(MOMENT, tick=False),
        journal.decision(
            chain, action="correct", subject="rule:a.b", actor=actor_for(officer), reason="a slip"
        ) as draft,
    ):
        draft.change("rule:a.b", 3, 5)
        draft.touch("rules")

    (entry,) = entries(chain)
    assert entry.content("cnd67") == {
        "chain": "cnd67",
        "number": 1,
        "public_number": 1,
        "at": "2026-03-01T12:00:00.000000Z",
        "session_at": "2026-03-01T12:00:00.000000Z",
        "actor": f"user:{officer.pk}",
        "action": "correct",
        "subject": "rule:a.b",
        "reason": "a slip",
        "changes": [{"what": "rule:a.b", "before": 3, "after": 5}],
        "resources": [["rules", "public"]],
        "nonce": entry.nonce,
        "previous": "0" * 64,
    }


def test_hash_is_taken_over_everything_that_the_entry_says(chain: Chain) -> None:
    decide(chain, "rules")

    (entry,) = entries(chain)
    assert entry.hash == hashlib.sha256(canonical(entry.content("cnd67"))).hexdigest()


def test_entry_continues_the_one_before_it(chain: Chain) -> None:
    decide(chain, "rules")
    decide(chain, "slots")

    first, second = entries(chain)
    assert second.previous_hash == first.hash


def test_two_equal_decisions_have_different_hashes(chain: Chain) -> None:
    with time_machine.travel(MOMENT, tick=False):
        decide(chain)
        decide(make_chain("other"))
    assert len(set(JournalEntry.objects.values_list("nonce", flat=True))) == 2


def test_nonce_has_sixteen_bytes(chain: Chain) -> None:
    decide(chain)
    assert len(bytes.fromhex(entries(chain)[0].nonce)) == 16


def test_entry_carries_both_times(chain: Chain) -> None:
    shifted = make_chain("rehearsal", clock_offset_s=-3600, is_rehearsal=True)
    with time_machine.travel(MOMENT, tick=False):
        decide(shifted)

    (entry,) = entries(shifted)
    assert (entry.at, entry.session_at) == (MOMENT, MOMENT - timedelta(hours=1))


@pytest.mark.parametrize(("actor", "reference"), [(COMMAND, "command"), (WORKER, "worker"), (PUBLIC, "public")])
def test_actor_without_a_user_is_named_by_kind(chain: Chain, actor: object, reference: str) -> None:
    with journal.decision(chain, action="a", subject="s", actor=actor) as draft:  # type: ignore[arg-type]
        draft.change("thing", 1, 2)
    assert entries(chain)[0].actor == reference


# --- when an entry is written -----------------------------------------------------------------------------------------


def test_nothing_is_written_when_nothing_changed(chain: Chain) -> None:
    decide(chain, "rules", before={"a": 1}, after={"a": 1})

    chain.refresh_from_db()
    assert (entries(chain), versions(chain), chain.last_number) == ([], {}, 0)


def test_decisions_inside_a_decision_are_one_entry_named_by_the_outermost(chain: Chain) -> None:
    with journal.decision(chain, action="import", subject="roster", actor=COMMAND) as outer:
        for number in range(3):
            with journal.decision(chain, action="inscribe", subject="delegation", actor=WORKER) as inner:
                assert inner is outer
                inner.change(f"inscription:{number}", None, number)

    (entry,) = entries(chain)
    assert (entry.action, entry.actor, len(entry.changes)) == ("import", "command", 3)


def test_decision_on_another_chain_inside_a_decision_is_an_error(chain: Chain) -> None:
    other = make_chain("other")
    with (
        pytest.raises(RuntimeError, match="one chain"),
        journal.decision(chain, action="a", subject="s", actor=COMMAND),
        journal.decision(other, action="b", subject="s", actor=COMMAND),
    ):
        pytest.fail("it was opened")


def test_decision_that_fails_leaves_nothing(chain: Chain) -> None:
    def fail() -> None:
        with journal.decision(chain, action="a", subject="s", actor=COMMAND) as draft:
            User.objects.create(username="left behind")
            draft.change("thing", 1, 2)
            draft.touch("rules")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    chain.refresh_from_db()
    assert (entries(chain), versions(chain), chain.last_number, User.objects.count()) == ([], {}, 0, 0)


def test_decision_after_one_that_failed_is_its_own(chain: Chain) -> None:
    with pytest.raises(ZeroDivisionError), journal.decision(chain, action="a", subject="s", actor=COMMAND):
        raise ZeroDivisionError
    decide(chain)
    assert [entry.action for entry in entries(chain)] == ["decide"]


def test_transaction_around_it_that_rolls_back_takes_the_entry_along(chain: Chain) -> None:
    with transaction.atomic():
        decide(chain, "rules")
        transaction.set_rollback(True)

    chain.refresh_from_db()
    assert (entries(chain), chain.last_number, journal.verify(chain)) == ([], 0, 0)


# --- numbers and versions ---------------------------------------------------------------------------------------------


def test_numbers_are_dense(chain: Chain) -> None:
    for _ in range(4):
        decide(chain)
    assert [entry.number for entry in entries(chain)] == [1, 2, 3, 4]


def test_only_what_is_public_takes_a_public_number_and_these_are_dense(chain: Chain) -> None:
    decide(chain, "rules")
    decide(chain, "roster", audience=STAFF)
    decide(chain)
    decide(chain, "inscription", audience="delegation:AT")
    decide(chain, "slots", "speakers")
    assert [entry.public_number for entry in entries(chain)] == [1, None, None, None, 2]


def test_version_for_the_public_is_the_public_number(chain: Chain) -> None:
    decide(chain, "roster", audience=STAFF)
    decide(chain, "rules")
    assert versions(chain) == {("roster", STAFF): 1, ("rules", "public"): 1}


def test_version_for_staff_is_the_entrys_number(chain: Chain) -> None:
    decide(chain, "rules")
    decide(chain, "roster", audience=STAFF)
    assert versions(chain) == {("rules", "public"): 1, ("roster", STAFF): 2}


def test_one_entry_gives_each_audience_its_own_version(chain: Chain) -> None:
    decide(chain, "rules")
    decide(chain, "roster", audience=STAFF)
    with journal.decision(chain, action="a", subject="s", actor=COMMAND) as draft:
        draft.change("thing", 1, 2)
        draft.touch("slots")
        draft.touch("roster", audience=STAFF)
    assert versions(chain) == {("rules", "public"): 1, ("slots", "public"): 2, ("roster", STAFF): 3}


def test_chains_count_each_for_itself(chain: Chain) -> None:
    other = make_chain("other")
    decide(chain, "rules")
    decide(other, "rules")
    assert [entry.number for entry in JournalEntry.objects.order_by("pk")] == [1, 1]


# --- append-only ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda: JournalEntry.objects.get().save(),
        lambda: JournalEntry.objects.get().delete(),
        lambda: JournalEntry.objects.update(reason="another"),
        lambda: JournalEntry.objects.all().delete(),
        lambda: JournalEntry.objects.bulk_update([JournalEntry.objects.get()], ["reason"]),
        lambda: Checkpoint.objects.get().save(),
        lambda: Checkpoint.objects.get().delete(),
        lambda: Checkpoint.objects.update(seal="0" * 64),
        lambda: Checkpoint.objects.all().delete(),
    ],
)
def test_entries_and_checkpoints_are_neither_changed_nor_removed(chain: Chain, change: Callable[[], object]) -> None:
    decide(chain, publish=True)
    with pytest.raises(TypeError, match="append-only"):
        change()


def test_chain_with_entries_cannot_be_removed(chain: Chain) -> None:
    decide(chain)
    with pytest.raises(IntegrityError):
        chain.delete()


def test_number_is_given_once(chain: Chain) -> None:
    decide(chain)
    copied = entries(chain)[0]
    copied.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        copied.save(force_insert=True)


# --- checkpoints ------------------------------------------------------------------------------------------------------


def test_publication_takes_a_checkpoint_of_the_head(chain: Chain) -> None:
    decide(chain, "rules")
    decide(chain, "speakers", publish=True)

    checkpoint = Checkpoint.objects.get()
    head = entries(chain)[-1]
    sealed = f"{head.hash}/{clock.rfc3339(checkpoint.at)}"
    assert (checkpoint.number, checkpoint.public_number) == (2, 2)
    assert checkpoint.seal == hashlib.sha256(sealed.encode()).hexdigest()


def test_checkpoint_is_taken_every_hour_even_if_nothing_happened(chain: Chain) -> None:
    decide(chain)
    for minutes in (0, 59, 60, 61, 121):
        with time_machine.travel(MOMENT + timedelta(minutes=minutes), tick=False):
            journal.seal_hourly()
    taken = [checkpoint.at - MOMENT for checkpoint in Checkpoint.objects.order_by("at")]
    assert taken == [timedelta(0), timedelta(minutes=60), timedelta(minutes=121)]


def test_two_checkpoints_of_one_head_do_not_show_that_nothing_happened(chain: Chain) -> None:
    decide(chain)
    for hours in (0, 1):
        with time_machine.travel(MOMENT + timedelta(hours=hours), tick=False):
            journal.seal_hourly()
    assert len(set(Checkpoint.objects.values_list("seal", flat=True))) == 2


def test_empty_chain_takes_no_checkpoint(chain: Chain) -> None:
    journal.seal_hourly()
    assert Checkpoint.objects.count() == 0


def test_checkpoints_kept_outside_verify(chain: Chain) -> None:
    for _ in range(3):
        decide(chain, publish=True)
    kept = list(Checkpoint.objects.values_list("at", "seal"))
    assert journal.verify(chain, seals=kept) == 3


# --- personal data ----------------------------------------------------------------------------------------------------


def person_in(chain: Chain) -> PersonalDatum:
    """Write one entry that refers to a person."""
    with journal.decision(chain, action="edit_speaker", subject="delegation:AT", actor=COMMAND) as draft:
        datum = journal.keep_personal(chain, {"name": "Ada Lovelace", "title": "Minister"})
        draft.change("speaker", None, journal.refer(datum))
    return datum


def test_entry_refers_to_a_person_by_key_and_salted_hash(chain: Chain) -> None:
    datum = person_in(chain)
    assert entries(chain)[0].changes[0]["after"] == {"personal": str(datum.key), "hash": datum.hash}
    assert "Ada" not in canonical(entries(chain)[0].content("cnd67")).decode()


def test_equal_data_of_two_people_do_not_show_as_equal(chain: Chain) -> None:
    assert person_in(chain).hash != person_in(chain).hash


def test_nobody_is_referred_to_as_nobody() -> None:
    assert journal.refer(None) is None


def test_erased_data_are_gone_and_the_chain_verifies(chain: Chain) -> None:
    datum = person_in(chain)
    journal.erase_personal(datum=datum, actor=COMMAND, reason="asked for")

    datum.refresh_from_db()
    assert (datum.value, datum.salt, datum.erased_at is not None) == (None, "", True)
    assert journal.verify(chain) == 2


def test_erasing_again_changes_nothing(chain: Chain) -> None:
    datum = person_in(chain)
    for _ in range(2):
        journal.erase_personal(datum=datum, actor=COMMAND, reason="asked for")
    assert len(entries(chain)) == 2


def test_only_staff_erase(chain: Chain) -> None:
    with pytest.raises(NotPermitted):
        journal.erase_personal(datum=person_in(chain), actor=PUBLIC, reason="asked for")


def test_data_cannot_stay_beside_the_mark_that_they_were_erased(chain: Chain) -> None:
    datum = person_in(chain)
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonalDatum.objects.filter(pk=datum.pk).update(erased_at=clock.now())
