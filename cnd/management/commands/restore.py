import argparse
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cnd.backup import Unusable, restore_backup


class Command(BaseCommand):
    help = "Put a backup into a new, empty database, and verify every journal in it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", help="what `manage.py backup` wrote; - for standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["file"] == "-":
                manifest = restore_backup(sys.stdin.buffer)
            else:
                with Path(options["file"]).open("rb") as source:
                    manifest = restore_backup(source)
        except OSError as fault:
            raise CommandError(f"{options['file']} cannot be read ({fault.strerror}).") from fault
        except Unusable as reason:
            raise CommandError(str(reason)) from reason
        self.stdout.write(f"ok restored as of {manifest['made_at']}")
        for code, number, hash_ in manifest["heads"]:
            self.stdout.write(f"ok journal {code}: {number} entries verify, head {hash_}")
