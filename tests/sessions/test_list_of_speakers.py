"""Slot and place: the list of speakers as a replay of events over the draw, sentence by sentence (RULES 2)."""

from typing import Any

import pytest

from sessions.domain.result import first_list
from sessions.domain.speakers import CannotApply, SpeakersList, replay

LEVELS = {"A": "above_ministerial", "M": "ministerial", "B": "below_ministerial"}
OVER = {"rule": "over_segment", "levels": list(LEVELS.values()), "meetings": []}
GROUPS = ["x", "y"]


def drawn(
    slots: str,
    *,
    waiting: str = "",
    statements: str = "",
    others: str = "",
    ordering: dict[str, Any] = OVER,
) -> SpeakersList:
    """Return the list after a draw, written in short.

    `slots`: one word a slot, as `AT:M` (of the group x) or `AT:M:y`, or `-` or `-:y` where nobody holds it.
    `waiting`: likewise, in lot order. `statements`: groups that make one, as `x=AT`. `others`: as `VA:observer_state`.
    """
    roster, held = [], []
    queues: dict[str, list[str]] = {group: [] for group in GROUPS}
    words = [word.split(":") for word in slots.split()]
    for number, word in enumerate(words, start=1):
        code = None if word[0] == "-" else word[0]
        group = word[-1] if word[-1] in GROUPS else "x"
        held.append({"number": number, "group": group, "delegation": code})
        if code:
            roster.append({"code": code, "group": group, "level": LEVELS[word[1]]})
    for word in (word.split(":") for word in waiting.split()):
        group = word[2] if len(word) > 2 else "x"
        roster.append({"code": word[0], "group": group, "level": LEVELS[word[1]]})
        queues[group].append(word[0])
    announcement = {
        "ordering": ordering,
        "roster": roster,
        "group_statements": [
            {"delegation": code, "group": group, "level": LEVELS["M"]}
            for group, code in (word.split("=") for word in statements.split())
        ],
        "others": [
            {"code": code, "kind": kind, "level": LEVELS["B"]}
            for code, kind in (word.split(":") for word in others.split())
        ],
    }
    result = {
        "group_order": [{"group": group} for group in GROUPS],
        "lots": [{"code": each["code"], "rank": rank} for rank, each in enumerate(roster, start=1)],
        "slots": held,
        "waiting": [{"group": group, "delegations": queues[group]} for group in GROUPS],
        "speakers": first_list(announcement, GROUPS, held),
    }
    return SpeakersList(announcement, result)


def shown(speakers: SpeakersList) -> str:
    """Return the delegations in order of place, a gap as `-`."""
    return " ".join(line.delegation or "-" for line in speakers.lines)


def happens(speakers: SpeakersList, *events: str) -> SpeakersList:
    """Apply events written in short: `spoken AT`, `absent AT`, `withdrawn AT`, `level AT M`, `exchange AT BR`, `fill`,
    `late AT M` (of x) or `late AT M y`; `group` or `other` at the end names another statement than the national one."""
    for event in events:
        kind, *rest = event.split()
        statement = rest.pop() if rest and rest[-1] in {"group", "other"} else "national"
        fact: dict[str, Any] = {"statement": statement, "delegation": rest[0] if rest else None}
        match kind:
            case "level":
                fact |= {"kind": "level_changed", "level": LEVELS[rest[1]]}
            case "exchange":
                fact |= {"kind": "exchanged", "with": rest[1]}
            case "fill":
                fact = {"kind": "vacancies_filled"}
            case "late" if statement == "other":
                fact |= {"kind": "late", "level": LEVELS["B"], "group": None, "delegation_kind": rest[1]}
            case "late":
                group = rest[2] if len(rest) > 2 else "x"
                fact |= {"kind": "late", "level": LEVELS[rest[1]], "group": group}
            case _:
                fact |= {"kind": kind}
        speakers.apply(fact)
    return speakers


def slot_of(speakers: SpeakersList, delegation: str) -> int | None:
    return next(line.slot for line in speakers.lines if (line.statement, line.delegation) == ("national", delegation))


# --- absent when called -----------------------------------------------------------------------------------------------


def test_absent_goes_behind_the_last_speaker_of_the_level() -> None:
    assert shown(happens(drawn("AT:M BR:M CN:M DE:B"), "absent AT")) == "BR CN AT DE"


