"""Tags and filters of the pages: instants, countdowns, navigation, icons, form fields.

Instants are shown in the zone of the meeting, never in the machine's; countdowns carry the server's own time, so that
the clock of the reader's device does not matter.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, FileInput, Select, Textarea
from django.forms.boundfield import BoundWidget
from django.template import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from cnd.instants import (
    before_hour,
    city_name,
    closing_text,
    day_text,
    hour_text,
    in_zone,
    instant_text,
    remaining_text,
    spelled,
)

register = template.Library()

STAFF_PAGES = frozenset({"staff", "roster", "quotas", "rules", "journal", "clock"})


# --- instants ---------------------------------------------------------------------------------------------------------
@register.simple_tag
def instant(
    value: datetime | None,
    tz: str,
    closing: bool = False,
    seconds: bool = False,
    place: bool = True,
    own: bool = True,
) -> SafeString:
    """Show an instant in the meeting's zone as a `<time>` element; the page's script adds the reader's own time."""
    if not value:
        return mark_safe("")
    text = instant_text(value, tz, closing=closing, seconds=seconds, place=place)
    zone = format_html(' data-zone="{}"', tz) if own else ""
    return format_html('<time datetime="{}"{}>{}</time>', in_zone(value, tz).isoformat(), zone, text)


@register.filter
def closing(value: datetime | None, tz: str) -> str:
    """Show the end of a half-open window: midnight is 24:00 of the day before (RULES 1)."""
    return closing_text(value, tz) if value else ""


@register.filter
def day(value: date | None, tz: str) -> str:
    """Show a day, or the day of an instant in the meeting's zone."""
    return day_text(value, tz) if value else ""


@register.filter
def hour(value: datetime | None, tz: str) -> str:
    """Show the time of day of an instant in the meeting's zone, 24-hour clock."""
    return hour_text(value, tz) if value else ""


@register.filter
def utc(value: datetime | None) -> SafeString:
    """Show an instant as proofs write it: RFC 3339, UTC, six digits of microseconds."""
    if not value:
        return mark_safe("")
    return format_html('<bdi class="num" dir="ltr">{}</bdi>', in_zone(value, "UTC").strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


@register.filter
def spell(value: timedelta | float | None) -> str:
    """Show a length of time (timedelta or seconds) in words."""
    if value is None:
        return ""
    return spelled(value if isinstance(value, timedelta) else timedelta(seconds=value))


@register.filter
def city(tz: str) -> str:
    """Name the city of a time zone in the reader's language."""
    return city_name(tz)


@register.simple_tag
def countdown(until: datetime, now: datetime, done: str = "", reload: bool = False, large: bool = False) -> SafeString:
    """Show the time left until an instant; both instants belong to the same clock, the page's script lets it tick."""
    return format_html(
        '<span class="countdown{}" role="timer" data-countdown="{}" data-now="{}" data-done="{}"{}>{}</span>',
        " countdown-large" if large else "",
        until.isoformat(),
        now.isoformat(),
        done or _("The time has come"),
        mark_safe(" data-reload") if reload else "",
        remaining_text(until - now) if until > now else done or _("The time has come"),
    )


@register.simple_tag
def clock(now: datetime, tz: str) -> SafeString:
    """Show the present time of a clock in the meeting's zone; the page's script lets it tick."""
    local = in_zone(now, tz)
    return format_html(
        '<time class="clock" datetime="{}" data-clock data-now="{}" data-in="{}">'
        '<span>{}</span>{}<span class="clock-time" data-clock-time>{}</span> <span>({})</span></time>',
        local.isoformat(),
        local.isoformat(),
        tz,
        day_text(now, tz),
        before_hour(),
        hour_text(now, tz, seconds=True),
        city_name(tz),
    )


# --- finding one's way -----------------------------------------------------------------------------------------------
def current_view(context: Context) -> str:
    """Name the view that answers, empty outside a request."""
    match = getattr(context.get("request"), "resolver_match", None)
    return match.view_name if match else ""


@register.simple_tag(takes_context=True)
def nav_link(
    context: Context, url_name: str, text: str, code: str = "", shortcut: str = "", within: bool = False
) -> SafeString:
    """Link to a page of the navigation, marked when the reader is on it, or, with `within`, on a page below it."""
    url = reverse(url_name, args=[code] if code else [])
    view, path = current_view(context), getattr(context.get("request"), "path", "")
    here = mark_safe(' aria-current="page"') if view == url_name else ""
    if within and not here and path.startswith(url):
        here = mark_safe(' aria-current="true"')
    keys = format_html(' data-shortcut="{}"', shortcut) if shortcut else ""
    return format_html('<li><a href="{}"{}{}>{}</a></li>', url, here, keys, text)


@register.simple_tag(takes_context=True)
def is_staff_page(context: Context, code: str) -> bool:
    """Say whether the page belongs to the secretariat's part of a session."""
    namespace, _colon, name = current_view(context).rpartition(":")
    if namespace == "sessions" and (name in STAFF_PAGES or name.startswith("staff")):
        return True
    try:
        return bool(getattr(context.get("request"), "path", "").startswith(reverse("sessions:staff", args=[code])))
    except NoReverseMatch:
        return False


@register.simple_tag
def breadcrumb(text: str, url_name: str = "", *args: Any) -> SafeString:
    """Add one step to the breadcrumbs; without a URL name it is the page itself."""
    if not url_name:
        return format_html('<li aria-current="page"><span>{}</span></li>', text)
    return format_html('<li><a href="{}">{}</a></li>', reverse(url_name, args=args), text)


@register.simple_tag
def pages(page_obj: Page) -> Iterable[int | str]:
    """List the page numbers worth a link, with an ellipsis between distant ones."""
    return page_obj.paginator.get_elided_page_range(page_obj.number, on_each_side=1, on_ends=1)


# --- static parts ----------------------------------------------------------------------------------------------------
@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw a decorative icon of the sprite; its meaning must stand beside it in words."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("cnd/icons.svg"),
        name,
    )


