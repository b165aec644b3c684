"""Lots and their ranking: `octo-41/1`, ICANN's OCTO-41 as its published program computes it (RULES 3, step 4)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ALGORITHM = "octo-41/1"


@dataclass(frozen=True)
class DrawnLot:
    """The lot of one candidate: 64 lower-case hexadecimal digits."""

    candidate: str
    lot: str


def lot_of(candidate: str, d: str) -> str:
    """Return the lot of a candidate under the drawn string D."""
    hexadecimal = f"{candidate}/{d}".encode().hex()
    return hashlib.sha256(hexadecimal.encode("ascii")).hexdigest()


def ranking(candidates: Iterable[str], d: str) -> list[DrawnLot]:
    """Return the candidates with their lots, highest lot first. Raises ValueError when one stands twice."""
    lots = [DrawnLot(candidate, lot_of(candidate, d)) for candidate in candidates]
    if len({drawn.candidate for drawn in lots}) != len(lots):
        raise ValueError("a candidate stands twice on the roster")
    return sorted(lots, key=lambda drawn: drawn.lot, reverse=True)


def draw_groups(codes: Iterable[str], d: str) -> list[DrawnLot]:
    """Return the groups in drawn order, first drawn first. Candidates are `group/` and the code."""
    drawn = ranking([f"group/{code}" for code in codes], d)
    return [DrawnLot(each.candidate.removeprefix("group/"), each.lot) for each in drawn]


def interleave(quotas: dict[str, int], order: Sequence[str]) -> list[str]:
    """Return the group of every slot, first slot first, spread evenly (Sainte-Laguë, `sainte-lague/1`).

    Slot by slot to the group with the largest quota ÷ (2 × given + 1), compared exactly; a tie goes to the group
    drawn earlier in `order`.
    """
    given = dict.fromkeys(order, 0)
    sequence: list[str] = []
    for _ in range(sum(quotas.values())):
        best: str | None = None
        for code in order:
            if given[code] >= quotas[code]:
                continue
            if best is None or quotas[code] * (2 * given[best] + 1) > quotas[best] * (2 * given[code] + 1):
                best = code
        assert best is not None  # the quotas' sum is the number of rounds
        given[best] += 1
        sequence.append(best)
    return sequence
