"""How instants and lengths of time are written: in the meeting's zone, in the reader's language, 24-hour clock."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, get_timezone, get_timezone_location
from django.utils.translation import get_language, ngettext, to_locale
from django.utils.translation import gettext as _

# The United Nations write months in Arabic with both names; CLDR knows either one or the other.
ARABIC_MONTHS = (
    "كانون الثاني/يناير", "شباط/فبراير", "آذار/مارس", "نيسان/أبريل", "أيار/مايو", "حزيران/يونيه",
    "تموز/يوليه", "آب/أغسطس", "أيلول/سبتمبر", "تشرين الأول/أكتوبر", "تشرين الثاني/نوفمبر", "كانون الأول/ديسمبر",
)  # fmt: skip
BEFORE_HOUR = {"ar": "، ", "zh": " "}


@lru_cache(maxsize=32)
def locale_of(language: str) -> Locale:
    """Give Babel's locale of a Django language code; English is the United Nations' (British) one."""
    if language.partition("-")[0] == "en":
        return Locale.parse("en_GB")
    try:
        return Locale.parse(to_locale(language))
    except (ValueError, UnknownLocaleError):
        return Locale.parse("en_GB")


def reader_locale() -> Locale:
    """Give the locale of the language that is active."""
    return locale_of(get_language() or "en")


def in_zone(value: datetime, tz: str) -> datetime:
    """Bring an aware instant into a zone; raise ValueError for a naive one."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return value.astimezone(ZoneInfo(tz))


def day_of(local: date, locale: Locale, *, year: bool = True) -> str:
    """Write a day, or the day of a local time."""
    if locale.language == "ar":
        return f"{local.day} {ARABIC_MONTHS[local.month - 1]}{f' {local.year}' if year else ''}"
    return format_date(local, "long", locale=locale) if year else format_skeleton("MMMMd", local, locale=locale)


def day_text(value: date, tz: str) -> str:
    """Write a day, or the day of an instant in a zone."""
    return day_of(in_zone(value, tz) if isinstance(value, datetime) else value, reader_locale())


def hour_text(value: datetime, tz: str, *, seconds: bool = False) -> str:
    """Write the time of day of an instant in a zone."""
    return in_zone(value, tz).strftime("%H:%M:%S" if seconds else "%H:%M")


@lru_cache(maxsize=256)
def city_in(tz: str, locale: Locale) -> str:
    """Name the city of a zone in a language."""
    return get_timezone_location(get_timezone(tz), locale=locale, return_city=True)


def city_name(tz: str) -> str:
    """Name the city of a zone in the language that is active."""
    return city_in(tz, reader_locale())


def before_hour() -> str:
    """Give what stands between a day and its hour in the language that is active."""
    return BEFORE_HOUR.get(reader_locale().language, ", ")


def end_of_window(value: datetime, tz: str) -> tuple[datetime, str]:
    """Give day and hour of the end of a half-open window: midnight is 24:00 of the day before (RULES 1)."""
    local = in_zone(value, tz)
    if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        return local.replace(tzinfo=None) - timedelta(days=1), "24:00"
    return local, local.strftime("%H:%M")


def closing_text(value: datetime, tz: str) -> str:
    """Write the end of a half-open window without its year, such as "11 January, 24:00"."""
    locale = reader_locale()
    day, hour = end_of_window(value, tz)
    return f"{day_of(day, locale, year=False)}{before_hour()}{hour}"


def instant_text(value: datetime, tz: str, *, closing: bool = False, seconds: bool = False, place: bool = True) -> str:
    """Write an instant in a zone, such as "29 February 2024, 10:00 (Vienna)"."""
    locale = reader_locale()
    if closing:
        day, hour = end_of_window(value, tz)
    else:
        day, hour = in_zone(value, tz), hour_text(value, tz, seconds=seconds)
    text = f"{day_of(day, locale)}{before_hour()}{hour}"
    return f"{text} ({city_in(tz, locale)})" if place else text


def spelled(length: timedelta) -> str:
    """Write a length of time in words, whole seconds, such as "1 hour 30 minutes"."""
    total = int(length.total_seconds())
    minutes, seconds = divmod(abs(total), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = []
    if days:
        parts.append(ngettext("%(num)d day", "%(num)d days", days) % {"num": days})
    if hours:
        parts.append(ngettext("%(num)d hour", "%(num)d hours", hours) % {"num": hours})
    if minutes:
        parts.append(ngettext("%(num)d minute", "%(num)d minutes", minutes) % {"num": minutes})
    if seconds or not parts:
        parts.append(ngettext("%(num)d second", "%(num)d seconds", seconds) % {"num": seconds})
    return ("−" if total < 0 else "") + " ".join(parts)


def left_text(left: timedelta) -> str:
    """Write what is left in words and no finer than it matters, such as "5 days left" or "1 hour 20 minutes left"."""
    total = max(int(left.total_seconds()), 60)
    for unit, from_ in ((86_400, 3 * 86_400), (3_600, 86_400), (60, 0)):
        if total >= from_:
            return _("%(length)s left") % {"length": spelled(timedelta(seconds=total - total % unit))}
    raise AssertionError("the last step takes everything")


def remaining_text(left: timedelta) -> str:
    """Write what is left of a countdown, such as "2 days 04:12:33"."""
    total = max(int(left.total_seconds()), 0)
    days, rest = divmod(total, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    ticking = f"{hours:02}:{minutes:02}:{seconds:02}"
    if not days:
        return ticking
    return f"{ngettext('%(num)d day', '%(num)d days', days) % {'num': days}} {ticking}"
