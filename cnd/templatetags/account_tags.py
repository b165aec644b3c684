"""What the pages show to the one who reads them: unread notices, what is left of a deadline, their own time."""

from datetime import datetime, timedelta

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cnd.inbox import unread_count
from cnd.instants import in_zone, instant_text, left_text
from cnd.models import User
from cnd.templatetags.cnd_tags import instant

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_notices(context: Context) -> int:
    """Count the reader's unread notices, once a page; nothing is asked for whoever is not signed in."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return 0
    if not hasattr(request, "unread_notices"):
        request.unread_notices = unread_count(user)  # type: ignore[union-attr]
    return int(request.unread_notices)  # type: ignore[union-attr]


@register.simple_tag
def left(until: datetime, now: datetime) -> str:
    """Say in words how much time is left until an instant; both belong to the same clock."""
    return left_text(until - now) if until > now else _("The time has come")


@register.simple_tag(takes_context=True)
def own_instant(context: Context, value: datetime | None, tz: str, closing: bool = False) -> SafeString:
    """Show an instant in the meeting's zone and in the one the reader chose; without a choice the script adds it."""
    own = getattr(context.get("user"), "time_zone", "")
    if not value or not own:
        return instant(value, tz, closing=closing)
    there, here = in_zone(value, tz), in_zone(value, own)
    shown = format_html('<time datetime="{}">{}</time>', there.isoformat(), instant_text(value, tz, closing=closing))
    if there.utcoffset() == here.utcoffset():
        return shown
    said = f"{_('your time')} {instant_text(value, own, closing=closing)}"
    return format_html('{} <span class="own-time own-time-kept">{}</span>', shown, said)


@register.filter
def is_since(value: datetime, moment: datetime | None) -> bool:
    """Say whether something is newer than a moment; nothing is where there is no such moment."""
    return moment is not None and value - moment > timedelta(0)
