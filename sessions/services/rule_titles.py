"""The titles of deadlines in the reader's language.

A session's file has them in English; those of CND67 stand here so that they are translated with everything else. One
that is not known is shown as it is filed.
"""

from django.utils.translation import gettext, gettext_noop

from sessions.models import Rule

KNOWN = (
    gettext_noop("Opening ceremony begins, before the general debate"),
    gettext_noop("Opening ceremony ends and the general debate begins"),
    gettext_noop("Inscription on the list of speakers opens"),
    gettext_noop("Inscription on the list of speakers closes"),
    gettext_noop("Day on which the drawing of lots is announced; quotas are confirmed before"),
    gettext_noop("Drawing of lots"),
    gettext_noop("Nominations of co-chairs and panellists of the first roundtable close, before it begins"),
    gettext_noop("Nominations of co-chairs and panellists of the second roundtable close"),
    gettext_noop("Applications for high-level side events open"),
    gettext_noop("Applications for high-level side events close"),
    gettext_noop("Time an organiser has to make a correction that was requested"),
    gettext_noop("Time an organiser promoted from the waiting list has to confirm"),
    gettext_noop("Programme of the high-level side events is frozen; after it nobody is promoted"),
    gettext_noop("Applications for regular side events open"),
    gettext_noop("Applications for regular side events close"),
    gettext_noop("Programme of the regular side events is frozen; after it nobody is promoted"),
    gettext_noop("Booking of rooms for bilateral meetings opens"),
    gettext_noop("Time the counterpart has to answer, but never past the cut-off"),
    gettext_noop("How long before the meeting changes end; after it only staff may request"),
    gettext_noop("Time after the beginning at which a room not checked in to is released"),
)


def title_of(rule: Rule) -> str:
    """Return the title of a rule in the active language, where it is known in it."""
    return gettext(rule.title)