@register.simple_tag
def script(path: str) -> SafeString:
    """Load a static script, deferred."""
    return format_html('<script src="{}" defer></script>', static(path))


@register.filter
def chunks(text: str, size: int) -> SafeString:
    """Split a hash into pieces that wrap as a whole; copied, they are one string again."""
    pieces = (str(text)[at : at + size] for at in range(0, len(str(text)), size))
    return format_html_join(mark_safe("<wbr>"), "<span>{}</span>", ((piece,) for piece in pieces))


# --- forms -----------------------------------------------------------------------------------------------------------
@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """Render a field's control with its classes and the references to its help and errors."""
    control = field.field.widget
    if isinstance(control, CheckboxInput):
        css = "form-check-input"
    elif isinstance(control, Select):
        css = "form-select"
    elif isinstance(control, FileInput):
        css = "form-control form-control-file"
    else:
        css = "form-control"
    css = f"{control.attrs.get('class', '')} {css}{' is-invalid' if field.errors else ''}".strip()
    attrs: dict[str, Any] = {"class": css}
    if described := describedby(field):
        attrs["aria-describedby"] = described
    if isinstance(control, Textarea) and control.attrs.get("rows") == "10":
        # Ten rows are Django's default and most of a phone's screen.
        attrs["rows"] = 4
    return field.as_widget(attrs=attrs)


@register.filter
def describedby(field: BoundField) -> str:
    """List the ids of a field's help and error, as field.html writes them."""
    parts = [f"{field.auto_id}_helptext"] if field.help_text else []
    return " ".join([*parts, f"{field.auto_id}_error"] if field.errors else parts)


@register.filter
def options(field: BoundField) -> list[BoundWidget]:
    """List the single choices of a group of radio buttons or checkboxes."""
    field.field.widget.attrs["class"] = "form-check-input"
    return list(field.subwidgets)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Say whether the field is a single checkbox, whose label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def first_control(field: BoundField) -> str:
    """Give the id of the control that an error message links to."""
    return field.id_for_label or f"{field.auto_id}_0"
