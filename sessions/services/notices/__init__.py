"""What a meeting tells people, each kind beside the call that a decision makes to have it told."""

from sessions.services.notices import drawings, inscriptions, rules


def register() -> None:
    """Make the meeting's kinds of notices known."""
    rules.register()
    inscriptions.register()
    drawings.register()
