"""The programme on paper: a PDF with its own letters, so that all six languages look the same on every machine.

fpdf2 shapes Arabic with HarfBuzz, needs nothing of the system, and asks no network.
"""

import functools
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, VAlign, XPos, YPos
from fpdf.fonts import FontFace

from cnd.instants import city_name, day_text, hour_text, instant_text
from logistics.models import ProgrammeVersion
from logistics.services.published import Published, by_day
from sessions.models import MeetingSession

Each = TypeVar("Each")

FONTS = Path(__file__).resolve().parent.parent / "fonts"
LATIN, ARABIC, CHINESE = "NotoSans", "NotoSansArabic", "NotoSansSC"
_SCRIPTS = {ARABIC: re.compile(r"[\u0600-\u06ff\u0750-\u077f]"), CHINESE: re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")}
_BOLD = {LATIN: "NotoSans-Bold", ARABIC: "NotoSansArabic-Bold", CHINESE: "NotoSansSC-Regular"}
BLUE, INK, LINE = (11, 74, 130), (23, 33, 44), 200
WIDTHS = (24, 38, 76, 52)
"""Millimetres for time, room, title and organisers: together the width of a page between its margins."""


class _Paper(FPDF):
    """A4 with a foot that says which version this is."""

    def __init__(self, foot: str, *, is_rtl: bool) -> None:
        super().__init__(format="A4")
        self.foot, self.is_rtl = foot, is_rtl
        self.start = Align.R if is_rtl else Align.L
        self.set_margins(10, 12)
        self.set_auto_page_break(True, margin=18)

    def footer(self) -> None:
        self.set_y(-13)
        self.set_font(LATIN, size=8)
        self.set_text_color(90)
        self.cell(0, 5, f"{self.foot} · {self.page_no()}/{{nb}}", align=Align.C)

    def line_of(self, text: str, *, size: float, style: str = "", above: float = 0.0) -> None:
        """Write a paragraph over the whole width."""
        self.set_font(LATIN, style=style, size=size)
        self.ln(above)
        self.multi_cell(0, size * 0.52, text, align=self.start, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def as_pdf(session: MeetingSession, version: ProgrammeVersion | None, events: Sequence[Published]) -> bytes:
    """Return the events, day by day, in the active language."""
    title = _("Programme of side events")
    number = version.number if version else 0
    foot = f"{session.title} · {_('Version %(number)d') % {'number': number}}"
    paper = _Paper(foot, is_rtl=get_language_bidi())
    _load_fonts(paper, [title, foot, *_texts(session, events)])
    paper.set_title(f"{title} · {session.title}")
    paper.set_lang(get_language() or "en")
    if version is not None:
        # The same version is the same file, whenever it is made.
        paper.set_creation_date(version.at)
    paper.add_page()
    paper.set_text_color(*BLUE)
    paper.line_of(title, size=20, style="B")
    paper.set_text_color(*INK)
    paper.line_of(session.title, size=12, above=1)
    if version is not None:
        at = {"number": number, "at": instant_text(version.session_at, session.time_zone)}
        paper.line_of(_("Version %(number)d, %(at)s") % at, size=9.5, above=1)
    paper.line_of(_("All times are those of %(city)s.") % {"city": city_name(session.time_zone)}, size=9.5)
    if session.is_rehearsal:
        paper.line_of(_("Rehearsal: nothing of this is real."), size=11, style="B", above=1)
    if not events:
        paper.line_of(_("No events."), size=11, above=6)
    for day, of_day in by_day(events):
        _write_day(paper, day_text(day, session.time_zone), of_day, session.time_zone)
    return bytes(paper.output())


def _texts(session: MeetingSession, events: Iterable[Published]) -> Iterable[str]:
    yield from (session.title, city_name(session.time_zone))
    for event in events:
        yield from (event.title, event.place, event.form_label, event.kind_name, event.organiser.name)
        yield from (each.name for each in event.cosponsors)


def _load_fonts(paper: FPDF, texts: Iterable[str]) -> None:
    together = " ".join(texts)
    # The Chinese letters take a second to unpack: only where there are any.
    others = [name for name, script in _SCRIPTS.items() if script.search(together)]
    for name in [LATIN, *others]:
        paper.add_font(name, "", _unpacked(f"{name}-Regular"))
        paper.add_font(name, "B", _unpacked(_BOLD[name]))
    if others:
        paper.set_fallback_fonts(others, exact_match=False)
    paper.set_text_shaping(True)


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder of this process, which goes when it ends."""
    return tempfile.TemporaryDirectory(prefix="cnd-fonts-")


@functools.cache
def _unpacked(name: str) -> str:
    """Return the path of a font as HarfBuzz reads it: unpacked once, not for every file that is made."""
    path = Path(_folder().name) / f"{name}.ttf"
    with TTFont(FONTS / f"{name}.woff") as font:
        font.flavor = None
        font.save(path)
    return str(path)


def _write_day(paper: _Paper, day: str, events: Sequence[Published], zone: str) -> None:
    if paper.will_page_break(30):
        paper.add_page()
    paper.set_text_color(*BLUE)
    paper.line_of(day, size=14, style="B", above=7)
    paper.set_text_color(*INK)
    paper.ln(1.5)
    paper.set_font(LATIN, size=9.5)
    paper.set_draw_color(LINE)
    headings = FontFace(emphasis="BOLD", color=BLUE, fill_color=(233, 242, 250))
    rows = [
        [_("Time"), _("Room"), _("Event"), _("Organiser and co-sponsors")],
        *(_cells(each, zone) for each in events),
    ]
    with paper.table(
        col_widths=tuple(_turned(paper, WIDTHS)),
        text_align=paper.start,
        v_align=VAlign.T,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=headings,
        line_height=5,
        padding=1.2,
    ) as table:
        for texts in rows:
            row = table.row()
            for text in _turned(paper, texts):
                row.cell(text)


def _cells(event: Published, zone: str) -> list[str]:
    names = [event.organiser.name, *(each.name for each in event.cosponsors)]
    return [
        f"{hour_text(event.starts_at, zone)}–{hour_text(event.ends_at, zone)}",
        event.place,
        f"{event.title}\n{event.kind_name} · {event.form_label}",
        ", ".join(names),
    ]


def _turned(paper: _Paper, row: Sequence[Each]) -> list[Each]:
    """Return the cells of a row from left to right: where one reads from the right, the first one stands there."""
    return list(reversed(row)) if paper.is_rtl else list(row)
