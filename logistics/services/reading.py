"""What is given as the content of an application, read field by field: each fault is named, nothing is guessed."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cnd.errors import Invalid
from logistics.domain.cells import numbers_of
from logistics.models import Application
from logistics.services.content import FIELDS, times_text
from sessions.models import Delegation

TITLE_MAX, THEME_MAX, NAME_MAX, TEXT_MAX = 200, 120, 200, 5000
PEOPLE_MAX, LENGTH_MAX_MIN = 100_000, 24 * 60
ROWS_MAX = 40
LONGEST = timedelta(days=7)


class Fault(ValueError):
    """A sentence that says what is wrong with one field."""


def read_content(application: Application, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given as it is kept. Raises Invalid naming every field at fault."""
    read: dict[str, Any] = {}
    faults: dict[str, list[str]] = {}
    for field, given in content.items():
        reader = _READERS.get(field)
        if reader is None:
            faults[field] = [_("There is no such field.")]
            continue
        try:
            read[field] = reader(application, given)
        except Fault as fault:
            faults[field] = [str(fault)]
        except (TypeError, KeyError, AttributeError, ValueError):
            faults[field] = [_("This cannot be read.")]
    if faults:
        raise Invalid("content_not_valid", _("Not everything can be kept as it was given."), fields=faults)
    return read


def _text(most: int) -> Callable[[Application, Any], str]:
    def reader(_application: Application, given: Any) -> str:
        return _short(given, most)

    return reader


def _short(given: Any, most: int) -> str:
    text = str("" if given is None else given).replace("\r\n", "\n").replace("\x00", "").strip()
    if len(text) > most:
        raise Fault(_("At most %(most)d characters.") % {"most": most})
    return text


def _form(_application: Application, given: Any) -> str:
    form = str(given or "")
    if form and form not in Application.Form.values:
        raise Fault(_("Choose one of the forms."))
    return form


def _number(most: int) -> Callable[[Application, Any], int | None]:
    def reader(_application: Application, given: Any) -> int | None:
        if given is None or given == "":
            return None
        number = int(given)
        if isinstance(given, bool | float) or not 1 <= number <= most:
            raise Fault(_("A whole number from 1 to %(most)d is expected.") % {"most": most})
        return number

    return reader


def _words(_application: Application, given: Any) -> list[str]:
    return sorted({_short(each, NAME_MAX) for each in _rows(given)} - {""})


def _yes(_application: Application, given: Any) -> bool:
    return bool(given)


def _rows(given: Any) -> list[Any]:
    if given is None:
        return []
    if not isinstance(given, list | tuple):
        raise Fault(_("A list is expected."))
    if len(given) > ROWS_MAX:
        raise Fault(_("At most %(most)d are named.") % {"most": ROWS_MAX})
    return list(given)


def _times(_application: Application, given: Any) -> list[list[str]]:
    pairs: list[tuple[datetime, datetime]] = []
    for begins, ends in _rows(given):
        if begins.utcoffset() is None or ends.utcoffset() is None:
            raise Fault(_("A time needs its zone."))
        try:
            numbers_of(begins, ends)
        except ValueError:
            raise Fault(_("Times are multiples of five minutes, and the end comes after the beginning.")) from None
        if ends - begins > LONGEST:
            raise Fault(_("This is longer than a week."))
        pairs.append((begins, ends))
    return times_text(sorted(set(pairs)))


def _contact(_application: Application, given: Any) -> dict[str, str] | None:
    said = {name: _short((given or {}).get(name), NAME_MAX) for name in ("name", "email", "phone")}
    return said if any(said.values()) else None


def _speakers(_application: Application, given: Any) -> dict[str, Any] | None:
    named = [{name: _short(each.get(name), NAME_MAX) for name in ("name", "title")} for each in _rows(given)]
    named = [each for each in named if any(each.values())]
    return {"speakers": named} if named else None


def _cosponsors(application: Application, given: Any) -> list[tuple[Delegation | None, str, str]]:
    """Return delegation, name and kind of each; either a delegation of the session or the name of another body."""
    rows = _rows(given)
    codes = {str(each["delegation"]) for each in rows if each.get("delegation")}
    of_session = Delegation.objects.filter(session=application.kind.session_id, code__in=codes)
    known = {each.code: each for each in of_session}
    if codes - set(known):
        raise Fault(_("There is no such delegation in this session: %(code)s.") % {"code": min(codes - set(known))})
    if application.organiser.code in codes:
        raise Fault(_("The main organiser is no co-sponsor besides."))
    found: dict[tuple[str, str], tuple[Delegation | None, str, str]] = {}
    for each in rows:
        if each.get("delegation"):
            delegation = known[str(each["delegation"])]
            found["", delegation.code] = (delegation, "", delegation.kind)
            continue
        name, kind = _short(each.get("name"), NAME_MAX), str(each.get("kind", ""))
        if not name:
            continue
        if kind not in Delegation.Kind.values:
            raise Fault(_("Say of each co-sponsor what kind of body it is."))
        found[name, ""] = (None, name, kind)
    return list(found.values())


_READERS: dict[str, Callable[[Application, Any], Any]] = {
    "title": _text(TITLE_MAX),
    "abstract": _text(TEXT_MAX),
    "theme": _text(THEME_MAX),
    "form": _form,
    "attendance": _number(PEOPLE_MAX),
    "length_min": _number(LENGTH_MAX_MIN),
    "equipment": _words,
    "needs_accessible": _yes,
    "technical_needs": _text(TEXT_MAX),
    "wished_times": _times,
    "impossible_times": _times,
    "contact": _contact,
    "speakers": _speakers,
    "cosponsors": _cosponsors,
}
assert set(_READERS) == set(FIELDS)
