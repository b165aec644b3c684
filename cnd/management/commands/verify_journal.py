import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cnd import journal
from cnd.clock import parse_rfc3339
from cnd.models import Chain


class Command(BaseCommand):
    help = "Recompute the hash chain of every journal and name the first broken link."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("chain", nargs="?", help="code of one chain, for instance cnd67; without it all")
        parser.add_argument(
            "--checkpoint",
            action="append",
            default=[],
            metavar="AT=SEAL",
            help="a public checkpoint kept outside, as `at` and `seal` of journal/head/; needs CHAIN",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chains = Chain.objects.order_by("code")
        if options["chain"]:
            chains = chains.filter(code=options["chain"])
            if not chains:
                raise CommandError(f"There is no chain {options['chain']!r}.")
        elif options["checkpoint"]:
            raise CommandError("A checkpoint belongs to one chain; name it.")
        try:
            seals = [(parse_rfc3339(at), seal) for at, _, seal in (c.partition("=") for c in options["checkpoint"])]
        except ValueError as fault:
            raise CommandError(f"{fault}; give it as 2024-02-29T09:00:00.000000Z=SEAL") from None
        for chain in chains:
            try:
                count = journal.verify(chain, seals=seals)
            except journal.BrokenLink as broken:
                raise CommandError(f"BROKEN {broken}", returncode=1) from None
            kept = f", {len(seals)} checkpoints from outside" if seals else ""
            self.stdout.write(f"ok {chain.code}: {count} entries{kept}")