def test_absent_goes_into_the_next_gap_of_the_level() -> None:
    speakers = happens(drawn("AT:M BR:M CN:M DE:B"), "withdrawn BR", "absent AT")
    assert shown(speakers) == "AT CN DE"


def test_gap_before_the_one_called_was_passed_and_is_not_the_next() -> None:
    speakers = happens(drawn("AT:M BR:M CN:M DE:M"), "withdrawn AT", "absent BR")
    assert shown(speakers) == "- CN DE BR"


def test_gap_of_another_level_is_none_for_the_absent() -> None:
    speakers = happens(drawn("AT:A BR:A CN:M DE:M"), "withdrawn CN", "absent AT")
    assert shown(speakers) == "BR AT - DE"


def test_absent_again_goes_to_the_end_of_the_list() -> None:
    speakers = drawn("AT:M BR:M CN:B", others="NGO:ngo")
    assert shown(happens(speakers, "absent AT", "spoken BR", "absent AT")) == "BR CN NGO AT"


def test_absent_a_third_time_stays_at_the_end() -> None:
    speakers = drawn("AT:M BR:M", others="NGO:ngo")
    happens(speakers, "absent AT", "spoken BR", "absent AT", "spoken NGO other", "absent AT")
    assert shown(speakers) == "BR NGO AT"


def test_only_whoever_is_called_can_be_absent() -> None:
    with pytest.raises(CannotApply, match="not the one who was called"):
        happens(drawn("AT:M BR:M"), "absent BR")


def test_absent_keeps_the_slot() -> None:
    assert slot_of(happens(drawn("AT:M BR:M"), "absent AT"), "AT") == 1


def test_absent_after_others_spoke_does_not_come_before_them() -> None:
    speakers = happens(drawn("AT:A BR:M CN:M"), "spoken AT", "absent BR")
    assert shown(speakers) == "AT CN BR"


def test_absent_group_goes_behind_the_last_group() -> None:
    speakers = drawn("AT:M BR:M:y", statements="x=AT y=BR")
    assert shown(happens(speakers, "absent AT group")) == "BR AT AT BR"


def test_absent_ngo_goes_behind_the_last_ngo() -> None:
    speakers = drawn("-", others="VA:observer_state NGO1:ngo NGO2:ngo")
    happens(speakers, "spoken VA other", "absent NGO1 other")
    assert shown(speakers) == "VA NGO2 NGO1"


def test_nobody_comes_to_stand_by_whoever_was_sent_to_the_end() -> None:
    speakers = drawn("AT:M BR:M CN:M DE:B", others="NGO:ngo")
    happens(speakers, "absent AT", "spoken BR", "spoken CN", "absent AT", "level DE M")
    assert shown(speakers) == "BR CN DE NGO AT"


# --- exchange ---------------------------------------------------------------------------------------------------------


def test_two_of_one_level_swap_places() -> None:
    assert shown(happens(drawn("AT:M BR:M CN:M"), "exchange AT CN")) == "CN BR AT"


def test_exchange_moves_places_and_leaves_slots() -> None:
    speakers = happens(drawn("AT:M BR:M CN:M"), "exchange AT CN")
    assert (slot_of(speakers, "AT"), slot_of(speakers, "CN")) == (1, 3)


def test_exchange_across_levels_is_refused() -> None:
    with pytest.raises(CannotApply, match="within one level only"):
        happens(drawn("AT:M BR:B"), "exchange AT BR")


def test_exchange_with_one_who_has_spoken_is_refused() -> None:
    with pytest.raises(CannotApply, match="already spoken"):
        happens(drawn("AT:M BR:M"), "spoken AT", "exchange BR AT")


def test_exchange_with_one_without_a_place_is_refused() -> None:
    with pytest.raises(CannotApply, match="has no place"):
        happens(drawn("AT:M", waiting="BR:M"), "exchange AT BR")


def test_exchange_with_oneself_is_refused() -> None:
    with pytest.raises(CannotApply, match="with itself"):
        happens(drawn("AT:M BR:M"), "exchange AT AT")


def test_exchange_with_the_one_at_the_end_moves_the_other_to_the_end() -> None:
    speakers = drawn("AT:M BR:M CN:M DE:B", others="NGO:ngo")
    happens(speakers, "absent AT", "spoken BR", "exchange AT CN", "absent AT", "exchange CN AT", "absent AT")
    assert shown(speakers) == "BR DE NGO CN AT"


