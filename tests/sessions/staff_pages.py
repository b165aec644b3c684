"""The secretariat's pages as somebody who is signed in opens them."""

import html
import re
from typing import Any

from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from cnd.models import JournalEntry, User
from tests.sessions.scenes import officer

CODE = "cnd67"


def url(name: str, *args: Any) -> str:
    return reverse(f"sessions:{name}", args=[CODE, *args])


def signed_in(user: User | None = None) -> Client:
    """Return a browser of a member of the secretariat, or of somebody else."""
    client = Client()
    client.force_login(user or officer())
    return client


def text_of(response: Any) -> str:
    """Return what a page says, without its markup."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))).strip()


def told(response: Any) -> list[str]:
    """Return the messages that an answer leaves for the next page."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def hidden(response: Any, name: str) -> str:
    """Return the value that a page carries in a hidden field."""
    for tag in re.findall(r'<input type="hidden"[^>]*>', response.content.decode()):
        found = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        if found.get("name") == name:
            return html.unescape(found.get("value", ""))
    raise AssertionError(f"the page carries no {name}")


def last_entry() -> JournalEntry:
    return JournalEntry.objects.filter(chain__code=CODE).order_by("number").reverse()[0]
