"""Backup and restore: put back elsewhere, the journal verifies and so does every proof; what is damaged is refused."""

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cnd.backup import MANIFEST, Unusable, restore_backup, write_backup
from cnd.models import Chain, JournalEntry, User
from sessions.models import Drawing
from tests import servers
from tests.sessions.scenes import as_officer, drawn_session, focal_point, inscribed
from tests.workers import database_url

ROOT = Path(__file__).resolve().parent.parent
VERIFIER = ROOT / "sessions/standalone/verify_draw.py"
ELSEWHERE = """
import json, sys
import django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("verify_journal")
from cnd.models import JournalEntry, User
from sessions.models import Drawing
client = Client()
bundles = {drawing.attempt: client.get(f"/api/v1/sessions/cnd67/draws/{drawing.attempt}/bundle/").content.decode()
           for drawing in Drawing.objects.filter(state="drawn")}
User.objects.create(username="the-next-one")
print(json.dumps([bundles, JournalEntry.objects.count()]))
"""

pytestmark = pytest.mark.django_db(transaction=True)


@contextlib.contextmanager
def another_database(folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database beside the test's own."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'elsewhere.sqlite3'}"
        return
    name = f"cnd_elsewhere_{uuid.uuid4().hex[:8]}"
    given = database_url()
    with psycopg.connect(given, autocommit=True) as own:
        own.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(given)._replace(path=f"/{name}").geturl()
        finally:
            own.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def run(url: str, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py, or a program, on a database."""
    env = {**os.environ, "CND_ENV": "test", "CND_VAR": str(folder), "DATABASE_URL": url}
    told = ["manage.py", *command] if command[0] != "-c" else list(command)
    return subprocess.run([sys.executable, *told], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)


def verified(bundle: str, folder: Path) -> int:
    """Have the program that anyone may download check a proof against what was announced; return its exit code."""
    proof = folder / f"{hashlib.sha256(bundle.encode()).hexdigest()}.json"
    proof.write_text(bundle, "utf-8")
    announced = Drawing.objects.get().announcement_sha256
    command = [sys.executable, str(VERIFIER), str(proof), "--announced", announced, "--strict"]
    return subprocess.run(command, capture_output=True).returncode


def rows() -> int:
    return JournalEntry.objects.count()


# --- restored elsewhere ---------------------------------------------------------------------------------------------


def is_true_elsewhere(url: str, folder: Path) -> None:
    """Check what was restored: journal, proofs, and that new rows find free numbers."""
    told = run(url, folder, "-c", ELSEWHERE)
    assert told.returncode == 0, told.stderr
    bundles, entries = json.loads(told.stdout.splitlines()[-1])
    assert (list(bundles), entries) == (["1"], rows())
    assert [verified(bundle, folder) for bundle in bundles.values()] == [0]


def test_what_is_restored_elsewhere_verifies(tmp_path: Path) -> None:
    session, _drawing = drawn_session()
    focal_point(session, "BE")
    inscribed(session, "CH", actor=as_officer(), speaker_name="Žofia “Quote” \\ \t Ångström\n", speaker_title="")
    head = Chain.objects.get(code="cnd67").last_hash
    file = tmp_path / "cnd.tar.gz"

    call_command("backup", str(file), stdout=io.StringIO())
    assert file.stat().st_mode & 0o777 == 0o600
    with another_database(tmp_path) as url:
        restored = run(url, tmp_path, "restore", str(file))
        assert (restored.returncode, restored.stderr) == (0, "")
        assert f"head {head}" in restored.stdout
        is_true_elsewhere(url, tmp_path)

    with pytest.raises(CommandError, match="This database is not empty: restore into a new one, and nothing is lost"):
        call_command("restore", str(file))
    assert Chain.objects.get(code="cnd67").last_hash == head


@pytest.mark.postgresql
def test_postgresqls_own_dump_does_as_well(tmp_path: Path) -> None:
    drawn_session()
    folder = servers.postgresql_installations()[0][0]
    dump = tmp_path / "cnd.dump"
    made = subprocess.run([folder / "pg_dump", "--format=custom", "--no-owner", f"--file={dump}", database_url()])
    assert made.returncode == 0
    restore = [str(folder / "pg_restore"), "--no-owner", "--exit-on-error", "--single-transaction"]
    cut = tmp_path / "cut.dump"
    cut.write_bytes(dump.read_bytes()[: dump.stat().st_size * 3 // 4])

    with another_database(tmp_path) as url:
        refused = subprocess.run([*restore, f"--dbname={url}", str(cut)], capture_output=True)
        with psycopg.connect(url) as elsewhere:
            left = elsewhere.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert (refused.returncode, left) == (1, (0,))
        assert subprocess.run([*restore, f"--dbname={url}", str(dump)]).returncode == 0
        is_true_elsewhere(url, tmp_path)


def test_files_come_along(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "here")
    (tmp_path / "here/flyers").mkdir(parents=True)
    (tmp_path / "here/flyers/a.pdf").write_bytes(b"%PDF of somebody")
    written = io.BytesIO()
    write_backup(written)
    settings.MEDIA_ROOT = str(tmp_path / "there")
    written.seek(0)

    restore_backup(written)

    assert (tmp_path / "there/flyers/a.pdf").read_bytes() == b"%PDF of somebody"


# --- refused --------------------------------------------------------------------------------------------------------


def repacked(backup: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """Return the backup with its members changed, well packed."""
    with tarfile.open(fileobj=io.BytesIO(backup)) as archive:
        members = {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]
    change(members)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def told(members: dict[str, bytes], **facts: Any) -> None:
    members[MANIFEST] = json.dumps(json.loads(members[MANIFEST]) | facts).encode()


def last_of(members: dict[str, bytes]) -> str:
    return list(members)[-1]


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "no backup, or only a piece of one"),
    "something else": (lambda _: b"PK\x03\x04 something else entirely" * 100, "no backup, or only a piece of one"),
    "cut in half": (lambda made: made[: len(made) // 2], "no backup, or only a piece of one"),
    "cut at its end": (lambda made: made[: len(made) * 9 // 10], "no backup, or only a piece of one|damaged|cut short"),
    "another archive": (
        lambda made: repacked(made, lambda members: members.pop(MANIFEST)),
        "its manifest is missing",
    ),
    "a part missing": (
        lambda made: repacked(made, lambda members: members.pop(last_of(members))),
        "cut short: .* is missing",
    ),
    "a part altered": (
        lambda made: repacked(made, lambda members: members.update({last_of(members): b"x"})),
        "damaged: .* is not what was written",
    ),
    "a part too many": (
        lambda made: repacked(made, lambda members: members.update({"tables/more": b"x"})),
        "tables/more is not listed",
    ),
    "out of its folder": (
        lambda made: repacked(made, lambda members: told(members, parts={"../x": "0"})),
        "outside its folder",
    ),
    "another release": (
        lambda made: repacked(made, lambda members: told(members, release="0.0.9", migrations=["cnd.0001_old"])),
        "made by release 0.0.9, .* restore it with that release",
    ),
    "another database": (
        lambda made: repacked(made, lambda members: told(members, vendor="oracle")),
        "made on oracle; this database is",
    ),
    "another format": (lambda made: repacked(made, lambda members: told(members, format=2)), "of another kind"),
}


@pytest.mark.sqlite
@pytest.mark.parametrize("how", DAMAGES)
def test_what_is_no_whole_backup_is_refused_before_anything_is_written(how: str) -> None:
    written = io.BytesIO()
    write_backup(written)
    damage, said = DAMAGES[how]

    with pytest.raises(Unusable, match=said):
        restore_backup(io.BytesIO(damage(written.getvalue())))

    assert (User.objects.count(), Chain.objects.count()) == (0, 0)


@pytest.mark.sqlite
def test_a_journal_that_was_broken_before_is_not_passed_over(tmp_path: Path) -> None:
    drawn_session(5)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cnd_journalentry SET reason = 'another' WHERE number = 2")
    file = tmp_path / "cnd.tar.gz"
    with file.open("wb") as out:
        write_backup(out)

    with another_database(tmp_path) as url:
        restored = run(url, tmp_path, "restore", str(file))

    assert restored.returncode == 1
    assert "the journal in it was broken before: cnd67/2: the content does not match its hash" in restored.stderr


def test_a_backup_never_replaces_another(tmp_path: Path) -> None:
    file = tmp_path / "cnd.tar.gz"
    file.write_bytes(b"the one before")

    with pytest.raises(CommandError, match="is there already; a backup never replaces another"):
        call_command("backup", str(file))

    assert file.read_bytes() == b"the one before"
