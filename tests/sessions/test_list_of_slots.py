"""Who gets a slot that becomes free, where they stand, and where those come who are late (RULES 2)."""

import pytest

from sessions.domain.speakers import CannotApply
from tests.sessions.test_list_of_speakers import LEVELS, OVER, drawn, happens, shown, slot_of

WITHIN = OVER | {"rule": "within_meetings", "meetings": [{"number": 1, "slots": 3}, {"number": 2, "slots": 3}]}


# --- a vacated slot ---------------------------------------------------------------------------------------------------


def test_vacated_slot_goes_to_the_first_waiting_of_its_group() -> None:
    speakers = happens(drawn("AT:M BR:M:y CN:M", waiting="DE:M:y EG:M FR:M"), "withdrawn AT")
    assert slot_of(speakers, "EG") == 1
    assert speakers.waiting_rows() == [{"group": "x", "delegations": ["FR"]}, {"group": "y", "delegations": ["DE"]}]


def test_new_holder_stands_in_their_level_by_slot_number() -> None:
    assert shown(happens(drawn("AT:A BR:M CN:M DE:M", waiting="EG:M"), "withdrawn CN")) == "AT BR EG DE"


def test_new_holder_stands_in_their_own_level_not_in_the_others() -> None:
    assert shown(happens(drawn("AT:A BR:M CN:B DE:B", waiting="EG:B"), "withdrawn AT")) == "BR EG CN DE"


def test_new_holder_with_the_highest_slot_stands_last_in_the_level() -> None:
    assert shown(happens(drawn("AT:M BR:B CN:M DE:A", waiting="EG:M"), "withdrawn DE")) == "AT CN EG BR"


def test_new_holder_stands_among_the_places_still_to_come() -> None:
    speakers = happens(drawn("AT:M BR:M CN:M DE:M EG:B", waiting="FR:M"), "spoken AT", "spoken BR")
    # Slot 5 of EG is the highest; had FR got slot 1, it would still come no earlier than CN's place.
    assert shown(happens(speakers, "withdrawn CN")) == "AT BR FR DE EG"


def test_new_holder_of_a_level_all_spoken_stands_next() -> None:
    speakers = happens(drawn("AT:A BR:M CN:M", waiting="DE:A"), "spoken AT", "withdrawn CN")
    assert shown(speakers) == "AT DE BR"


def test_late_holder_stands_last_in_the_level() -> None:
    speakers = happens(drawn("AT:M BR:M CN:M DE:B"), "late EG M", "withdrawn AT")
    assert shown(speakers) == "BR CN EG DE"


def test_holder_drawn_in_time_stands_before_the_late_ones_of_the_level() -> None:
    speakers = drawn("AT:M BR:M CN:M:y DE:M:y EG:B", waiting="FR:M:y")
    assert shown(happens(speakers, "late GH M", "withdrawn AT", "withdrawn DE")) == "BR CN FR GH EG"


def test_in_time_stands_before_late_where_only_late_ones_are_to_come() -> None:
    speakers = drawn("AT:A BR:M CN:M:y", waiting="DE:M:y")
    happens(speakers, "late EG M", "withdrawn BR", "exchange CN EG", "spoken AT", "spoken EG", "withdrawn CN")
    assert shown(speakers) == "AT EG DE"


# --- gaps -------------------------------------------------------------------------------------------------------------


def test_place_is_a_gap_only_when_nobody_of_the_group_waits() -> None:
    assert shown(happens(drawn("AT:M BR:M CN:M", waiting="DE:M:y"), "withdrawn BR")) == "AT - CN"


def test_gap_closes_when_its_slot_is_filled() -> None:
    speakers = happens(drawn("AT:M BR:M CN:B", waiting="DE:B:y"), "withdrawn AT", "fill")
    assert shown(speakers) == "BR DE CN"


def test_slot_never_held_has_no_place_and_is_no_gap() -> None:
    assert shown(drawn("AT:M - BR:M")) == "AT BR"


def test_gap_that_somebody_took_is_none_any_more() -> None:
    speakers = happens(drawn("AT:M BR:M CN:M"), "withdrawn BR", "absent AT", "fill")
    assert shown(speakers) == "AT CN"


def test_slot_of_a_gap_that_somebody_took_is_still_vacant() -> None:
    speakers = happens(drawn("AT:M BR:M CN:M"), "withdrawn BR", "absent AT", "late DE M", "fill")
    assert (shown(speakers), slot_of(speakers, "DE")) == ("AT CN DE", 2)


# --- vacant slots -----------------------------------------------------------------------------------------------------


def test_lowest_vacant_slot_goes_to_the_highest_lot_of_the_whole_drawing() -> None:
    speakers = happens(drawn("AT:M - - BR:M", waiting="CN:M:y DE:M"), "fill")
    assert (slot_of(speakers, "CN"), slot_of(speakers, "DE")) == (2, 3)


def test_late_ones_come_after_every_lot_in_order_of_receipt() -> None:
    speakers = happens(drawn("AT:M - - -", waiting="BR:M:y"), "late CN M", "late DE M y", "fill")
    assert [slot_of(speakers, code) for code in ("BR", "CN", "DE")] == [2, 3, 4]


def test_slot_keeps_its_group() -> None:
    speakers = happens(drawn("AT:M -:y", waiting="BR:M"), "fill")
    assert speakers.group_of_slot[2] == "y"


