import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from cnd.doctor import PARTS, examine, try_mail
from cnd.health import FAULT, OK


class Command(BaseCommand):
    help = "Examine this deployment and say what to do about what is not well. Exit 1 if anything is at fault."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--only", action="append", default=[], choices=sorted(PARTS), help="one part; repeatable")
        parser.add_argument("--mail-to", metavar="ADDRESS", help="also send one trial mail there")
        parser.add_argument("--json", action="store_true", help="as JSON, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        found = examine(options["only"])
        if options["mail_to"]:
            found.append(try_mail(options["mail_to"]))
        is_well = all(finding.state != FAULT for finding in found)
        if options["json"]:
            told = {"well": is_well, "findings": [asdict(finding) for finding in found]}
            self.stdout.write(json.dumps(told, indent=2))
        else:
            for finding in found:
                self.stdout.write(f"{finding.state:8} {finding.part:13} {finding.said}")
                if finding.state != OK:
                    self.stdout.write(f"{'':22} {finding.todo}")
        if not is_well:
            sys.exit(1)
