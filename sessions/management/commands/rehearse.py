"""The whole job in one go: two months of deadlines, quotas, announcement, a draw by a real worker, both verifiers."""

import argparse
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from cnd import journal
from cnd.actors import COMMAND
from cnd.canonical import canonical
from sessions.management import two_months
from sessions.management.chapters import Rehearsal, chapters
from sessions.management.crew import crew
from sessions.models import Delegation, Drawing, GeneralDebate, Inscription, Level, Slot
from sessions.services.announcements import Sources, announce
from sessions.services.inscriptions import withdraw
from sessions.services.quotas import confirm_quotas, inscribed_by_group, proposed_quotas
from sessions.services.roster_import import import_roster, read_roster
from sessions.services.rules import rule_book
from sessions.services.setup import load_session

INSIDE = "CND_REHEARSE_INSIDE"
OF_THE_SYSTEM = {"PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH", "NO_COLOR", "TERM"}
"""What a rehearsal keeps of the environment it is called in."""
STANDALONE = Path(__file__).resolve().parents[2] / "standalone" / "verify_draw.py"
PATIENCE = timedelta(seconds=90)
VIENNA = ZoneInfo("Europe/Vienna")
BEGINS = datetime(2024, 1, 2, 8, tzinfo=VIENNA)
ROSTER_COMES = datetime(2024, 1, 30, 12, tzinfo=VIENNA)
POSTPONED = datetime(2024, 2, 20, 9, tzinfo=VIENNA)
ENDS = datetime(2024, 2, 27, 9, tzinfo=VIENNA)
LONGER = timedelta(hours=12)


class Command(BaseCommand):
    help = "Rehearse two months of deadlines and the drawing of lots on a temporary database, with workers of its own."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--delegations", type=int, default=130, help="how many Member States are inscribed")
        parser.add_argument("--seed", type=int, default=67, help="chooses who is inscribed and at what level")
        for chapter in chapters():
            chapter.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if not os.environ.get(INSIDE):
            with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
                sys.exit(self._run_inside(Path(folder)))
        self._rehearse(options["delegations"], options["seed"], options)

    def _run_inside(self, folder: Path) -> int:
        """Run this very command again where nothing of the real database, broker or `.env` can be reached."""
        return subprocess.call([sys.executable, *sys.argv], env=environment_of(folder, os.environ))

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _rehearse(self, count: int, seed: int, options: Mapping[str, Any]) -> None:
        began = time.monotonic()
        chance = random.Random(seed)
        self._say("1/9 a database of its own, and the session CND67 on 2 January 2024, 08:00 in Vienna")
        call_command("migrate", verbosity=0)
        session = load_session("cnd67", actor=COMMAND, say=lambda line: self._say(f"    {line}"), clock_at=BEGINS)
        debate = GeneralDebate.objects.get(session=session)
        roster = make_roster(debate, count, seed)
        two_months.make_readers(session, count, chance)
        rehearsal = Rehearsal(session, options, chance, self._say)
        doings = {at: do for chapter in chapters() for at, do in chapter.on_day(rehearsal).items()}

        def enter_roster() -> None:
            preview = read_roster(debate, roster)
            self._say(f"    the roster: {len(preview.new_rows)} inscriptions, {len(preview.faults)} faults")
            import_roster(debate=debate, text=roster, actor=COMMAND, reason="rehearsal")

        self._say("2/9 two months of deadlines at speed, with a worker that is killed at random moments")
        with crew() as both:
            leaps = two_months.run(
                session=session,
                until=ENDS,
                crew=both,
                chance=chance,
                say=self._say,
                on_day=doings
                | {
                    ROSTER_COMES: enter_roster,
                    POSTPONED: lambda: two_months.postpone(session, "debate", "inscription_closes", LONGER),
                },
            )
            kills = both.kills
        self._say(f"    {two_months.account(session, leaps, kills)}")

        quotas = proposed_quotas(debate)
        inscribed = inscribed_by_group(debate)
        proposed = ", ".join(f"{code} {quota} ({inscribed[code]} inscribed)" for code, quota in quotas.items())
        self._say(f"3/9 the quotas as proposed: {proposed}")
        confirm_quotas(debate=debate, quotas=quotas, actor=COMMAND)

        lead = rule_book(session).duration("draw", "rehearsal_lead") + timedelta(seconds=3)
        drawing = announce(
            debate=debate,
            sources=Sources(has_drand=False, has_rehearsal_seed=True),
            actor=COMMAND,
            draw_at=session.chain.now() + lead,
        )
        self._say(f"4/9 the announcement: {drawing.announcement_sha256}")
        chosen = debate.inscriptions.national().standing().in_order_of_receipt().first()
        if chosen and count > 1:
            withdraw(inscription=chosen, actor=COMMAND)
            self._say(f"    {chosen.delegation.code} withdraws meanwhile; that is applied right after the draw")

        self._say(f"5/9 a worker and beat, which draw in {round(lead.total_seconds())} s")
        with crew():
            drawing = self._wait(drawing)
        version = drawing.list_versions.order_by("number").last()
        if version is None:
            raise CommandError("the drawing has no list of speakers")
        vacant = debate.slots.filter(status=Slot.Status.VACANT).count()
        speakers = version.content["speakers"]
        self._say(f"6/9 the list of speakers, version {version.number}: {len(speakers)} places, {vacant} slots vacant")

        bundle = Path(settings.VAR_DIR) / "bundle.json"
        bundle.write_bytes(canonical(drawing.bundle))
        announced = ["--announced", drawing.announcement_sha256, "--strict"]
        product = [sys.executable, str(settings.BASE_DIR / "manage.py"), "verify_draw", str(bundle), *announced]
        self._check("7/9 this service's verifier", product)
        self._check("    the independent verifier", [sys.executable, "-I", str(STANDALONE), str(bundle), *announced])

        self._say("8/9 what surrounds the meeting, with a worker and beat")
        with crew():
            for chapter in chapters():
                chapter.at_end(rehearsal)

        entries = journal.verify(session.chain)
        self._say(f"9/9 the journal: {entries} entries verified")
        first = next(row for row in speakers if row["delegation"])
        lots = len(json.loads(bundle.read_bytes())["result"]["lots"])
        self._say(
            f"Done in {time.monotonic() - began:.0f} s: {lots} lots drawn once, "
            f"first speaker {first['delegation']}, both verifiers agree."
        )

    def _wait(self, drawing: Drawing) -> Drawing:
        until = time.monotonic() + PATIENCE.total_seconds()
        while time.monotonic() < until:
            drawing.refresh_from_db()
            if drawing.state == Drawing.State.DRAWN:
                self._say("    drawn")
                return drawing
            time.sleep(0.5)
        raise CommandError(f"the worker did not draw within {PATIENCE.seconds} s")

    def _check(self, what: str, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True)
        last = (done.stdout.strip() or done.stderr.strip()).splitlines()[-1]
        self._say(f"{what}: {last}")
        if done.returncode:
            raise CommandError(f"{what} does not agree:\n{done.stdout}{done.stderr}", returncode=1)


