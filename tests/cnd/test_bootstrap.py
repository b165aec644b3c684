"""The first start on a bare Python: what it makes, what it says when it cannot, and that the next one recovers.

A checkout in miniature is started as `make run` does; its one locked package is a wheel made here, so that nothing
asks a network.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnd import bootstrap
from tests.workers import eventually

# One process: the first start is shared.
pytestmark = [pytest.mark.once, pytest.mark.xdist_group("bootstrap")]
ROOT = Path(__file__).resolve().parent.parent.parent
MANAGE = """
import os, signal, sys
import planner_probe
held = signal.pthread_sigmask(signal.SIG_BLOCK, [])
told = os.environ["CND_ENV"], len(os.environ["SECRET_KEY"]) > 40
print("demo", sys.argv[1:], sys.prefix, *told, signal.SIGINT in held)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the smallest package that pip installs, and beside it a second version; return the first."""
    folder = tmp_path_factory.mktemp("wheels")
    for version in ("1.0", "2.0"):
        info = f"planner_probe-{version}.dist-info"
        with zipfile.ZipFile(folder / f"planner_probe-{version}-py3-none-any.whl", "w") as archive:
            archive.writestr("planner_probe.py", "")
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: planner-probe\nVersion: {version}\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
    return folder / "planner_probe-1.0-py3-none-any.whl"


class Checkout:
    """A checkout in miniature and the environment it is started in."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder.resolve()
        (folder / "cnd").mkdir(parents=True)
        (folder / "requirements").mkdir()
        for name in ("Makefile", "cnd/__init__.py", "cnd/bootstrap.py"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "manage.py").write_text(MANAGE)
        self.wheel = wheel
        self.lock("1.0")
        unwanted = ("PIP_", "MAKE", "MFLAGS", "CND_", "SECRET_KEY", "PYTHON", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheel.parent)}
        self.environment = {**kept, **pip, "PYTHON": BASE_PYTHON}

    def lock(self, version: str) -> None:
        """Lock version 1.0 by its hash, or another one by a hash that no file has."""
        sha256 = hashlib.sha256(self.wheel.read_bytes()).hexdigest() if version == "1.0" else "0" * 64
        for name in ("base", "dev"):
            (self.folder / f"requirements/{name}.txt").write_text(f"planner-probe=={version} --hash=sha256:{sha256}\n")

    def start_with_index(self, url: str) -> subprocess.Popen[str]:
        """Start with version 2.0 locked and an index to ask for it."""
        self.lock("2.0")
        empty = self.folder / "requirements"
        return self.start(PIP_NO_INDEX="0", PIP_FIND_LINKS=str(empty), PIP_INDEX_URL=url)

    def start(self, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [BASE_PYTHON, "-m", "cnd.bootstrap", "run"],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, **environment: str) -> tuple[int, list[str]]:
        with self.start(**environment) as process:
            output, _ = process.communicate(timeout=120)
            return process.returncode, output.splitlines()

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )

    @property
    def log(self) -> Path:
        return self.folder / "var" / "log" / "install.log"

    @property
    def demo_line(self) -> str:
        return f"demo ['demo'] {self.folder / '.venv'} demo True True"


BASE_PYTHON = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}")
MADE = ["1/5 making the virtual environment …", "2/5 installing the locked packages (a minute or two, once) …"]
INSTALLED = ["1/5 virtual environment: there", MADE[1]]
THERE = ["1/5 virtual environment: there", "2/5 locked packages: there"]


@pytest.fixture
def bare(tmp_path: Path, wheel: Path) -> Checkout:
    """Return a checkout that was never started."""
    return Checkout(tmp_path / "checkout", wheel)


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> tuple[Checkout, list[str]]:
    checkout = Checkout(tmp_path_factory.mktemp("installed") / "checkout", wheel)
    code, lines = checkout.run()
    assert code == 0, lines
    return checkout, lines


