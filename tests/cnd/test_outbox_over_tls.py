"""Mail over TLS and with a password, as in production: replies end in time there too, and no secret is told."""

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from cnd import clock
from cnd.models import Notice
from cnd.outbox.delivery import backlog, deliver
from tests.cnd.chains import make_chain
from tests.cnd.letters import outcome, reader, told
from tests.smtp import DRIP, HANG, MailServer, mail_server

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letter_kinds")]

State = Notice.State


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a file with a certificate of 127.0.0.1 and its key, which nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(clock.now() - day)
        .not_valid_after(clock.now() + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


@pytest.fixture(params=["on demand", "at once"])
def server(
    request: pytest.FixtureRequest, certificate: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MailServer]:
    """Return a mail server with TLS whose certificate is known here."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.EMAIL_BACKEND = "cnd.outbox.smtp.PunctualBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT, settings.MAIL_PAUSES_S = "127.0.0.1", 0.5, [0.0]
    at_once = request.param == "at once"
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = not at_once, at_once
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "planner", "the password"
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with mail_server(tls, at_once=at_once) as running:
        settings.EMAIL_PORT, running.password = running.port, "the password"
        yield running


@pytest.fixture
def notice(server: MailServer) -> Notice:
    return told(make_chain(), reader())


def test_mail_goes_out_over_tls_with_a_password(server: MailServer, notice: Notice) -> None:
    assert deliver() == 1

    assert outcome(notice) == (State.SENT, 1, "")
    assert server.times_by_id() == {notice.message_id: 1}


@pytest.mark.parametrize("manners", [HANG, DRIP])
def test_server_that_falls_silent_is_left_in_time(server: MailServer, notice: Notice, manners: str) -> None:
    server.manners["data"] = manners

    deliver()

    assert outcome(notice) == (State.WAITING, 1, "NoAnswer: The mail server did not answer in time.")


def test_wrong_password_is_the_servers_trouble_and_is_not_told(server: MailServer, notice: Notice) -> None:
    server.password = "another one"

    deliver()

    assert outcome(notice) == (State.WAITING, 1, "535 5.7.8 Authentication credentials invalid")
    assert backlog().server_failures == 1


def test_server_that_cannot_prove_who_it_is_gets_no_mail(
    server: MailServer, notice: Notice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    deliver()

    assert server.accepted == []
    assert outcome(notice)[2].startswith("SSLCertVerificationError: ")
