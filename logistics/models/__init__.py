from logistics.models.application import Application, CoSponsor, EventKind, Revision
from logistics.models.cell import Cell
from logistics.models.file import SentFile
from logistics.models.programme import Placement, Placing, Programme, ProgrammeVersion
from logistics.models.room import Block, Layout, Room

__all__ = [
    "Application",
    "Block",
    "Cell",
    "CoSponsor",
    "EventKind",
    "Layout",
    "Placement",
    "Placing",
    "Programme",
    "ProgrammeVersion",
    "Revision",
    "Room",
    "SentFile",
]
