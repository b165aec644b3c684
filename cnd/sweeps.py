"""The sweep: every few seconds, everything that is due and not done is found and set going.

An app registers a function that looks into the database and sends one task an item (ids only); nothing is lost when a
message is, since the next sweep finds the same work.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

_registered: dict[str, Callable[[], None]] = {}


def register(name: str, look: Callable[[], None], *, first: bool = False) -> None:
    """Have `look` called by every sweep, `first` before all others so far. Registering a name again replaces it."""
    others = {each: call for each, call in _registered.items() if each != name}
    _registered.clear()
    _registered.update({name: look} | others if first else others | {name: look})


def sweep() -> None:
    """Call every registered function; one that fails does not keep the others from running."""
    for name, look in _registered.items():
        try:
            look()
        except Exception:
            logger.exception("the sweep over %s failed; the next one tries again", name)


def hint() -> None:
    """Have a sweep come by right after this transaction, not waiting for beat. A hint that is lost costs nothing."""
    transaction.on_commit(_send_hint)


def has_unread() -> bool:
    """Tell whether messages lie unread on the embedded transport.

    20,000 waiting files take it minutes to read, and one sweep finds all there is: whoever would send a sweep asks.
    """
    return not settings.REDIS_URL and any((Path(settings.BROKER_DIR) / "messages").glob("*.msg"))


def lifetime_s() -> float:
    """Return after how many seconds a sweep that no worker took is worthless: the next one finds the same work."""
    return max(settings.SWEEP_SECONDS, 1.0)


def _send_hint() -> None:
    try:
        if not has_unread():
            current_app.send_task("cnd.sweep", retry=False, expires=lifetime_s())
    except Exception:
        # Whatever the broker's trouble, the change stands and the next sweep finds the work.
        logger.warning("no hint could be sent; the next sweep finds the work", exc_info=True)
