"""A mail server of this machine that keeps what it accepts, and misbehaves where a test asks for it."""

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

logging.getLogger("mail.log").setLevel(logging.ERROR)

HANG = "hang"
"""Say nothing any more, and keep the connection."""
DRIP = "drip"
"""Answer a byte at a time, and never to the end."""
DROP = "drop"
"""Accept the mail and keep it, but end the connection instead of saying so."""


class MailServer:
    """Its manners are a reply such as "451 later" or one of HANG, DRIP, DROP; without any it is a good server."""

    def __init__(self) -> None:
        self.port = 0
        self.accepted: list[EmailMessage] = []
        self.manners: dict[str, str] = {}
        """By the stage of a mail: `mail`, `rcpt` or `data`."""
        self.manners_for: dict[str, str] = {}
        """By the address of the reader, at the stage `data`."""
        self.slowness_s = 0.0
        """How long every mail takes."""
        self.mails_a_connection = 0
        """After how many mails a connection is ended, as some servers do; 0: never."""
        self.password = ""
        """What whoever signs in has to know."""
        self.connections = 0
        self.most_at_once = 0
        self._at_once = 0

    def times_by_id(self) -> Counter[str]:
        """Count how often each Message-ID was accepted."""
        return Counter(str(mail["Message-ID"]) for mail in list(self.accepted))

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        """Let in who knows the password."""
        return AuthResult(success=given.password == self.password.encode(), handled=False)

    # --- the hooks of aiosmtpd ----------------------------------------------------------------------------------------

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        done = getattr(session, "mails", 0)
        if self.mails_a_connection and done >= self.mails_a_connection:
            _transport(server).abort()
        envelope.mail_from = address
        return await self._answer(server, self.manners.get("mail", ""), "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer(server, self.manners.get("rcpt", ""), "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self.slowness_s)
            manners = self.manners_for.get(envelope.rcpt_tos[0], self.manners.get("data", ""))
            if manners in ("", DROP):
                assert isinstance(envelope.content, bytes)
                mail = message_from_bytes(envelope.content, policy=policy.default)
                assert isinstance(mail, EmailMessage)
                self.accepted.append(mail)
                session.mails = getattr(session, "mails", 0) + 1  # type: ignore[attr-defined]
            return await self._answer(server, manners, "250 OK")
        finally:
            self._at_once -= 1

    async def _answer(self, server: SMTP, manners: str, good: str) -> str:
        if manners == HANG:
            await asyncio.sleep(3600)
        elif manners == DRIP:
            for _ in range(3600):
                _transport(server).write(b"2")
                await asyncio.sleep(0.05)
        elif manners == DROP:
            _transport(server).abort()
        return good if manners in ("", DROP) else manners


def _transport(server: SMTP) -> asyncio.Transport:
    assert isinstance(server.transport, asyncio.Transport)
    return server.transport


class _Counting(SMTP):
    def connection_made(self, transport: Any) -> None:
        self.event_handler.connections += 1
        super().connection_made(transport)


@contextlib.contextmanager
def mail_server(tls: ssl.SSLContext | None = None, *, at_once: bool = False) -> Iterator[MailServer]:
    """Run a mail server on a free port of 127.0.0.1, with TLS on demand or `at_once` if a context is given."""
    server = MailServer()
    on_demand = None if at_once else tls
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncio.Server:
        def speak() -> SMTP:
            return _Counting(
                server,
                hostname="localhost",
                loop=loop,
                tls_context=on_demand,
                authenticator=server.authenticate,
                auth_require_tls=not at_once,
            )

        return await loop.create_server(speak, "127.0.0.1", ssl=tls if at_once else None)

    async def end(listening: asyncio.Server) -> None:
        listening.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    listening = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(end(listening), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """Listen on 127.0.0.1 and never say a word; yield the port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(50)
        yield int(listening.getsockname()[1])
