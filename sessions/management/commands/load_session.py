from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cnd.actors import COMMAND
from cnd.errors import DomainError
from sessions.services.setup import load_session


class Command(BaseCommand):
    help = "Load a session and its rule book from its file. May be run again: nothing decided since is overridden."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="such as cnd67, or the path of a .toml file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            load_session(options["name"], actor=COMMAND, say=self.stdout.write)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
