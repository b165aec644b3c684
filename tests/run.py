"""`make test`: every check, then the tests on SQLite, on a real PostgreSQL, and in a real Chromium where there is one.

What stands after the options below goes to pytest: `make test ARGS="-k draw"`. Ends with a summary and the exit code 1
if anything failed.
"""

import argparse
import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tests import servers, variables

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [sys.executable, "-m"]
CHECKS = {
    "ruff": [*PYTHON, "ruff", "check", "."],
    "mypy": [*PYTHON, "mypy"],
    # Not `-m importlinter.cli`: the module has no way in of its own.
    "import-linter": [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
    "djlint": [*PYTHON, "djlint", "templates", "--lint", "--quiet"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
}
PROCESSES = min(os.cpu_count() or 1, 3) + 1
"""How many run tests at once: one more than there are cores, as many a test waits for other processes."""
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
NO_TESTS = 5
"""pytest's exit code where a selection selects nothing; no fault if the selection was the caller's."""


@dataclass(frozen=True)
class Outcome:
    name: str
    passed: bool
    seconds: float

    def __str__(self) -> str:
        return f"  {self.name:22} {'passed' if self.passed else 'FAILED'} {self.seconds:7.1f} s"


def bare_environment(var: Path) -> dict[str, str]:
    """Return the caller's environment without any setting of the service, ready for tests."""
    settings = variables.of_the_settings()
    # Hundreds of processes are started: what one has compiled, the next ones need not.
    theirs = {"DJANGO_SETTINGS_MODULE", "PYTHONDONTWRITEBYTECODE", *settings, *(f"{name}_FILE" for name in settings)}
    kept = {name: value for name, value in os.environ.items() if name not in theirs}
    return {**kept, "CND_ENV": "test", "CND_VAR": str(var)}


def find_chromium() -> str | None:
    """Return the path of a Chromium that runs: CHROMIUM of the environment, or the first on the path."""
    for name in filter(None, (os.environ.get("CHROMIUM"), *BROWSERS)):
        path = shutil.which(name)
        if path and servers.runs(Path(path)):
            return path
    return None


def check(name: str, command: list[str], environment: dict[str, str]) -> Outcome:
    """Run one check; its output is shown only if it fails."""
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    outcome = Outcome(name, done.returncode == 0, time.monotonic() - began)
    print(outcome if outcome.passed else f"{done.stdout.rstrip()}\n{outcome}", flush=True)
    return outcome


def tests(name: str, options: list[str], chosen: list[str], environment: dict[str, str]) -> Outcome:
    """Run pytest with its output shown."""
    command = [*PYTHON, "pytest", "-q", *options, *chosen]
    print(f"\n{name}: pytest {shlex.join(command[3:])}", flush=True)
    began = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env=environment).returncode
    return Outcome(name, code == 0 or (code == NO_TESTS and bool(chosen)), time.monotonic() - began)


def everything(parts: set[str], chosen: list[str], var: Path) -> list[Outcome]:
    """Run the wanted parts, with servers of their own where they need them. Raises NoServer."""
    environment = bare_environment(var)
    at_once = ["-n", str(PROCESSES), "--dist", "loadgroup"]
    outcomes: list[Outcome] = []
    if "lint" in parts:
        print("Checks", flush=True)
        outcomes += [check(name, command, environment) for name, command in CHECKS.items()]
    with contextlib.ExitStack() as stack:
        if parts & {"sqlite", "postgresql", "browser"}:
            environment["TEST_REDIS_URL"] = stack.enter_context(servers.redis_server(os.environ.get("REDIS_URL", "")))
        if "sqlite" in parts:
            options = [*at_once, "-m", "not browser and not postgresql"]
            outcomes.append(tests("tests on SQLite", options, chosen, {**environment, "TEST_DATABASE": "sqlite"}))
        if "postgresql" in parts:
            url = stack.enter_context(servers.postgresql(os.environ.get("DATABASE_URL", "")))
            options = [*at_once, "-m", "not browser and not sqlite and not once"]
            told = {**environment, "TEST_DATABASE": "postgresql", "TEST_DATABASE_URL": url}
            outcomes.append(tests("tests on PostgreSQL", options, chosen, told))
        chromium = find_chromium() if "browser" in parts else None
        if chromium:
            told = {**environment, "TEST_DATABASE": "sqlite", "CHROMIUM": chromium}
            options = [*at_once, "-m", "browser"]
            outcomes.append(tests("tests in Chromium", options, chosen or ["tests/browser"], told))
    print("\nSummary")
    print(*outcomes, sep="\n")
    if "browser" in parts:
        print(f"  Chromium: {chromium}" if chromium else "  No Chromium was found: the browser tests did NOT run.")
    return outcomes


def main(arguments: list[str]) -> int:
    """Run what was asked for; return the exit code for the shell."""
    parser = argparse.ArgumentParser(prog="tests.run", allow_abbrev=False, add_help=False)
    parser.add_argument("--only", choices=["lint", "sqlite", "postgresql", "browser"])
    options, chosen = parser.parse_known_args(arguments)
    if options.only == "browser" and not find_chromium():
        print("No Chromium was found: install it (Debian: apt-get install chromium) or name it: CHROMIUM=/path/to/it")
        return 1
    parts = {options.only} if options.only else {"lint", "sqlite", "postgresql", "browser"}
    if chosen and not options.only:
        parts -= {"lint"}

    def stop(number: int, frame: object) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cnd-checks-") as var:
        try:
            outcomes = everything(parts, chosen, Path(var))
        except servers.NoServer as reason:
            print(reason, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nStopped.", file=sys.stderr)
            return 130
    passed = all(outcome.passed for outcome in outcomes)
    print(f"  {'all passed' if passed else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
