"""A notice as a mail: its headers, its two forms, and the calendar file where it has one."""

import re
from email.mime.text import MIMEText
from email.utils import format_datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from cnd import clock
from cnd.models import Notice
from cnd.outbox.kinds import kind_of
from cnd.outbox.texts import render


def address_of(notice: Notice) -> str:
    """Return where a notice is mailed to; empty for nowhere."""
    kind = kind_of(notice.cause.kind)
    return kind.address(notice.cause, notice.recipient) if kind.address else notice.recipient.email


def method_of(calendar: bytes) -> str:
    """Return what a calendar file is meant for, such as PUBLISH, REQUEST or CANCEL (RFC 5546)."""
    found = re.search(rb"^METHOD:([A-Z]+)\r?$", calendar, re.MULTILINE)
    return found[1].decode() if found else "PUBLISH"


def as_mail(notice: Notice, address: str) -> EmailMultiAlternatives:
    """Return the mail of a notice. Its Message-ID is the same at every attempt: a repetition is known as one."""
    rendered = render(notice)
    headers = {
        "Message-ID": notice.message_id,
        "Date": format_datetime(clock.now()),
        "Auto-Submitted": "auto-generated",
        "Content-Language": rendered.language,
    }
    if notice.cause.request_id:
        headers["X-Request-ID"] = notice.cause.request_id
    if rendered.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{rendered.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        rendered.subject, rendered.text, settings.DEFAULT_FROM_EMAIL, [address], headers=headers
    )
    mail.attach_alternative(rendered.html, "text/html")
    if rendered.calendar:
        part = MIMEText(rendered.calendar.decode(), "calendar", "utf-8")
        # Calendar programs take an invitation only where both say so.
        part.set_param("method", method_of(rendered.calendar))
        part.add_header("Content-Disposition", "attachment", filename="calendar.ics")
        mail.attach(part)
    return mail
