"""What the log says and how: JSON lines in production, readable ones elsewhere, each with the request it belongs to.

Nothing in it may tell who somebody is or open a door: what looks like an address, a password or a long token is blotted
out of every line, whoever wrote it.
"""

import logging
import re
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

Event = MutableMapping[str, Any]

MAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
IN_URL = re.compile(r"(?<=://)[^\s/@]+@")
NAMED = re.compile(
    r"(?i)\b(authorization|cookie|csrfmiddlewaretoken|passwor[dt]\w*|secret\w*|session(?:id|_key)|token|api_?key)"
    r"(['\"]?\s*[=:]\s*['\"]?)(?:bearer\s+|basic\s+)?[^\s'\",;&)]+"
)
OF_ROW = re.compile(r"DETAIL:.*")
LONG = re.compile(r"(?<=[/=])(?=[A-Za-z_:=-]*\d)[A-Za-z0-9_:=-]{24,}")
BLOT = "…"
CLEAR = frozenset({"level", "logger", "time", "request_id", "task_id", "parent_task_id", "view"})
"""What is ours in an event and needs no blotting."""
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


# --- one id through everything --------------------------------------------------------------------------------------


def request_id() -> str:
    """Return the id of the request that is being served, or that set this task going; nothing where there is none."""
    found: str = structlog.contextvars.get_contextvars().get("request_id", "")
    return found


# --- the steps of a line --------------------------------------------------------------------------------------------


def blotted(text: str) -> str:
    """Return a text without what looks like an address, a password or a long token."""
    text = NAMED.sub(rf"\1\2{BLOT}", text)
    for pattern, instead in ((IN_URL, f"{BLOT}@"), (MAIL, BLOT), (OF_ROW, f"DETAIL: {BLOT}"), (LONG, BLOT)):
        text = pattern.sub(instead, text)
    return text


def _described(_logger: Any, _name: str, event: Event) -> Event:
    record: logging.LogRecord = event["_record"]
    first = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": event.pop("event"),
    }
    return first | dict(event)


def _blotted(_logger: Any, _name: str, event: Event) -> Event:
    for name, value in event.items():
        if name not in CLEAR and isinstance(value, str):
            event[name] = blotted(value)
    return event


def _readable(_logger: Any, _name: str, event: Event) -> str:
    line = f"{event.pop('time')} {event.pop('level').upper()} {event.pop('logger')} {event.pop('event')}"
    trace = event.pop("exception", "")
    more = "".join(f" {name}={value}" for name, value in event.items())
    return f"{line}{more}\n{trace}" if trace else line + more


def logging_config(*, is_json: bool, level: str) -> dict[str, Any]:
    """Return Django's LOGGING: everything on standard error, one event a line."""
    rendered = structlog.processors.JSONRenderer(ensure_ascii=False, default=str) if is_json else _readable
    steps = [
        structlog.contextvars.merge_contextvars,
        _described,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        _blotted,
        rendered,
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": structlog.stdlib.ProcessorFormatter, "processors": steps}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level},
            # Every request has its line from cnd.telemetry, by the name of its view: a path may hold a token.
            "django.request": {"level": "ERROR"},
            # They tell of every letter that they put into a PDF.
            "fontTools": {"level": "WARNING"},
            "fpdf": {"level": "ERROR"},
            "gunicorn.error": {"handlers": [], "level": level, "propagate": True},
        },
    }


def configure() -> None:
    """Have structlog's own events go the same way as everybody's."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
