"""Whatever is altered behind the service's back, in SQL, verification names the first broken link."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from cnd import clock, journal
from cnd.actors import COMMAND
from cnd.canonical import sha256_of
from cnd.models import Chain, Checkpoint, JournalEntry, PersonalDatum, ResourceVersion
from tests.cnd.chains import decide, entries, make_chain

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def chain() -> Chain:
    """Return a chain of five entries: public, staff's, public and sealed, about a person, public."""
    chain = make_chain()
    with time_machine.travel(MOMENT, tick=True):
        decide(chain, "rules")
        decide(chain, "roster", audience=ResourceVersion.STAFF)
        decide(chain, "speakers", publish=True)
        with journal.decision(chain, action="edit", subject="delegation:AT", actor=COMMAND) as draft:
            person = {"name": "Ada Lovelace"}
            draft.change("speaker", None, journal.refer(journal.keep_personal(chain, person)))
        decide(chain, "slots")
    return chain


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount > 0, "nothing was tampered with"


def broken(chain: Chain, **more: object) -> str:
    with pytest.raises(journal.BrokenLink) as found:
        journal.verify(chain, **more)  # type: ignore[arg-type]
    return str(found.value)


def test_untouched_chain_verifies(chain: Chain) -> None:
    assert journal.verify(chain) == 5


# --- entries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", MOMENT - timedelta(microseconds=1)),
        ("session_at", MOMENT - timedelta(days=1)),
        ("actor", "user:7"),
        ("action", "decided"),
        ("subject", "another"),
        ("reason", ""),
        ("changes", "[]"),
        ("resources", "[]"),
        ("nonce", "0" * 32),
        ("hash", "0" * 64),
    ],
)
def test_altered_content_is_found_at_its_entry(chain: Chain, column: str, value: object) -> None:
    sql(f"UPDATE cnd_journalentry SET {column} = %s WHERE number = 3", value)
    assert broken(chain) == "cnd67/3: the content does not match its hash"


def test_altered_previous_hash_is_found_at_its_entry(chain: Chain) -> None:
    sql("UPDATE cnd_journalentry SET previous_hash = %s WHERE number = 3", "0" * 64)
    assert broken(chain) == "cnd67/3: does not continue the entry before it"


def test_first_broken_link_is_the_one_named(chain: Chain) -> None:
    sql("UPDATE cnd_journalentry SET reason = 'x' WHERE number IN (2, 4)")
    assert broken(chain).startswith("cnd67/2: ")


def test_altered_entry_whose_hash_was_recomputed_breaks_the_next(chain: Chain) -> None:
    entry = entries(chain)[2]
    entry.reason = "another"
    sql("UPDATE cnd_journalentry SET reason = 'another', hash = %s WHERE number = 3", sha256_of(entry.content("cnd67")))
    assert broken(chain) == "cnd67/4: does not continue the entry before it"


@pytest.mark.parametrize("number", [1, 2, 4])
def test_removed_entry_is_missed(chain: Chain, number: int) -> None:
    sql("DELETE FROM cnd_journalentry WHERE number = %s", number)
    assert broken(chain) == f"cnd67/{number}: the entry is missing; the next one is number {number + 1}"


def test_removed_last_entry_is_missed(chain: Chain) -> None:
    sql("DELETE FROM cnd_journalentry WHERE number = 5")
    assert broken(chain) == "cnd67/5: the head says 5 entries, found 4"


def test_exchanged_entries_are_found(chain: Chain) -> None:
    for old, new in ((2, 99), (4, 2), (99, 4)):
        sql("UPDATE cnd_journalentry SET number = %s WHERE number = %s", new, old)
    assert broken(chain) == "cnd67/2: does not continue the entry before it"


