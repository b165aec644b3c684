"""The least that the same server can serve: a WSGI application of its own, without any framework."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

BODY = Path(os.environ["BENCH_BODY"]).read_bytes()
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer /empty with 304 and everything else with the body."""
    if environ["PATH_INFO"] == "/empty":
        start_response("304 Not Modified", [("Content-Length", "0")])
        return []
    start_response("200 OK", HEADERS)
    return [BODY]
