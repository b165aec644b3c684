"""Entries of the journal a second: real processes that write to one chain, each decision a transaction of its own.

`python -m tests.bench.journal` is one of these processes.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.http import ROOT, bare

SECONDS = 3.0
CHAIN = "bench"


def measure(database_url: str, folder: Path) -> dict[str, Any]:
    """Return entries a second with one writer and with eight, and how fast the whole chain verifies."""
    env = bare(folder) | {
        "DJANGO_SETTINGS_MODULE": "cnd.settings",
        "CND_ENV": "test",
        "CND_VAR": str(folder),
        "DATABASE_URL": database_url,
    }
    ask("prepare", env)
    found: dict[str, Any] = {f"{count} writers": written(count, env) for count in (1, 8)}
    verified, seconds = ask("verify", env).split()
    total = sum(each["entries"] for each in found.values())
    if int(verified) != total:
        raise SystemExit(f"{total} entries were written and {verified} verified")
    return found | {"verified_per_second": total / float(seconds)}


def ask(what: str, env: dict[str, str]) -> str:
    """Have a process do one thing; return what it says."""
    command = [sys.executable, "-m", "tests.bench.journal", what]
    return subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=120, capture_output=True, text=True).stdout


def written(count: int, env: dict[str, str]) -> dict[str, Any]:
    """Have so many processes write at once."""
    command = [sys.executable, "-m", "tests.bench.journal", "write"]
    writers = [
        subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    try:
        for each in writers:
            assert each.stdout is not None
            if each.stdout.readline() != "ready\n":
                raise SystemExit("a writer of the journal did not start")
        began = time.perf_counter()
        for each in writers:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        said = [each.communicate(timeout=SECONDS + 60)[0] for each in writers]
        seconds = time.perf_counter() - began
    finally:
        for each in writers:
            each.kill()
            each.wait()
    shares = [int(each) for each in said]
    return {"entries": sum(shares), "seconds": seconds, "per_second": sum(shares) / seconds, "shares": sorted(shares)}


def act(what: str) -> None:
    """Be one of the processes."""
    import django

    django.setup()
    from django.core.management import call_command

    from cnd import journal
    from cnd.actors import COMMAND
    from cnd.models import Chain

    if what == "prepare":
        call_command("migrate", verbosity=0)
        Chain.objects.get_or_create(code=CHAIN)
        return
    chain = Chain.objects.get(code=CHAIN)
    if what == "verify":
        began = time.perf_counter()
        print(journal.verify(chain), time.perf_counter() - began)
        return
    print("ready", flush=True)
    sys.stdin.readline()
    until = time.perf_counter() + SECONDS
    count = 0
    while time.perf_counter() < until:
        with journal.decision(chain, action="measure", subject="bench", actor=COMMAND) as draft:
            draft.change("count", count, count + 1)
            draft.touch("slots")
        count += 1
    print(count)


if __name__ == "__main__":
    act(sys.argv[1])