def test_entry_added_beyond_the_head_is_found(chain: Chain) -> None:
    entry = entries(chain)[-1]
    entry.pk, entry.number, entry.public_number, entry.previous_hash = None, 6, 4, entry.hash
    entry.hash = sha256_of(entry.content("cnd67"))
    JournalEntry.objects.bulk_create([entry])
    assert broken(chain) == "cnd67/6: the entry lies beyond the head"


def test_altered_public_number_is_found(chain: Chain) -> None:
    sql("UPDATE cnd_journalentry SET public_number = 9 WHERE number = 5")
    assert broken(chain) == "cnd67/5: the content does not match its hash"


def test_public_number_left_out_by_a_rewriter_is_found(chain: Chain) -> None:
    rewrite(chain, 5, public_number=9)
    assert broken(chain) == "cnd67/5: public number 9 follows 2"


def test_entries_of_another_chain_cannot_stand_in(chain: Chain) -> None:
    other = make_chain("other")
    sql("UPDATE cnd_journalentry SET chain_id = %s", other.pk)
    sql("UPDATE cnd_chain SET last_number = 5, last_public_number = 3, last_hash = %s", chain.last_hash)
    assert broken(other) == "other/1: the content does not match its hash"


# --- head, versions, checkpoints --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("column", "value"), [("last_number", 4), ("last_public_number", 2), ("last_hash", "0" * 64)])
def test_altered_head_is_found(chain: Chain, column: str, value: object) -> None:
    sql(f"UPDATE cnd_chain SET {column} = %s", value)
    assert broken(chain).startswith("cnd67/")


@pytest.mark.parametrize("resource", ["rules", "roster", "slots"])
def test_altered_version_is_found(chain: Chain, resource: str) -> None:
    sql("UPDATE cnd_resourceversion SET version = version + 1 WHERE resource = %s", resource)
    assert resource in broken(chain)


def test_removed_version_is_missed(chain: Chain) -> None:
    sql("DELETE FROM cnd_resourceversion WHERE resource = 'rules'")
    assert broken(chain) == "cnd67: the version of rules is missing"


def test_added_version_is_found(chain: Chain) -> None:
    ResourceVersion.objects.create(chain=chain, resource="ghost", audience="public", version=1, changed_at=MOMENT)
    assert broken(chain) == "cnd67: version 1 of ghost has no entry"


@pytest.mark.parametrize(("column", "value"), [("seal", "0" * 64), ("number", 2), ("public_number", 1)])
def test_altered_checkpoint_is_found(chain: Chain, column: str, value: object) -> None:
    sql(f"UPDATE cnd_checkpoint SET {column} = %s", value)
    assert "differs from the checkpoint of" in broken(chain)


def test_end_cut_off_with_the_head_wound_back_is_found(chain: Chain) -> None:
    kept = entries(chain)[1]
    sql("DELETE FROM cnd_journalentry WHERE number > 2")
    sql("UPDATE cnd_chain SET last_number = 2, last_public_number = 1, last_hash = %s", kept.hash)
    assert broken(chain) == "cnd67: version 3 of slots lies beyond the head"


def test_end_cut_off_with_versions_and_all_is_found_by_its_checkpoint(chain: Chain) -> None:
    kept = entries(chain)[1]
    sql("DELETE FROM cnd_journalentry WHERE number > 2")
    sql("DELETE FROM cnd_resourceversion WHERE version > 2 OR resource = 'speakers'")
    sql("UPDATE cnd_chain SET last_number = 2, last_public_number = 1, last_hash = %s", kept.hash)
    assert broken(chain) == "cnd67/3: there is a checkpoint of this entry, but no entry"