def environment_of(folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a rehearsal in this folder.

    Of the given one what is kept is named, not what is left out: a setting may come by its own name or by NAME_FILE.
    """
    return {name: value for name, value in given.items() if name in OF_THE_SYSTEM or name.startswith("LC_")} | {
        INSIDE: "1",
        "CND_ENV": "test",
        "CND_VAR": str(folder),
        "SECRET_KEY": secrets.token_urlsafe(32),
        "SWEEP_SECONDS": "0.5",
        "LEASE_SECONDS": "3",
        "EMAIL_TIMEOUT_S": "0.3",
        "LOG_LEVEL": "WARNING",
    }


def make_roster(debate: GeneralDebate, count: int, seed: int) -> str:
    """Return a roster of `count` Member States at random levels, a group statement each, and all others, as CSV."""
    members = Delegation.objects.filter(session=debate.session_id, kind=Delegation.Kind.MEMBER_STATE)
    codes = list(members.order_by("code").values_list("code", "group__code"))
    if not 1 <= count <= len(codes):
        raise CommandError(f"--delegations must be between 1 and {len(codes)}.")
    chance = random.Random(seed)
    chosen = sorted(chance.sample(codes, count))
    chairs = {group: code for code, group in chosen}
    others = Delegation.objects.filter(session=debate.session_id).exclude(kind=Delegation.Kind.MEMBER_STATE)
    rows = [(code, Inscription.Statement.NATIONAL.value) for code, _ in chosen]
    rows += [(code, Inscription.Statement.GROUP.value) for code in sorted(chairs.values())]
    rows += [(each.code, Inscription.Statement.OTHER.value) for each in others.order_by("code")]
    lines = [f"{code},{statement},{chance.choice(Level.values)}" for code, statement in rows]
    return "\n".join(["delegation,statement,level", *lines, ""])