@pytest.fixture
def installed(first_start: tuple[Checkout, list[str]]) -> Iterator[Checkout]:
    """Return a checkout whose first start went well; every test leaves it so again."""
    checkout, _ = first_start
    yield checkout
    checkout.lock("1.0")


def test_first_start_makes_installs_and_goes_on(first_start: tuple[Checkout, list[str]]) -> None:
    checkout, lines = first_start

    assert lines == [*MADE, checkout.demo_line]


def test_second_start_goes_on_at_once(installed: Checkout) -> None:
    assert installed.run() == (0, [*THERE, installed.demo_line])


def test_make_passes_over_pythons_that_do_not_run(installed: Checkout, tmp_path: Path) -> None:
    for name, script in {"python3.13": "exit 127", "python3.12": "exit 1", "python3.11": "exit 1"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "python3").symlink_to(BASE_PYTHON)

    done = installed.make("run", PYTHON="", PATH=f"{tmp_path}:/usr/bin:/bin")

    assert done.stdout.splitlines()[-1] == installed.demo_line


def test_make_without_a_usable_python_is_one_sentence(bare: Checkout) -> None:
    done = bare.make("run", PYTHON="/bin/false")

    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        "No usable CPython 3.11, 3.12 or 3.13 was found (tried: /bin/false); install one, or name it: "
        "PYTHON=/path/to/python make run"
    )


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 14, 0)])
def test_wrong_python_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], version: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", version)

    assert bootstrap.main(["run"]) == 1

    assert capsys.readouterr().err == (
        f"This is Python 3.{version[1]}; the planner needs CPython 3.11, 3.12 or 3.13: PYTHON=/path/to/python make …\n"
    )


def test_python_without_ensurepip_is_one_sentence(monkeypatch: pytest.MonkeyPatch, bare: Checkout) -> None:
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(bootstrap.CannotGoOn, match=r"cannot make virtual environments: .*python3-venv"):
        bootstrap.Environment(bare.folder).make(bare.folder / "log")


@pytest.mark.parametrize(
    "damage",
    [
        "rm .venv/bin/python; ln -s /nowhere/python .venv/bin/python",
        "rm -r .venv/lib",
        "rm -r .venv; mkdir .venv",
        r"""printf '#!/bin/sh\necho 3.9 %s' "$PWD/.venv" > python; chmod +x python; mv -f python .venv/bin/python""",
        'sed -i \'s|"folder": "[^"]*"|"folder": "/elsewhere/.venv"|\' .venv/installed.json',
        "rm -r .venv; ln -s /nowhere .venv",
    ],
    ids=["dead", "without packages", "half made", "other Python", "moved", "dangling link"],
)
def test_unusable_environment_is_seen(installed: Checkout, damage: str, tmp_path: Path) -> None:
    shutil.copytree(installed.folder, tmp_path / "copy", symlinks=True)
    stamp = tmp_path / "copy" / ".venv" / "installed.json"
    stamp.write_text(stamp.read_text().replace(str(installed.folder), str(tmp_path / "copy")))
    environment = bootstrap.Environment(tmp_path / "copy")
    assert environment.is_complete("base")
    # The python there is a link out of the checkout: it is replaced, never written through.
    subprocess.run(["sh", "-ec", damage], cwd=tmp_path / "copy", check=True)

    assert not environment.runs()
    assert not environment.is_complete("base")


