"""What the Dockerfile makes, without an engine: its paths in a folder of their own, its environment, its command."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIGURED = {
    "CND_ENV": "production",
    "SECRET_KEY": "5f1c0d8a7b3e4296a0c4d2e8f6b1937a5c0e8d4f2b6a91735f1c0d8a7b3e4296",
    "ALLOWED_HOSTS": "planner.example,127.0.0.1",
    "SITE_URL": "https://planner.example",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "MAIL_FROM": "Secretariat <secretariat@planner.example>",
}
"""Production, with all that it needs and nothing that answers."""


def steps() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions of the last stage, in order, each with what follows it."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
    lines = [line.split(None, 1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    last = max(number for number, line in enumerate(lines) if line[0] == "FROM")
    return [(line[0], line[1]) for line in lines[last:]]


def copied() -> list[str]:
    """Return the paths of the checkout that are copied into the image."""
    return [rest.split()[0] for step, rest in steps() if step == "COPY" and not rest.startswith("--from")]


def command() -> list[str]:
    """Return what the image runs unless told otherwise."""
    (told,) = [rest for step, rest in steps() if step == "CMD"]
    return [str(word) for word in json.loads(told)]


def build_environment() -> tuple[dict[str, str], list[str]]:
    """Return the variables and the command of the step that collects static files."""
    (step,) = [rest for step, rest in steps() if step == "RUN" and "collectstatic" in rest]
    words = shlex.split(step)
    given = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
    return given, words[len(given) :]


def make(folder: Path) -> Path:
    """Copy what the image has into a folder; return where the service lies in it."""
    place = folder / "planner"
    place.mkdir()
    for name in copied():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, place / name)
    return place


def environment(place: Path, **told: str) -> dict[str, str]:
    """Return a bare environment with these settings; `python` and `celery` are those of this environment."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return {"PATH": path, "LC_ALL": "C.UTF-8", "STATIC_ROOT": str(place.parent / "static"), **told}


def run(place: Path, command: list[str], **told: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the image's place to its end."""
    env = environment(place, **told)
    command = [shutil.which(command[0], path=env["PATH"]) or command[0], *command[1:]]
    return subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, timeout=120)


def variables(text: str) -> set[str]:
    """Return the names that a text interpolates, as in `${NAME:-default}`."""
    return set(re.findall(r"\$\{([A-Z_]+)", text))