# --- level changed ----------------------------------------------------------------------------------------------------


def test_new_level_has_its_place_behind_its_last_speaker() -> None:
    assert shown(happens(drawn("AT:M BR:M CN:B"), "level AT B")) == "BR CN AT"


def test_new_level_has_its_place_in_its_next_gap() -> None:
    assert shown(happens(drawn("AT:A BR:M CN:M DE:B"), "withdrawn BR", "level DE M")) == "AT DE CN"


def test_changed_level_keeps_the_slot() -> None:
    assert slot_of(happens(drawn("AT:M BR:M CN:B"), "level AT B"), "AT") == 1


def test_first_of_a_level_stands_where_the_level_begins() -> None:
    assert shown(happens(drawn("AT:A BR:B CN:B", others="NGO:ngo"), "level CN M")) == "AT CN BR NGO"


def test_first_above_all_stands_behind_the_groups() -> None:
    assert shown(happens(drawn("AT:M BR:M", statements="x=AT"), "level BR A")) == "AT BR AT"


def test_the_same_level_moves_nobody() -> None:
    assert shown(happens(drawn("AT:M BR:M"), "level AT M")) == "AT BR"


def test_level_of_one_who_waits_counts_when_they_get_a_slot() -> None:
    speakers = drawn("AT:A BR:M CN:B", waiting="DE:A")
    assert shown(happens(speakers, "level DE B", "withdrawn AT")) == "BR DE CN"


def test_level_of_one_who_has_spoken_cannot_change() -> None:
    with pytest.raises(CannotApply, match="already spoken"):
        happens(drawn("AT:M BR:M"), "spoken AT", "level AT B")


def test_level_of_a_groups_statement_changes_nothing_in_the_order() -> None:
    speakers = drawn("AT:M BR:M:y", statements="x=AT y=BR")
    assert shown(happens(speakers, "level AT B group")) == "AT BR AT BR"


def test_place_left_for_another_level_is_no_gap() -> None:
    assert None not in [line.delegation for line in happens(drawn("AT:M BR:M CN:B"), "level AT B").lines]


def test_unknown_level_is_refused() -> None:
    with pytest.raises(CannotApply, match="unknown level"):
        drawn("AT:M").apply({"kind": "level_changed", "statement": "national", "delegation": "AT", "level": "royal"})


def test_replay_of_an_unknown_kind_of_event_is_refused() -> None:
    with pytest.raises(CannotApply, match="unknown kind of event 'dance'"):
        drawn("AT:M").apply({"kind": "dance"})


# --- replay -----------------------------------------------------------------------------------------------------------


def test_spoken_comes_in_the_order_of_the_list_only() -> None:
    with pytest.raises(CannotApply, match="not next"):
        happens(drawn("AT:M BR:M"), "spoken BR")


def test_gap_is_not_called() -> None:
    assert shown(happens(drawn("AT:M BR:M"), "withdrawn AT", "spoken BR")) == "- BR"


def test_nobody_is_next_when_everyone_has_spoken() -> None:
    assert happens(drawn("AT:M"), "spoken AT").next_speaker() is None


def test_event_that_does_not_fit_leaves_the_list_as_it_was() -> None:
    speakers = happens(drawn("AT:M BR:M CN:B", waiting="DE:M"), "spoken AT")
    before = (speakers.rows(), speakers.waiting_rows(), dict(speakers.holders))
    for event in ("spoken CN", "absent CN", "withdrawn AT", "withdrawn XX", "level AT B", "exchange BR CN"):
        with pytest.raises(CannotApply):
            happens(speakers, event)
    assert (speakers.rows(), speakers.waiting_rows(), dict(speakers.holders)) == before


def test_replay_is_that_of_the_events_one_by_one() -> None:
    announcement = {"ordering": OVER, "roster": [], "others": [{"code": "A", "kind": "ngo", "level": "ministerial"}]}
    result = {
        "group_order": [],
        "lots": [],
        "slots": [],
        "waiting": [],
        "speakers": first_list(announcement | {"group_statements": []}, [], []),
    }
    events = [{"kind": "spoken", "statement": "other", "delegation": "A"}]
    assert [row["spoken"] for row in replay(announcement, result, events).rows()] == [True]