def test_environment_of_a_dead_python_is_made_anew(bare: Checkout) -> None:
    (bare.folder / ".venv" / "bin").mkdir(parents=True)
    (bare.folder / ".venv" / "bin" / "python").symlink_to("/nowhere/python")

    assert bare.run() == (0, [*MADE, bare.demo_line])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_install_leaves_no_pip_and_is_taken_up_again(installed: Checkout, number: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        process = installed.start_with_index(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        connection, _ = silent.accept()
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
        with connection:
            connection.settimeout(10)
            # The kernel has closed pip's end: nobody asks any more.
            eventually(lambda: connection.recv(65536) == b"", "pip has gone")
    stopped = ["", "Stopped before it was ready; the next start takes it up again."]
    assert (process.returncode, output.splitlines()) == (130, [*INSTALLED, *stopped])

    installed.lock("1.0")

    assert installed.run() == (0, [*INSTALLED, installed.demo_line])


def test_killed_install_is_taken_up_again(installed: Checkout) -> None:
    (installed.folder / ".venv" / "installed.json").unlink()

    assert installed.run() == (0, [*INSTALLED, installed.demo_line])


def test_no_network_is_one_sentence(installed: Checkout) -> None:
    with installed.start_with_index("http://127.0.0.1:1/") as process:
        output, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert output.splitlines()[2:] == [
        "The packages could not be fetched: the first start needs a network (or a package index that pip is configured "
        f"for); start again when there is one (all of it: {installed.log})."
    ]
    assert "127.0.0.1" in installed.log.read_text("utf-8")


def test_package_of_another_hash_is_refused_in_one_sentence(installed: Checkout) -> None:
    installed.lock("2.0")

    assert installed.run() == (
        1,
        [
            *INSTALLED,
            "A package that was fetched is not the one that is locked; nothing was installed "
            f"(all of it: {installed.log}).",
        ],
    )


def test_second_start_waits_for_one_that_installs(installed: Checkout) -> None:
    with (installed.folder / "requirements" / "base.txt").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = installed.start()
        assert process.stdout is not None
        assert process.stdout.readline() == "    … another start is installing; waiting for it\n"
        fcntl.flock(held, fcntl.LOCK_UN)
        output, _ = process.communicate(timeout=60)

    assert output.splitlines()[-1] == installed.demo_line


def test_secret_is_random_kept_and_for_its_owner_alone(installed: Checkout) -> None:
    path = installed.folder / "var" / "demo.env"
    before = path.read_text("utf-8")

    installed.run()

    assert path.read_text("utf-8") == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert before.startswith("CND_ENV=demo\nSECRET_KEY=")


def test_lost_secret_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "demo.env").write_text("CND_ENV=demo\n")

    told = bootstrap.demonstration_environment({}, tmp_path)

    assert len(told["SECRET_KEY"]) > 40
    assert bootstrap.demonstration_environment({}, tmp_path) == told


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("CND_ENV=production", "CND_ENV=production"),
        ("export SECRET_KEY='from the vault'", "SECRET_KEY without CND_ENV, which means production"),
    ],
)
def test_demonstration_does_not_mix_with_production(bare: Checkout, line: str, what: str) -> None:
    (bare.folder / ".env").write_text(f"# ours\n{line}\n")

    assert bare.run() == (
        1,
        [
            f"The environment or .env says {what}; the demonstration does not mix with it: "
            "leave that out or say CND_ENV=demo."
        ],
    )


def test_var_that_cannot_be_used_is_one_sentence(bare: Checkout) -> None:
    (bare.folder / "var").write_text("a file where the folder belongs")

    code, lines = bare.run()

    assert (code, len(lines)) == (1, 1)
    assert "run `make reset` to put it aside" in lines[0]


def test_reset_puts_var_aside_and_says_so(bare: Checkout) -> None:
    (bare.folder / "var").mkdir()
    (bare.folder / "var" / "kept").touch()

    done = bare.make("reset")

    (aside,) = bare.folder.glob("var-OLD-*")
    assert done.stdout == f"{bare.folder / 'var'} is now {aside}; the next `make run` begins afresh.\n"
    assert (aside / "kept").exists()


def test_reset_is_refused_while_var_is_served(bare: Checkout) -> None:
    (bare.folder / "var").mkdir()
    with (bare.folder / "var" / "run.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        done = bare.make("reset")

    assert done.stderr.splitlines()[0].endswith("is in use by a running `make run`: stop that one first (Ctrl-C).")
    assert (bare.folder / "var").exists()


def test_unknown_command_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(["dance"]) == 1

    assert capsys.readouterr().err.startswith("There is no command 'dance': run, reset, install, test, ")
