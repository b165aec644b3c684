import argparse
import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cnd.backup import write_backup


class Command(BaseCommand):
    help = (
        "Write everything the service knows, as of one moment, into one file. It holds personal data: keep it closed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", help="a file that is not there yet, such as cnd.tar.gz; - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"] == "-":
            write_backup(sys.stdout.buffer)
            return
        file = Path(options["file"])
        if file.exists():
            raise CommandError(f"{file} is there already; a backup never replaces another.")
        half = file.with_name(f"{file.name}.part")
        try:
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
                manifest = write_backup(out)
                out.flush()
                os.fsync(out.fileno())
        except OSError as fault:
            raise CommandError(f"{file} cannot be written ({fault.strerror}).") from fault
        half.replace(file)
        self.stdout.write(f"ok {file}: {file.stat().st_size} bytes, {len(manifest['parts'])} parts")
        for code, number, hash_ in manifest["heads"]:
            self.stdout.write(f"ok journal {code}: {number} entries, head {hash_}")
