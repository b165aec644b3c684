"""Two pages at a hundred times as many rows: the slots of the API and the public list of speakers, each built anew.

Both sessions are drawn by the services. For 11,400 slots as many Member States as are missing are made up, and entered
in bulk. A page is asked for in one process, through the whole stack of production, and nothing kept is served.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.http import ROOT, SLOTS, bare, production

FEW, MANY = 114, 11_400
RUNS = 15
PAGES = {
    "API, slots": (SLOTS, b'"number":'),
    "list of speakers": ("/cnd67/speakers/", b'<th scope="row">'),
}
"""Each page's address, and what stands once in every row of it."""


def measure(few_url: str, many_url: str, redis_url: str, folder: Path) -> dict[str, Any]:
    """Return for each page what it takes at 114 slots (drawn in the first database already) and at 11,400."""
    ask("draw", bare(folder) | {"CND_ENV": "test", "CND_VAR": str(folder), "DATABASE_URL": many_url})
    ask("collect", production(few_url, redis_url, folder))
    found = {}
    for count, url in ((FEW, few_url), (MANY, many_url)):
        found[count] = json.loads(ask("measure", production(url, redis_url, folder)))
    return {name: summary(found[FEW][name], found[MANY][name]) for name in PAGES}


def summary(few: dict[str, Any], many: dict[str, Any]) -> dict[str, Any]:
    """Return both measurements and their ratios, as a whole and for a row."""
    per_row = (many["ms"] / many["rows"]) / (few["ms"] / few["rows"])
    return {str(FEW): few, str(MANY): many, "ratio": many["ms"] / few["ms"], "ratio_per_row": per_row}


def ask(what: str, env: dict[str, str]) -> str:
    """Have a process do one thing; return what it says."""
    command = [sys.executable, "-m", "tests.bench.pages", what]
    env = {"DJANGO_SETTINGS_MODULE": "cnd.settings"} | env
    return subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=300, stdout=subprocess.PIPE, text=True).stdout


def draw_many() -> None:
    """Have CND67 with 11,400 slots and as many Member States drawn."""
    from django.core.management import call_command

    from tests.sessions.scenes import announce_now, correct, draw_now, make_session

    call_command("migrate", verbosity=0)
    session = make_session()
    correct(session, "debate.slots", MANY)
    inscribe_many(session)
    draw_now(announce_now(session))


def inscribe_many(session: Any) -> None:
    """Inscribe every Member State, made-up ones included, in bulk."""
    from datetime import timedelta

    from cnd import clock
    from sessions.models import Delegation, Inscription, Level, RegionalGroup

    groups = list(RegionalGroup.objects.filter(session=session))
    states = Delegation.objects.filter(session=session, kind=Delegation.Kind.MEMBER_STATE)
    Delegation.objects.bulk_create(
        [
            Delegation(
                session=session,
                code=f"X{number}",
                kind=Delegation.Kind.MEMBER_STATE,
                group=groups[number % len(groups)],
                names=dict.fromkeys(("ar", "zh", "en", "fr", "ru", "es"), f"State number {number}"),
            )
            for number in range(MANY - states.count())
        ],
        batch_size=1_000,
    )
    debate, at = session.debate, clock.now()
    Inscription.objects.bulk_create(
        [
            Inscription(
                debate=debate,
                delegation=state,
                statement=Inscription.Statement.NATIONAL,
                group=state.group,
                level=Level.values[number % len(Level.values)],
                receipt_number=number,
                receipt_at=session.chain.to_session(at) + timedelta(microseconds=number),
                received_real_at=at,
            )
            for number, state in enumerate(states.select_related("group").order_by("pk"), start=1)
        ],
        batch_size=1_000,
    )
    debate.last_receipt_number, debate.last_receipt_at = MANY, session.chain.to_session(at) + timedelta(seconds=1)
    debate.save()


def measured(path: str, mark: bytes) -> dict[str, Any]:
    """Ask for a page again and again; return the median duration, and what it came to."""
    from django.core.cache import cache, caches
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from cnd.polling import key_of

    client = Client(headers={"host": "127.0.0.1"})
    took: list[float] = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        answer = client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")
        # What was kept of it, here and in Redis, is not served the next time.
        for each in (cache, caches["bodies"]):
            each.delete(key_of(answer.headers.get("ETag", "")))
    with CaptureQueriesContext(connection) as queries:
        body = client.get(path).content
    rows = body.count(mark)
    # The first one compiles templates and statements.
    return {"ms": statistics.median(took[1:]), "rows": rows, "bytes": len(body), "queries": len(queries)}


def act(what: str) -> None:
    """Be one of the processes."""
    import django

    django.setup()
    if what == "draw":
        draw_many()
    elif what == "collect":
        from django.core.management import call_command

        call_command("collectstatic", interactive=False, verbosity=0)
    else:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as PostgreSQL does by itself a minute after so many rows came
        print(json.dumps({name: measured(*page) for name, page in PAGES.items()}))


def lines(found: dict[str, Any]) -> list[str]:
    """Return the part of the table."""
    told = [f"{'Pages, nothing kept':32}{'slots':>9}{'rows':>7}{'ms':>9}{'queries':>9}{'bytes':>11}   ratio"]
    for name, each in found.items():
        for count in (FEW, MANY):
            one = each[str(count)]
            ratio = f"   {each['ratio']:.2f}, {each['ratio_per_row']:.2f} a row" if count == MANY else ""
            told.append(
                f"{name:32}{count:>9,}{one['rows']:>7,}{one['ms']:>9.1f}{one['queries']:>9}{one['bytes']:>11,}{ratio}"
            )
    return told


if __name__ == "__main__":
    act(sys.argv[1])
