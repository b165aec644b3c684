"""A rehearsal's own environment. The rehearsal itself is run by hand: it takes a minute."""

import os
import subprocess
import sys
from pathlib import Path

from sessions.management.commands.rehearse import environment_of

ROOT = Path(__file__).resolve().parents[2]


def test_nothing_of_the_real_settings_reaches_a_rehearsal_by_whatever_name(tmp_path: Path) -> None:
    of_the_system = {"PATH": "/bin", "HOME": "/home/x", "LC_ALL": "C.UTF-8"}
    real = {
        "CND_ENV": "production",
        "DATABASE_URL": "postgres://real/db",
        "DATABASE_URL_FILE": "/run/secrets/database_url",
        "REDIS_URL_FILE": "/run/secrets/redis_url",
        "EMAIL_URL_FILE": "/run/secrets/email_url",
        "SECRET_KEY_FILE": "/run/secrets/secret_key",
        "MAIL_PARALLEL": "4",
    }
    inside = environment_of(tmp_path, of_the_system | real)
    assert {name: inside[name] for name in of_the_system} == of_the_system
    assert inside.keys() & real.keys() == {"CND_ENV"}
    assert (inside["CND_ENV"], inside["CND_VAR"]) == ("test", str(tmp_path))


def test_a_rehearsal_can_be_called_where_nothing_is_set(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "rehearse", "--help"]
    bare = {"PATH": os.defpath, "HOME": str(tmp_path), "CND_VAR": str(tmp_path)}
    done = subprocess.run(command, env=bare, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
