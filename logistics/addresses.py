"""Where public resources of what surrounds the meeting are read, for those who follow the changes of a session."""

import re

from sessions.api_changes import register_addresses


def register() -> None:
    """Have them be found."""
    register_addresses(
        (re.compile(r"side-events"), "api-side-events"),
        (re.compile(r"programme"), "api-programme-versions"),
        (re.compile(r"rooms"), "api-rooms"),
        (re.compile(r"receipts"), "api-receipts"),
        (re.compile(r"availability"), "api-availability"),
    )
