"""SMTP that comes to an end: a server that falls silent, or drips its answer, has only so long for each reply."""

import contextlib
import smtplib
import socket
import threading

from django.core.mail.backends.smtp import EmailBackend


class NoAnswer(smtplib.SMTPServerDisconnected):
    """The server did not answer in time; it has been hung up on."""


class _Punctual(smtplib.SMTP):
    """A socket's timeout begins anew with every byte; this one ends a reply that comes a byte at a time too."""

    def getreply(self) -> tuple[int, bytes]:
        is_late = threading.Event()

        def hang_up() -> None:
            is_late.set()
            with contextlib.suppress(OSError):
                # Not the method of a TLS socket, which would take the connection apart under its reader.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # type: ignore[arg-type]

        watch = threading.Timer(self.timeout, hang_up)
        watch.daemon = True
        watch.start()
        try:
            reply = super().getreply()
        except smtplib.SMTPServerDisconnected as fault:
            if not is_late.is_set() and not isinstance(fault.__context__, TimeoutError):
                raise
            is_late.set()
        finally:
            watch.cancel()
        if is_late.is_set():  # what came until then is no reply
            self.close()
            raise NoAnswer("The mail server did not answer in time.")
        return reply


class _PunctualOverTls(_Punctual, smtplib.SMTP_SSL):
    pass


class PunctualBackend(EmailBackend):
    """Django's own, over connections whose every reply comes in time or not at all."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _PunctualOverTls if self.use_ssl else _Punctual
