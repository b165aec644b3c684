"""Asks drand's relays for a round. Whatever they say is believed only after its signature was verified."""

import http.client
import json
import logging
import threading
import urllib.request
from collections.abc import Iterator

from django.conf import settings

from sessions.domain import drand

logger = logging.getLogger(__name__)

_MOST_BYTES = 10_000


def fetch_signatures(round_number: int) -> Iterator[str]:
    """Yield the signature that each relay gives for a round, unverified; a relay is asked when its turn comes."""
    for relay in settings.DRAND_RELAYS:
        signature = _ask_in_time(relay, round_number)
        if signature:
            yield signature


def _ask_in_time(relay: str, round_number: int) -> str | None:
    """Return the relay's signature, or None after DRAND_TIMEOUT_S seconds at the latest."""
    answers: list[str] = []

    def ask() -> None:
        try:
            answers.append(_ask(relay, round_number))
        except (OSError, http.client.HTTPException, ValueError) as fault:
            logger.warning("relay %s gave no value for round %s: %s", relay, round_number, fault)

    # A socket's own time limit starts anew with every byte: a relay that drips would hold a worker beyond its lease.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(settings.DRAND_TIMEOUT_S)
    if asking.is_alive():
        logger.warning("relay %s did not answer in time for round %s", relay, round_number)
    return answers[0] if answers else None


def _ask(relay: str, round_number: int) -> str:
    url = f"{relay.rstrip('/')}/{drand.CHAIN_HASH}/public/{round_number}"
    with urllib.request.urlopen(url, timeout=settings.DRAND_TIMEOUT_S) as answer:
        body = json.loads(answer.read(_MOST_BYTES))
    if not isinstance(body, dict) or body.get("round") != round_number or not isinstance(body.get("signature"), str):
        raise ValueError("it answered something else")
    return str(body["signature"])