def test_more_vacant_than_waiting_stay_vacant() -> None:
    speakers = happens(drawn("AT:M - - -", waiting="BR:M:y"), "fill")
    assert [number for number, holder in speakers.holders.items() if holder is None] == [3, 4]


def test_more_waiting_than_vacant_keep_waiting() -> None:
    speakers = happens(drawn("AT:M -:y", waiting="BR:M CN:M"), "fill")
    assert speakers.waiting_rows() == [{"group": "x", "delegations": ["CN"]}, {"group": "y", "delegations": []}]


def test_vacant_slot_is_not_filled_before_staff_start_it() -> None:
    assert happens(drawn("AT:M -"), "late BR M").holders == {1: "AT", 2: None}


# --- late, back again -------------------------------------------------------------------------------------------------


def test_late_goes_behind_the_groups_waiting_list_in_order_of_receipt() -> None:
    speakers = happens(drawn("AT:M", waiting="BR:M"), "late CN M", "late DE M")
    assert speakers.waiting_rows()[0] == {"group": "x", "delegations": ["BR", "CN", "DE"]}


def test_whoever_waits_and_withdraws_leaves_the_waiting_list() -> None:
    speakers = happens(drawn("AT:M", waiting="BR:M CN:M"), "withdrawn BR")
    assert speakers.waiting_rows()[0] == {"group": "x", "delegations": ["CN"]}


def test_one_who_withdrew_and_came_back_waits_behind_everyone() -> None:
    speakers = happens(drawn("AT:M BR:M", waiting="CN:M DE:M"), "withdrawn AT", "late AT M")
    assert (speakers.holders[1], speakers.waiting["x"]) == ("CN", ["DE", "AT"])


def test_one_late_twice_gets_one_slot() -> None:
    speakers = happens(drawn("AT:M - -"), "late BR M", "withdrawn BR", "late BR M", "fill")
    assert speakers.holders == {1: "AT", 2: "BR", 3: None}


def test_one_late_twice_counts_by_the_later_receipt() -> None:
    speakers = happens(drawn("AT:M - -"), "late BR M", "late CN M y", "withdrawn BR", "late BR M", "fill")
    assert speakers.holders == {1: "AT", 2: "CN", 3: "BR"}


def test_late_groups_statement_stands_in_the_drawn_order_of_groups() -> None:
    speakers = drawn("AT:M BR:M:y", statements="y=BR")
    assert shown(happens(speakers, "late AT M group")) == "AT BR AT BR"


def test_late_groups_statement_does_not_come_before_those_who_spoke() -> None:
    speakers = drawn("AT:M BR:M:y", statements="y=BR")
    assert shown(happens(speakers, "spoken BR group", "late AT M group")) == "BR AT AT BR"


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        ("observer_state", "AT VA NEW EU NGO"),
        ("igo", "AT VA EU NEW NGO"),
        ("ngo", "AT VA EU NGO NEW"),
    ],
)
def test_late_other_stands_behind_their_kind(kind: str, order: str) -> None:
    speakers = drawn("AT:M", others="VA:observer_state EU:observer_organization NGO:ngo")
    assert shown(happens(speakers, f"late NEW {kind} other")) == order


def test_late_one_of_a_group_that_had_no_part_is_refused() -> None:
    with pytest.raises(CannotApply, match="'z' had no part"):
        drawn("AT:M").apply(
            {"kind": "late", "statement": "national", "delegation": "ZZ", "group": "z", "level": LEVELS["M"]}
        )


def test_withdrawn_group_statement_leaves_no_gap() -> None:
    assert shown(happens(drawn("AT:M", statements="x=AT"), "withdrawn AT group")) == "AT"


def test_withdrawn_observer_leaves_no_gap() -> None:
    speakers = drawn("AT:M", others="VA:observer_state EU:observer_organization")
    assert shown(happens(speakers, "withdrawn VA other")) == "AT EU"


# --- within meetings --------------------------------------------------------------------------------------------------


def meetings(speakers: object) -> list[int | None]:
    return [line.meeting for line in speakers.lines]  # type: ignore[attr-defined]


def test_new_holder_stands_in_the_meeting_of_the_slot() -> None:
    speakers = drawn("AT:M BR:B CN:M DE:M EG:B FR:M", waiting="GH:M", ordering=WITHIN)
    happens(speakers, "withdrawn BR")
    assert (shown(speakers), meetings(speakers)) == ("AT GH CN DE FR EG", [1, 1, 1, 2, 2, 2])


def test_exchanged_places_keep_their_meetings() -> None:
    speakers = drawn("AT:M BR:B CN:M DE:M EG:B FR:M", ordering=WITHIN)
    happens(speakers, "exchange AT FR")
    assert (shown(speakers), meetings(speakers)) == ("FR CN BR DE AT EG", [1, 1, 1, 2, 2, 2])


def test_absent_speaks_in_the_meeting_of_the_new_place() -> None:
    speakers = drawn("AT:M BR:B CN:M DE:M EG:B FR:M", ordering=WITHIN)
    happens(speakers, "absent AT")
    assert (shown(speakers), meetings(speakers)) == ("CN BR DE FR AT EG", [1, 1, 2, 2, 2, 2])
