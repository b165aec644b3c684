"""The placing of side events in rooms and times (RULES 5): a proposal, what it could not satisfy, and why.

HiGHS solves it, a few events at a time where there are many. It brings 8 MB and NumPy (73 MB), has wheels for all that
the service runs on, musl too, and can be watched and stopped; OR-Tools with pandas and its kin takes 245 MB, and PuLP's
36 MB hold a binary of CBC that is fed with files and took three times as long over the same pieces. Eleven events in
two days take a tenth of a second to the proved best; with 200 over five days and 12 rooms CP-SAT on one core was after
20 seconds still at 1.8 times the cost reached here, or left nearly half of them out.
"""

from logistics.domain.placement.check import Violation, check
from logistics.domain.placement.problem import Event, Placement, Problem, Room, Weights, Window, Windows
from logistics.domain.placement.proposal import Ended, Progress, Proposal, Reason, Unmet, Why, Wish
from logistics.domain.placement.search import Effort, place

__all__ = [
    "Effort",
    "Ended",
    "Event",
    "Placement",
    "Problem",
    "Progress",
    "Proposal",
    "Reason",
    "Room",
    "Unmet",
    "Violation",
    "Weights",
    "Why",
    "Window",
    "Windows",
    "Wish",
    "check",
    "place",
]
