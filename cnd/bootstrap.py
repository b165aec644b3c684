"""What stands before Django: `make run`, `make test` and the others begin here, on a bare Python.

`python -m cnd.bootstrap COMMAND` makes `.venv`, installs the locked packages into it, and goes on as the Python of that
environment. Only the standard library may be imported, and nothing written that Python 3.7 cannot read, so that an old
one is told so. Whatever keeps it from going on is said in one sentence; whatever was left half done is made anew at the
next start.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

OLDEST, NEWEST = (3, 11), (3, 13)
CHECKOUT = Path(__file__).resolve().parent.parent
TOOLS = {
    "test": ["-m", "tests.run"],
    "test-browser": ["-m", "tests.run", "--only=browser"],
    "lint": ["-m", "tests.run", "--only=lint"],
    "bench": ["-m", "tests.bench"],
}
NO_INDEX = re.compile(
    r"name resolution|Name or service not known|nodename nor servname|Network is unreachable|No route to host"
    r"|Connection refused|ConnectTimeout|Read timed out|Failed to establish a new connection|ProxyError"
    r"|No matching distribution found|Could not find a version",
    re.IGNORECASE,
)


class CannotGoOn(Exception):
    """The reason why the start ends here, in one sentence that says what to do."""


def say(line: str) -> None:
    """Print one line of progress at once."""
    print(line, flush=True)


# --- the environment of packages ------------------------------------------------------------------------------------


class Environment:
    """The virtual environment of a checkout, and the stamp that says which locks were wholly installed into it."""

    def __init__(self, checkout: Path = CHECKOUT) -> None:
        self.folder = checkout / ".venv"
        self.python = self.folder / "bin" / "python"
        self.requirements = checkout / "requirements"
        self._stamp = self.folder / "installed.json"

    def lock_hash(self, name: str) -> str:
        """Return the SHA-256 of requirements/NAME.txt."""
        return hashlib.sha256((self.requirements / f"{name}.txt").read_bytes()).hexdigest()

    def is_complete(self, name: str) -> bool:
        """Tell whether this lock was wholly installed here, by a Python of the same version, and still runs."""
        stamp = self._stamped()
        return stamp.get("locks", {}).get(name) == self.lock_hash(name) and self.runs()

    def _stamped(self) -> dict[str, Any]:
        try:
            stamp = json.loads(self._stamp.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def runs(self) -> bool:
        """Tell whether the Python in here starts, is of the launching Python's version, has pip and was not moved."""
        code = "import sys, pip; print('%d.%d' % sys.version_info[:2], sys.prefix)"
        try:
            answer = subprocess.run([self.python, "-c", code], capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.SubprocessError):
            return False
        expected = f"{sys.version_info[0]}.{sys.version_info[1]} {self.folder}"
        # One that was moved or copied still starts, but its scripts name the old place.
        was_here = self._stamped().get("folder", str(self.folder)) == str(self.folder)
        return answer.returncode == 0 and answer.stdout.strip() == expected and was_here

    def make(self, log: Path) -> None:
        """Make the environment anew, in place of whatever lies there. Raises CannotGoOn."""
        if importlib.util.find_spec("ensurepip") is None:
            raise CannotGoOn(
                f"This Python ({sys.executable}) cannot make virtual environments: install what it lacks "
                f"(Debian and Ubuntu: apt-get install python3-venv) or name another one: PYTHON=/path/to/python make …"
            )
        try:
            if self.folder.is_symlink() or self.folder.is_file():
                self.folder.unlink()
            elif self.folder.exists():
                shutil.rmtree(self.folder)
        except OSError as fault:
            raise CannotGoOn(
                f"{self.folder} cannot be replaced ({fault.strerror}): remove it as its owner, then start again."
            ) from fault
        command = [sys.executable, "-m", "venv", str(self.folder)]
        if run_logged(command, log) != 0 or not self.runs():
            raise CannotGoOn(f"The virtual environment could not be made: {last_line(log)} (all of it: {log}).")

    def install(self, name: str, log: Path) -> None:
        """Install requirements/NAME.txt, by its hashes only. Raises CannotGoOn."""
        lock = self.requirements / f"{name}.txt"
        wanted = sum("==" in line and not line.startswith("#") for line in lock.read_text("utf-8").splitlines())
        self._stamp.unlink(missing_ok=True)
        pip = [str(self.python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--retries", "2"]
        fetched = 0
        last_said = time.monotonic()

        def watch(line: str) -> None:
            nonlocal fetched, last_said
            fetched += line.startswith("Collecting ")
            if time.monotonic() - last_said > 10:
                last_said = time.monotonic()
                say(f"    … {min(fetched, wanted)} of {wanted} found")

        # A lock names everything; asked to resolve it too, pip trips over extras once a newer release is out.
        if run_logged([*pip, "--no-deps", "--require-hashes", "-r", str(lock)], log, watch) != 0:
            raise CannotGoOn(pip_fault(log))
        locks = {name: self.lock_hash(name)}
        if name == "dev":
            locks["base"] = self.lock_hash("base")
        stamp = {"folder": str(self.folder), "locks": locks}
        half = self._stamp.with_suffix(".new")
        half.write_text(json.dumps(stamp), "utf-8")
        half.replace(self._stamp)


def run_logged(command: list[str], log: Path, watch: Callable[[str], None] | None = None) -> int:
    """Run a command with its output in the log file; return its exit code."""
    with log.open("w", encoding="utf-8", errors="replace") as file:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                file.write(line)
                file.flush()
                if watch is not None:
                    watch(line)
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def last_line(log: Path) -> str:
    """Return the last line of a log that says something."""
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"


def pip_fault(log: Path) -> str:
    """Say in one sentence why pip failed, judged by what it printed."""
    text = log.read_text("utf-8", "replace")
    if "DO NOT MATCH THE HASHES" in text:
        return f"A package that was fetched is not the one that is locked; nothing was installed (all of it: {log})."
    if "No space left on device" in text:
        return f"The disk is full: make room, then start again (all of it: {log})."
    if NO_INDEX.search(text):
        return (
            "The packages could not be fetched: the first start needs a network (or a package index that pip is "
            f"configured for); start again when there is one (all of it: {log})."
        )
    errors = [line.strip() for line in text.splitlines() if line.startswith("ERROR:")]
    reason = errors[-1] if errors else last_line(log)
    return f"The packages could not be installed: {reason} (all of it: {log}); start again to take it up anew."


@contextlib.contextmanager
def alone(file: Path) -> Iterator[None]:
    """Hold the checkout's installation for this process; a second one waits and says so."""
    with file.open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("    … another start is installing; waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def ensure(name: str, environment: Environment, logs: Path, steps: int) -> None:
    """Have the lock wholly installed, saying what is done and what stands already. Raises CannotGoOn."""
    with alone(environment.requirements / f"{name}.txt"):
        if environment.is_complete(name):
            say(f"1/{steps} virtual environment: there")
            say(f"2/{steps} locked packages: there")
            return
        log = log_file(logs, "install.log")
        if environment.runs():
            say(f"1/{steps} virtual environment: there")
        else:
            say(f"1/{steps} making the virtual environment …")
            environment.make(log)
        say(f"2/{steps} installing the locked packages (a minute or two, once) …")
        environment.install(name, log)


# --- the demonstration's own folder and secret ----------------------------------------------------------------------


def read_env(path: Path) -> dict[str, str]:
    """Read KEY=VALUE lines; a file that is not there is empty. Raises CannotGoOn where it cannot be read."""
    found: dict[str, str] = {}
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return found
    except (OSError, ValueError) as fault:
        raise CannotGoOn(f"{path} cannot be read ({fault}): mend or remove it.") from fault
    for line in text.splitlines():
        match = re.fullmatch(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*", line)
        if match:
            value = match[2]
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            found[match[1]] = value[1:-1] if quoted else value
    return found


def configured(checkout: Path = CHECKOUT) -> dict[str, str]:
    """Return the settings as the service will see them: `.env`, overruled by the environment."""
    return {**read_env(checkout / ".env"), **os.environ}


def var_folder(settings: dict[str, str], checkout: Path = CHECKOUT) -> Path:
    """Return where the embedded default keeps its data."""
    return Path(settings.get("CND_VAR") or checkout / "var").absolute()


def log_file(var: Path, name: str) -> Path:
    """Return the path of a log below var/, the folder made. Raises CannotGoOn where this user may not write."""
    path = var / "log" / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        # What another user's run left behind: better said here than by whichever part meets it first.
        for left in (*var.iterdir(), *var.glob("*/*")):
            if not os.access(left, os.W_OK):
                raise PermissionError(errno.EACCES, f"{left.relative_to(var)} belongs to another user")
    except OSError as fault:
        raise CannotGoOn(
            f"{var} cannot be written ({fault.strerror}): run `make reset` to put it aside, "
            "or name another folder: CND_VAR=/some/folder make run"
        ) from fault
    return path


def demonstration_environment(settings: dict[str, str], var: Path) -> dict[str, str]:
    """Return what the demonstration's processes are told beside the environment: CND_ENV and, if none is set, a secret.

    The secret is random, kept in var/demo.env for this user alone. Raises CannotGoOn if production is configured here.
    """
    stated = settings.get("CND_ENV", "")
    if stated not in {"", "demo"} or (not stated and settings.get("SECRET_KEY")):
        what = f"CND_ENV={stated}" if stated else "SECRET_KEY without CND_ENV, which means production"
        raise CannotGoOn(
            f"The environment or .env says {what}; the demonstration does not mix with it: "
            "leave that out or say CND_ENV=demo."
        )
    told = {"CND_ENV": "demo"}
    if settings.get("SECRET_KEY"):
        return told
    log_file(var, "install.log")
    path = var / "demo.env"
    secret = read_env(path).get("SECRET_KEY", "")
    if not secret:
        secret = secrets.token_urlsafe(48)
        half = var / f"demo.env.{os.getpid()}"
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f"CND_ENV=demo\nSECRET_KEY={secret}\n")
        half.replace(path)
    return {**told, "SECRET_KEY": secret}


def put_aside(var: Path) -> str:
    """Move var/ to a name of its own and say so. Raises CannotGoOn while it is in use or cannot be moved."""
    if not var.exists():
        return f"{var} is not there: nothing to put aside."
    with contextlib.suppress(OSError), (var / "run.lock").open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotGoOn(f"{var} is in use by a running `make run`: stop that one first (Ctrl-C).") from None
    aside = var.with_name(f"{var.name}-OLD-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        var.rename(aside)
    except OSError as fault:
        raise CannotGoOn(f"{var} cannot be moved ({fault.strerror}): move it by hand as its owner.") from fault
    return f"{var} is now {aside}; the next `make run` begins afresh."


# --- the commands ---------------------------------------------------------------------------------------------------


def go_on(python: Path, arguments: list[str], extra: dict[str, str] | None = None) -> NoReturn:
    """Become the environment's Python, with these arguments, in the checkout."""
    os.chdir(CHECKOUT)
    sys.stdout.flush()
    os.execve(python, [str(python), *arguments], {**os.environ, **(extra or {})})


def start(command: str, arguments: list[str]) -> None:
    """Carry out one command of the Makefile. Raises CannotGoOn."""
    version = sys.version_info[:2]
    if not OLDEST <= version <= NEWEST:
        raise CannotGoOn(
            f"This is Python {version[0]}.{version[1]}; the planner needs CPython 3.11, 3.12 or 3.13: "
            "PYTHON=/path/to/python make …"
        )
    if command not in {"run", "reset", "install", *TOOLS}:
        raise CannotGoOn(f"There is no command {command!r}: run, reset, install, {', '.join(TOOLS)}.")
    settings = configured()
    var = var_folder(settings)
    environment = Environment()
    if command == "reset":
        say(put_aside(var))
        return
    if command == "run":
        told = demonstration_environment(settings, var)
        ensure("base", environment, var, steps=5)
        # Held back until the demonstration can stop in an orderly way, so that an early Ctrl-C leaves no traceback.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        go_on(environment.python, ["manage.py", "demo"], told)
    ensure("dev", environment, var, steps=2)
    if command in TOOLS:
        go_on(environment.python, [*TOOLS[command], *arguments])


def main(arguments: list[str]) -> int:
    """Run one command; return the exit code for the shell."""

    def stop(number: int, frame: object) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, stop)
    try:
        start(arguments[0] if arguments else "", arguments[1:])
    except CannotGoOn as reason:
        print(reason, file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nStopped before it was ready; the next start takes it up again.", file=sys.stderr, flush=True)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
