"""SMTP that comes to an end: a server that falls silent, or drips its answer, has only so long for each reply."""

import smtplib
import socket
from time import monotonic

from django.core.mail.backends.smtp import EmailBackend


class NoAnswer(smtplib.SMTPServerDisconnected):
    """The server did not answer in time; it has been hung up on."""


class _Lines:
    """What the server says, line by line. A socket's own timeout begins anew with every byte; this one does not."""

    def __init__(self, sock: socket.socket) -> None:
        self.until = 0.0
        self._sock = sock
        self._read = b""

    def readline(self, limit: int) -> bytes:
        """Return one line, or nothing when the server hangs up within it. Raises TimeoutError."""
        usual = self._sock.gettimeout()
        try:
            while b"\n" not in self._read and len(self._read) < limit:
                left = self.until - monotonic()
                if left <= 0:
                    raise TimeoutError
                self._sock.settimeout(left)
                if not (more := self._sock.recv(4096)):
                    return b""
                self._read += more
        finally:
            self._sock.settimeout(usual)
        line, end, self._read = self._read.partition(b"\n")
        return line + end

    def close(self) -> None:
        """Do what smtplib asks of a file; the socket is its own."""


class _Punctual(smtplib.SMTP):
    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            assert self.sock is not None
            self.file = _Lines(self.sock)
        self.file.until = monotonic() + self.timeout
        try:
            return super().getreply()
        except smtplib.SMTPServerDisconnected as fault:
            if isinstance(fault.__context__, TimeoutError):
                raise NoAnswer("The mail server did not answer in time.") from None
            raise


class _PunctualOverTls(_Punctual, smtplib.SMTP_SSL):
    pass


class PunctualBackend(EmailBackend):
    """Django's own, over connections whose every reply comes in time or not at all."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _PunctualOverTls if self.use_ssl else _Punctual
