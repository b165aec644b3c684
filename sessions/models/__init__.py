from sessions.models.debate import GeneralDebate, Inscription, Level, Quota, Slot
from sessions.models.delegation import Delegation, Invitation, Membership, RegionalGroup
from sessions.models.drawing import Drawing, DrawSource, Lot, NumbersEntry
from sessions.models.rule import Rule, RuleCorrection
from sessions.models.session import Meeting, MeetingSession, Segment
from sessions.models.speakers import ListEvent, ListVersion

__all__ = [
    "Delegation",
    "DrawSource",
    "Drawing",
    "GeneralDebate",
    "Inscription",
    "Invitation",
    "Level",
    "ListEvent",
    "ListVersion",
    "Lot",
    "Meeting",
    "MeetingSession",
    "Membership",
    "NumbersEntry",
    "Quota",
    "RegionalGroup",
    "Rule",
    "RuleCorrection",
    "Segment",
    "Slot",
]
