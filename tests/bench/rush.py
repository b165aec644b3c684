"""The opening of the window: four hundred submissions at one moment, over two web processes on PostgreSQL.

Beside it the bare database: the same rows, one transaction for each submission, under one lock.
"""

import contextlib
import json
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench import http, load
from tests.bench.rows import Rows
from tests.logistics import rush

WEBS = 2

SCENE = """
import django, json
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.logistics.crowd import crowd, drafts_of, tokens_for
from tests.logistics.windows import windowed
session = windowed()
delegations = crowd(session)
texts = tokens_for(delegations)
drafts = drafts_of(session, delegations)
print(json.dumps([[draft.pk, texts[draft.organiser_id]] for draft in drafts]))
"""


def measure(database_url: str, redis_url: str, folder: Path) -> dict[str, Any]:
    """Return how many submissions a second were answered, the slowest's wait, and their ratios to the bare database."""
    path = "/api/v1/sessions/cnd67/applications/{}/submit/"
    asked = [
        rush.Submission(path.format(pk), token, uuid.uuid4().hex) for pk, token in scene(SCENE, database_url, folder)
    ]
    known = Rows(database_url)
    (found,) = sent([asked], http.production(database_url, redis_url, folder), folder)
    if found["answers"] != {"200": len(asked)}:
        raise SystemExit(f"not every submission was received: {found['answers']}")
    return beside(found, known.write(known.lots(len(asked))))


def scene(code: str, database_url: str, folder: Path) -> Any:
    """Have a scene made in this database; return what it tells."""
    env = http.bare(folder) | {"DJANGO_SETTINGS_MODULE": "cnd.settings", "CND_ENV": "test", "CND_VAR": str(folder)}
    env["DATABASE_URL"] = database_url
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=http.ROOT, env=env, check=True, timeout=120, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def sent(rushes: Sequence[Sequence[rush.Submission]], env: dict[str, str], folder: Path) -> list[dict[str, Any]]:
    """Send one rush after the other to the same web processes; return of each what came back, and how fast."""
    env = env | dict.fromkeys(("THROTTLE_TOKEN", "THROTTLE_WRITES"), "999999/s")
    with contextlib.ExitStack() as stack:
        webs = [
            stack.enter_context(http.served(http.CHOSEN, "cnd.wsgi:application", env, folder / f"rush-{number}.log"))
            for number in range(WEBS)
        ]
        for each in webs:
            # What a process loads when it is first asked is no part of it.
            for _ in range(8):
                each.get("/api/v1/sessions/cnd67/")
        workers = [each.worker() for each in webs]
        found = []
        for one in rushes:
            before = spent(workers)
            answers = rush.rush([each.port for each in webs], one, at=time.time() + 1)
            found.append(told(answers, spent(workers) - before))
        return found


def spent(workers: Sequence[int | None]) -> float:
    """Return the processor time that these have taken, in seconds; nothing where the machine does not tell."""
    return sum(load.cpu_seconds(each) or 0.0 for each in workers)


def told(answers: list[rush.Answer], cpu_s: float) -> dict[str, Any]:
    slowest = max(each.took_s for each in answers)
    return {
        "answers": dict(Counter(str(each.status) for each in answers)),
        "per_second": len(answers) / slowest,
        "slowest_ms": slowest * 1000,
        "server_ms": cpu_s / len(answers) * 1000,
    }


def beside(found: dict[str, Any], bare: dict[str, Any]) -> dict[str, Any]:
    """Add the bare database's figures, and the ratio to them."""
    return found | {
        "bare": bare,
        "ratio": found["per_second"] / bare["per_second"],
        "ratio_slowest": found["slowest_ms"] / bare["slowest_ms"],
    }


def lines(found: dict[str, Any]) -> list[str]:
    """Return the part of the table."""
    return [heading(f"All at once, {WEBS} web processes"), line("400 submissions", found)]


def heading(name: str) -> str:
    bare = f"{'bare a second':>15}{'bare slowest':>14}"
    return f"{name:32}{'a second':>10}{'slowest ms':>12}{'CPU ms each':>13}{bare}   ratio, slowest"


def line(name: str, each: dict[str, Any]) -> str:
    bare = each["bare"]
    return (
        f"{name:32}{each['per_second']:>10,.0f}{each['slowest_ms']:>12,.0f}{each['server_ms']:>13,.1f}"
        f"{bare['per_second']:>15,.0f}{bare['slowest_ms']:>14,.0f}   {each['ratio']:.3f}, {each['ratio_slowest']:.1f}"
    )