def rewrite(chain: Chain, start: int, **facts: object) -> None:
    """Alter an entry and make everything after it fit again, as someone with the whole database could."""
    previous = entries(chain)[start - 2].hash if start > 1 else "0" * 64
    for entry in entries(chain)[start - 1 :]:
        for name, value in facts.items() if entry.number == start else []:
            setattr(entry, name, value)
        entry.previous_hash = previous
        entry.hash = previous = sha256_of(entry.content("cnd67"))
        sql(
            "UPDATE cnd_journalentry SET previous_hash = %s, hash = %s, reason = %s, public_number = %s, changes = %s "
            "WHERE number = %s",
            entry.previous_hash,
            entry.hash,
            entry.reason,
            entry.public_number,
            json.dumps(entry.changes),
            entry.number,
        )
    sql("UPDATE cnd_chain SET last_hash = %s, last_public_number = %s", previous, entries(chain)[-1].public_number)


def test_chain_rewritten_throughout_is_found_by_its_own_checkpoint(chain: Chain) -> None:
    rewrite(chain, 2, reason="another")
    assert broken(chain).startswith("cnd67/3: differs from the checkpoint of")


def test_chain_and_checkpoints_rewritten_are_found_by_a_checkpoint_kept_outside(chain: Chain) -> None:
    kept = list(Checkpoint.objects.values_list("at", "seal"))
    rewrite(chain, 2, reason="another")
    sql("DELETE FROM cnd_checkpoint")

    assert journal.verify(chain) == 5
    assert (
        broken(chain, seals=kept) == f"cnd67: no entry has the checkpoint {kept[0][1]} of {clock.rfc3339(kept[0][0])}"
    )


def test_entry_after_the_checkpoint_can_be_rewritten_unnoticed_only_until_the_next_one(chain: Chain) -> None:
    with time_machine.travel(MOMENT + timedelta(hours=2), tick=True):
        journal.seal_hourly()
    rewrite(chain, 5, reason="another")
    assert broken(chain).startswith("cnd67/5: differs from the checkpoint of")


# --- personal data ----------------------------------------------------------------------------------------------------


def test_altered_personal_data_are_found(chain: Chain) -> None:
    datum = PersonalDatum.objects.get()
    sql("UPDATE cnd_personaldatum SET value = %s", '{"name": "Somebody Else"}')
    assert broken(chain) == f"cnd67: personal data {datum.key} were altered outside the service"


def test_altered_personal_data_with_a_hash_that_fits_are_found(chain: Chain) -> None:
    datum = PersonalDatum.objects.get()
    other = journal.keep_personal(chain, {"name": "Somebody Else"})
    value, salt, hash_ = json.dumps(other.value), other.salt, other.hash
    other.delete()
    sql("UPDATE cnd_personaldatum SET value = %s, salt = %s, hash = %s", value, salt, hash_)
    assert broken(chain) == f"cnd67: personal data {datum.key} were altered outside the service"


# --- the command ------------------------------------------------------------------------------------------------------


def test_command_says_how_many_entries_it_verified(chain: Chain) -> None:
    said = StringIO()
    call_command("verify_journal", "cnd67", stdout=said)
    assert said.getvalue() == "ok cnd67: 5 entries\n"


def test_command_names_the_first_broken_link(chain: Chain) -> None:
    sql("UPDATE cnd_journalentry SET reason = 'x' WHERE number = 4")
    with pytest.raises(CommandError, match=r"^BROKEN cnd67/4: the content does not match its hash$"):
        call_command("verify_journal")


def test_command_takes_checkpoints_kept_outside(chain: Chain) -> None:
    said = StringIO()
    kept = Checkpoint.objects.get()
    call_command("verify_journal", "cnd67", checkpoint=[f"{clock.rfc3339(kept.at)}={kept.seal}"], stdout=said)
    assert said.getvalue() == "ok cnd67: 5 entries, 1 checkpoints from outside\n"


def test_command_finds_a_chain_that_is_not_the_one_of_the_checkpoint(chain: Chain) -> None:
    kept = Checkpoint.objects.get()
    with pytest.raises(CommandError, match="no entry has the checkpoint"):
        call_command("verify_journal", "cnd67", checkpoint=[f"{clock.rfc3339(kept.at)}={'0' * 64}"])
