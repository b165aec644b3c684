"""Fixtures of the ground's tests."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

if TYPE_CHECKING:
    from tests.smtp import MailServer


@pytest.fixture
def letter_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the kinds of tests.cnd.letters known, to this test alone."""
    # This file is loaded before Django is set up.
    from cnd.outbox import kinds
    from tests.cnd.letters import KINDS

    for kind in KINDS:
        monkeypatch.setitem(kinds._kinds, kind.code, kind)


@pytest.fixture
def server(settings: Settings) -> Iterator["MailServer"]:
    """Return a mail server of this machine, to which this process delivers; its failures make no pause."""
    from tests.smtp import mail_server

    settings.EMAIL_BACKEND = "cnd.outbox.smtp.PunctualBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.MAIL_PAUSES_S = [0.0]
    with mail_server() as running:
        settings.EMAIL_PORT = running.port
        yield running
