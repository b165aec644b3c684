"""Which two rules of a scope are the ends of one window."""

_ENDS = [("opens", "closes"), ("open", "close"), ("first_day", "last_day")]


def other_end(key: str) -> tuple[str, bool]:
    """Return the key of the other end of the window that a rule is an end of, and whether this one is its opening.

    An empty key for what is no end of a window.
    """
    for opening, closing in _ENDS:
        for this, other in ((opening, closing), (closing, opening)):
            if key == this or key.endswith(f"_{this}"):
                return key.removesuffix(this) + other, this == opening
    return "", False
