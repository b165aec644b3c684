"""Backup and restore: everything the service knows in one file, from one moment, and put back only where all is right.

The file is a tar archive: `manifest.json`, then on PostgreSQL one file a table as COPY gives it, on SQLite the database
itself, then the files people sent. The manifest names release, migrations, the heads of all journals, and the SHA-256
of every part; a part that is missing, short or altered is found before anything is written.
"""

import contextlib
import hashlib
import json
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from cnd import clock, journal
from cnd.models import Chain, User

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE = "database.sqlite3"
TABLES = "tables/"
FILES = "files/"
CHUNK = 1 << 20


class Unusable(Exception):
    """Why a backup was not made or not put back, in one sentence; nothing was changed."""


# --- making one -----------------------------------------------------------------------------------------------------


def write_backup(to: IO[bytes]) -> dict[str, Any]:
    """Write a backup as of one moment; return its manifest. Others go on reading and writing meanwhile."""
    with tempfile.TemporaryDirectory(prefix="cnd-backup-") as name:
        folder = Path(name)
        if connection.vendor == "postgresql":
            found = _dumped(folder)
        else:
            found = _copied(folder)
        parts = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        media = _files()
        manifest = {
            "format": FORMAT,
            "release": settings.RELEASE,
            "made_at": clock.rfc3339(clock.now()),
            "vendor": connection.vendor,
            **found,
            "parts": {
                **{str(path.relative_to(folder)): _hash_of(path) for path in parts},
                **{FILES + str(path.relative_to(settings.MEDIA_ROOT)): _hash_of(path) for path in media},
            },
        }
        with tarfile.open(fileobj=to, mode="w|gz") as archive:
            (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
            archive.add(folder / MANIFEST, MANIFEST)
            for path in parts:
                archive.add(path, str(path.relative_to(folder)))
            for path in media:
                archive.add(path, FILES + str(path.relative_to(settings.MEDIA_ROOT)))
    return manifest


def _files() -> list[Path]:
    root = Path(settings.MEDIA_ROOT) if settings.MEDIA_ROOT else None
    return [path for path in sorted(root.rglob("*")) if path.is_file()] if root and root.is_dir() else []


def _dumped(folder: Path) -> dict[str, Any]:
    """Copy every table out of one snapshot."""
    (folder / TABLES).mkdir()
    columns: dict[str, list[str]] = {}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for table in _tables():
            columns[table] = _columns(table)
            statement = f"COPY {_quoted(table)} ({_named(columns[table])}) TO STDOUT"
            with (
                connection.cursor() as cursor,
                (folder / TABLES / table).open("wb") as out,
                cursor.copy(statement) as copy,
            ):
                for data in copy:
                    out.write(data)
        return {"tables": columns, **_known()}


def _copied(folder: Path) -> dict[str, Any]:
    connection.ensure_connection()
    with contextlib.closing(sqlite3.connect(folder / SQLITE)) as copy:
        connection.connection.backup(copy)
        # Asked of the copy: the original may have gone on.
        migrations = copy.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
        heads = copy.execute("SELECT code, last_number, last_hash FROM cnd_chain ORDER BY code").fetchall()
    return {"migrations": [f"{app}.{name}" for app, name in migrations], "heads": [list(head) for head in heads]}


def _known() -> dict[str, Any]:
    heads = Chain.objects.order_by("code").values_list("code", "last_number", "last_hash")
    return {"migrations": _migrations(), "heads": [list(head) for head in heads]}


def _migrations() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


# --- putting one back -----------------------------------------------------------------------------------------------


def restore_backup(source: IO[bytes]) -> dict[str, Any]:
    """Put a backup into an empty database and verify every journal; return its manifest. Raises Unusable."""
    with tempfile.TemporaryDirectory(prefix="cnd-restore-") as name:
        folder = Path(name)
        manifest = _unpacked(source, folder)
        if manifest["vendor"] != connection.vendor:
            raise Unusable(f"This backup was made on {manifest['vendor']}; this database is {connection.vendor}.")
        _require_same_migrations(manifest)
        _require_empty()
        media = Path(settings.MEDIA_ROOT) if settings.MEDIA_ROOT else None
        if media is not None and _files():
            raise Unusable(f"{media} is not empty: restore beside it, or move it away.")
        if connection.vendor == "postgresql":
            call_command("migrate", verbosity=0, interactive=False)
            _loaded(folder, manifest)
        else:
            _placed(folder)
        _verify(manifest)
        for path in sorted((folder / FILES).rglob("*")) if media is not None else []:
            if path.is_file():
                place = media / path.relative_to(folder / FILES)  # type: ignore[operator]
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(path.read_bytes())
    return manifest


def _unpacked(source: IO[bytes], folder: Path) -> dict[str, Any]:
    """Unpack an archive and compare every part with the manifest. Raises Unusable."""
    try:
        with tarfile.open(fileobj=source, mode="r|gz") as archive:
            manifest = _manifest(archive)
            missing = dict(manifest["parts"])
            while (member := archive.next()) is not None:
                wanted = missing.pop(member.name, None)
                if wanted is None or not member.isfile():
                    raise Unusable(f"This is no backup as this service makes them: {member.name} is not listed.")
                if _unpack(archive, member, folder / member.name) != wanted:
                    raise Unusable(f"This backup is damaged: {member.name} is not what was written.")
    except (tarfile.TarError, EOFError, zlib.error, OSError) as trouble:
        raise Unusable(f"This is no backup, or only a piece of one ({trouble}).") from trouble
    if missing:
        raise Unusable(f"This backup was cut short: {min(missing)} is missing.")
    return manifest


def _manifest(archive: tarfile.TarFile) -> dict[str, Any]:
    member = archive.next()
    file = archive.extractfile(member) if member is not None and member.name == MANIFEST else None
    try:
        manifest: dict[str, Any] = json.load(file) if file else {}
    except ValueError:
        manifest = {}
    if manifest.get("format") != FORMAT:
        raise Unusable("This is no backup as this service makes them: its manifest is missing or of another kind.")
    if any(Path(name).is_absolute() or ".." in Path(name).parts for name in manifest["parts"]):
        raise Unusable("This is no backup as this service makes them: it would write outside its folder.")
    return manifest


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> str:
    place.parent.mkdir(parents=True, exist_ok=True)
    taken = archive.extractfile(member)
    assert taken is not None
    with place.open("wb") as out:
        shutil.copyfileobj(taken, out, CHUNK)
    return _hash_of(place)


def _require_empty() -> None:
    if Chain._meta.db_table in _tables() and (User.objects.exists() or Chain.objects.exists()):
        raise Unusable("This database is not empty: restore into a new one, and nothing is lost.")


def _require_same_migrations(manifest: dict[str, Any]) -> None:
    ours = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if set(manifest["migrations"]) != ours:
        raise Unusable(
            f"This backup was made by release {manifest['release']}, whose tables are not those of {settings.RELEASE}: "
            "restore it with that release, then go over to this one."
        )


def _loaded(folder: Path, manifest: dict[str, Any]) -> None:
    """Fill all tables in one transaction; references are checked at its end."""
    tables = manifest["tables"]
    if tables.keys() != set(_tables()):
        raise Unusable("This backup has other tables than this database.")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {_named(tables)}")
        for table, columns in tables.items():
            statement = f"COPY {_quoted(table)} ({_named(columns)}) FROM STDIN"
            with (folder / TABLES / table).open("rb") as data, cursor.copy(statement) as copy:
                while part := data.read(CHUNK):
                    copy.write(part)
        for each in connection.introspection.sequence_list():
            column, table = _quoted(each["column"]), _quoted(each["table"])
            highest = f"COALESCE(MAX({column}), 1), MAX({column}) IS NOT NULL"
            statement = f"SELECT setval(pg_get_serial_sequence(%s, %s), {highest}) FROM {table}"  # noqa: S608
            cursor.execute(statement, [table, each["column"]])


def _placed(folder: Path) -> None:
    connection.ensure_connection()
    with contextlib.closing(sqlite3.connect(folder / SQLITE)) as copy:
        copy.backup(connection.connection)
    connection.close()


def _verify(manifest: dict[str, Any]) -> None:
    heads = [list(head) for head in Chain.objects.order_by("code").values_list("code", "last_number", "last_hash")]
    if heads != manifest["heads"]:
        raise Unusable("What was restored is not what the backup says: do not use this database.")
    for chain in Chain.objects.order_by("code"):
        try:
            journal.verify(chain)
        except journal.BrokenLink as broken:
            raise Unusable(f"It is restored, but the journal in it was broken before: {broken}.") from broken


# --- both -----------------------------------------------------------------------------------------------------------


def _tables() -> list[str]:
    return sorted(set(connection.introspection.table_names()) - {"django_migrations"})


def _columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() "
            "AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _named(names: Iterable[str]) -> str:
    return ", ".join(map(_quoted, names))


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
