"""The cache that all processes share may fail: whoever asks it goes on without it, and that is said now and then."""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager

from cnd import clock

logger = logging.getLogger(__name__)

SAID_AGAIN_S = 60

_said_at_s: dict[str, float] = {}


@contextmanager
def may_fail(without: str) -> Iterator[None]:
    """Go on where the cache does not answer; `without` says what happens then."""
    try:
        yield
    except Exception:
        # Each backend raises errors of its own; none of them is a reason to turn anybody away.
        at_s = clock.now().timestamp()
        if abs(at_s - _said_at_s.get(without, -math.inf)) >= SAID_AGAIN_S:
            _said_at_s[without] = at_s
            logger.warning("the cache does not answer: %s", without, exc_info=True)
