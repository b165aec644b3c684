"""manage.py contract: write the API's contract to docs/openapi.json, or tell whether it is the one of this code."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cnd import contract


class Command(BaseCommand):
    help = "Write the API's OpenAPI document to docs/openapi.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Write nothing; fail if the file is out of date.")

    def handle(self, *args: Any, **options: Any) -> None:
        kept = contract.FILE.read_text("utf-8") if contract.FILE.exists() else ""
        if kept == contract.text():
            self.stdout.write(f"{contract.FILE.name} is up to date.")
        elif options["check"]:
            raise CommandError(f"{contract.FILE.name} is not the contract of this code; run: manage.py contract")
        else:
            contract.FILE.write_text(contract.text(), "utf-8")
            self.stdout.write(f"{contract.FILE} written.")
