"""Mails a second into a mail server of this machine, beside the most that this server takes from a bare client.

The server is a process of its own that reads every mail and throws it away. The bare client hands it the same bytes,
one of the notices, over as many connections as deliveries have, and does nothing else: that is the server's limit.
"""

import contextlib
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from tests.bench.http import ROOT, production

READERS = 500
ROUNDS = 3
PATIENCE_S = 120.0
SENDER, READER = "bench@127.0.0.1", "reader@reader.invalid"


class Part:
    """One process of this measurement, which is told line by line what to do."""

    def __init__(self, what: str, env: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.bench.notices", what]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.first = self.read()

    def ask(self, line: str) -> str:
        self.say(line)
        return self.read()

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def read(self) -> str:
        """Return the next line it says. Ends the measurement when it says nothing any more."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a process of the measurement of mails ended early")
        return line.strip()

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def measure(database_url: str, redis_url: str, folder: Path) -> dict[str, Any]:
    """Return for one and for two connections what the server takes and what deliveries send, round by round."""
    env = production(database_url, redis_url, folder)
    queue = f"cnd-bench-{uuid.uuid4().hex[:12]}"
    with contextlib.ExitStack() as stack:

        def started(what: str, **more: str) -> Part:
            part = Part(what, env | more)
            stack.callback(part.end)
            return part

        sink = started("sink")
        env |= {"CND_QUEUE": queue, "EMAIL_URL": f"smtp://127.0.0.1:{sink.first}", "MAIL_PARALLEL": "2"}
        env |= {"BENCH_MAIL": str(folder / "notice.eml"), "BENCH_SINK": sink.first}
        stack.callback(forget, redis_url, queue)
        teller = started("tell")
        found: dict[str, Any] = {"readers": READERS, "bytes": int(teller.first), "telling_s": []}
        for count in (1, 2):
            senders = {what: [started(what, MAIL_PARALLEL=str(count)) for _ in range(count)] for what in WAYS}
            runs: dict[str, list[float]] = {what: [] for what in WAYS}
            # The first round only warms up.
            for number in range(-1, ROUNDS):
                found["telling_s"] += [float(teller.ask("tell"))]
                for what, parts in senders.items():
                    rate = sent_per_second(parts, sink)
                    runs[what] += [rate] if number >= 0 else []
            ratios = [mine / most for most, mine in zip(runs["bare"], runs["deliver"], strict=True)]
            found[f"connections: {count}"] = {
                "limit_per_second": statistics.median(runs["bare"]),
                "notices_per_second": statistics.median(runs["deliver"]),
                "ratio": statistics.median(ratios),
                "runs": runs,
            }
        return found


def sent_per_second(parts: list[Part], sink: Part) -> float:
    """Have these processes send all there is; return how many a second the server took. Ends if one was lost."""
    began = time.perf_counter()
    for part in parts:
        part.say(f"{READERS // len(parts)}")
    for part in parts:
        part.read()
    took = time.perf_counter() - began
    if (arrived := int(sink.ask("count"))) != READERS:
        raise SystemExit(f"{READERS} mails were to be sent and {arrived} arrived")
    return READERS / took


def forget(redis_url: str, queue: str) -> None:
    """Leave nothing of the measurement's own queue in the broker, where no worker reads it."""
    with redis.Redis.from_url(redis_url) as broker:
        broker.delete(queue, f"_kombu.binding.{queue}")


def lines(found: dict[str, Any]) -> list[str]:
    """Return the part of the table."""
    title = f"Mails of {found['bytes']:,} bytes, a second"
    told = [f"{title:32}{'the server':>12}{'delivered':>12}   ratio"]
    for count in (1, 2):
        each = found[f"connections: {count}"]
        name = f"{count} connection{'s' * (count > 1)}"
        told.append(
            f"{name:32}{each['limit_per_second']:>12,.0f}{each['notices_per_second']:>12,.0f}   {each['ratio']:.2f}"
        )
    told.append(f"(a notice told to {found['readers']} readers: {statistics.median(found['telling_s']):.2f} s)")
    return told


# --- the processes ----------------------------------------------------------------------------------------------------


def answer(first: str, do: Callable[[str], str]) -> None:
    """Say the first line, then answer every line that comes."""
    print(first, flush=True)
    for line in sys.stdin:
        print(do(line.strip()), flush=True)


def be_sink() -> None:
    """Be the mail server: say the port, then how many mails came since it was asked last."""
    import asyncio
    import threading

    from aiosmtpd.smtp import SMTP, Envelope, Session

    came = 0

    class Sink:
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
            nonlocal came
            came += 1
            return "250 OK"

    def count(_line: str) -> str:
        nonlocal came
        told, came = came, 0
        return str(told)

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    serving = loop.create_server(lambda: SMTP(Sink(), hostname="localhost", loop=loop), "127.0.0.1")
    listening = asyncio.run_coroutine_threadsafe(serving, loop).result(10)
    answer(str(listening.sockets[0].getsockname()[1]), count)


def be_bare() -> None:
    """Be a bare client: hand over one mail so many times over one connection."""
    import os
    import smtplib

    mail = Path(os.environ["BENCH_MAIL"]).read_bytes()

    def send(count: str) -> str:
        with smtplib.SMTP("127.0.0.1", int(os.environ["BENCH_SINK"]), local_hostname="localhost") as post:
            for _ in range(int(count)):
                post.sendmail(SENDER, [READER], mail)
        return "sent"

    answer("ready", send)


def be_deliver() -> None:
    """Be a worker that delivers until nothing is left, its own or another's."""
    import django

    django.setup()
    from cnd.models import Notice
    from cnd.outbox.delivery import deliver

    def send(_count: str) -> str:
        until = time.monotonic() + PATIENCE_S
        while Notice.objects.filter(state=Notice.State.WAITING).exists() and time.monotonic() < until:
            deliver()
        return "sent"

    answer("ready", send)


def be_tell() -> None:
    """Be the secretariat: have readers in a session in earnest, say how large a mail is, then tell all when asked."""
    import os

    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from cnd import journal
    from cnd.actors import COMMAND
    from cnd.models import Notice
    from cnd.outbox.mail import as_mail
    from cnd.outbox.telling import tell
    from tests.sessions.scenes import make_session

    session = make_session(at=None)
    make_readers(session)
    words = {
        "subject": {"*": "The room has changed"},
        "text": {"*": "The general debate continues in Boardroom D.\n\n" * 5},
    }

    def tell_all(key: str) -> None:
        with journal.decision(session.chain, action="measure", subject="bench", actor=COMMAND) as draft:
            draft.change("message", None, key)
            tell(chain=session.chain, kind="message", key=key, audience="delegations", context=words)

    tell_all("sample")
    waiting = Notice.objects.filter(state=Notice.State.WAITING).select_related("cause__chain", "recipient")
    mail = as_mail(waiting[0], READER).message().as_bytes().replace(b"\n", b"\r\n")
    Path(os.environ["BENCH_MAIL"]).write_bytes(mail)
    waiting.update(state=Notice.State.CANCELLED, next_attempt_at=None)

    def told(_line: str) -> str:
        began = time.perf_counter()
        tell_all(uuid.uuid4().hex)
        return str(time.perf_counter() - began)

    answer(str(len(mail)), told)


def make_readers(session: Any) -> None:
    """Have so many focal points, shared out over the delegations, in bulk."""
    from cnd.models import User
    from sessions.models import Delegation, Membership

    delegations = list(Delegation.objects.filter(session=session))
    users = User.objects.bulk_create(
        [
            User(username=f"reader-{number}", email=f"reader-{number}@reader.invalid", role=User.Role.DELEGATION)
            for number in range(READERS)
        ]
    )
    Membership.objects.bulk_create(
        [Membership(user=user, delegation=delegations[number % len(delegations)]) for number, user in enumerate(users)]
    )


WAYS: dict[str, Callable[[], None]] = {"bare": be_bare, "deliver": be_deliver}
OTHERS: dict[str, Callable[[], None]] = {"sink": be_sink, "tell": be_tell}

if __name__ == "__main__":
    (WAYS | OTHERS)[sys.argv[1]]()
