from logistics.models.application import Application, CoSponsor, EventKind, Revision
from logistics.models.booking import Booking, NoteVerbale, Proposal
from logistics.models.cell import Cell
from logistics.models.file import SentFile
from logistics.models.programme import Placement, Placing, Programme, ProgrammeVersion
from logistics.models.room import Block, Layout, Room
from logistics.models.waiting import Offer, Waiting

__all__ = [
    "Application",
    "Block",
    "Booking",
    "Cell",
    "CoSponsor",
    "EventKind",
    "Layout",
    "NoteVerbale",
    "Offer",
    "Placement",
    "Placing",
    "Programme",
    "ProgrammeVersion",
    "Proposal",
    "Revision",
    "Room",
    "SentFile",
    "Waiting",
]
