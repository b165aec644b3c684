import argparse
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from sessions.domain.proof import Discrepancy, NotABundle, verify

MOST_BYTES = 50_000_000


class Command(BaseCommand):
    help = "Verify the proof of a drawing. Exit 0: true; 1: the first discrepancy is named; 2: unusable input."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("bundle", type=Path, help="the downloaded proof, a JSON file")
        parser.add_argument("--announced", metavar="SHA256", help="the announcement's hash as it was circulated")
        parser.add_argument("--strict", action="store_true", help="anything unchecked or not compared is a failure")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            verification = verify(read_bundle(options["bundle"]), announced=options["announced"])
        except NotABundle as fault:
            self.stderr.write(f"UNUSABLE {fault}")
            sys.exit(2)
        except Discrepancy as fault:
            self.stdout.write(f"FALSE {fault}")
            sys.exit(1)
        for line in verification.checked:
            self.stdout.write(f"ok {line}")
        for line in verification.unchecked:
            self.stdout.write(f"UNCHECKED {line}")
        if not verification.is_compared:
            self.stdout.write(
                "NOT COMPARED the announcement's hash was not given from outside (--announced); "
                "a bundle forged consistently throughout can be found in no other way"
            )
        if verification.is_rehearsal:
            self.stdout.write("REHEARSAL this was drawn in a rehearsal")
        if options["strict"] and not verification.is_complete:
            self.stdout.write("FALSE something is unchecked, and --strict was given")
            sys.exit(1)
        self.stdout.write("TRUE")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def read_bundle(path: Path) -> Any:
    """Read a bundle file. Raises NotABundle for anything that is no JSON without repeated names."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise NotABundle(f"{path} is larger than {MOST_BYTES} bytes")
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
    except (OSError, ValueError, RecursionError) as fault:
        if isinstance(fault, NotABundle):
            raise
        raise NotABundle(f"{path}: {fault}") from fault
