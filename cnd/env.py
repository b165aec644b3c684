"""The environment: which one this is, secrets that lie in files, and what is missing or unfit, said in one sentence.

Read before Django is configured, so that nothing of ours is imported here. `.env` beside manage.py is read too, except
in tests.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Read = Callable[[str], str]

NEEDED = ("SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "MAIL_FROM")
"""What production cannot do without."""
NUMBERS = {
    "CONN_MAX_AGE": int, "DRAND_TIMEOUT_S": float, "EMAIL_TIMEOUT_S": float, "IDEMPOTENCY_DAYS": int,
    "INVITATION_HOURS": int, "LEASE_SECONDS": int, "MAIL_BATCH_SECONDS": float, "MAIL_LEASE_SECONDS": float,
    "MAIL_PARALLEL": int, "NUM_PROXIES": int, "PASSWORD_RESET_HOURS": int, "PORT": int, "SECURE_HSTS_SECONDS": int,
    "SIGN_IN_HOURS": int, "SWEEP_SECONDS": float,
}  # fmt: skip
SERIES = ("MAIL_PAUSES_S", "MAIL_RETRY_DELAYS_S")
"""Numbers, separated by commas."""
SWITCHES = (
    "ALLOW_REHEARSAL", "BEHIND_TLS_PROXY", "PREPARE_STATEMENTS", "REQUIRE_STAFF_MFA", "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_PRELOAD", "SECURE_SSL_REDIRECT",
)  # fmt: skip
RATES = ("THROTTLE_ANONYMOUS", "THROTTLE_DRAW_VALUES", "THROTTLE_TOKEN", "THROTTLE_WRITES")
SECRETS = ("METRICS_TOKEN", "OIDC_CLIENT_SECRET")
"""What besides the needed may lie in a file; so may everything else."""
YES = frozenset({"true", "on", "ok", "y", "yes", "1"})
NO = frozenset({"false", "off", "n", "no", "0"})
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
NOBODYS_DOMAINS = {"example.org", "example.com", "example.net", "localhost", ""}
MOST = 1_000_000_000
SHORTEST_KEY, FEWEST_CHARACTERS, SHORTEST_TOKEN = 50, 5, 20


class _Variables(FileAwareMapping):
    """The environment; what NAME_FILE names is the value of NAME, without the line end that files have."""

    def __getitem__(self, key: str) -> str:
        value: str = super().__getitem__(key)
        return value.rstrip("\r\n") if self.env.get(f"{key}_FILE") else value


class Env(environ.Env):
    """django-environ, with secrets in files: SECRET_KEY_FILE=/run/secrets/secret_key stands for SECRET_KEY."""

    ENVIRON = _Variables()

    def unreadable(self, names: Iterable[str]) -> list[str]:
        """Return for every name whose file cannot be read what is wrong with it."""
        found = []
        for name in names:
            try:
                self.str(name, "")
            except (OSError, ValueError) as fault:
                reason = fault.strerror if isinstance(fault, OSError) else "not text"
                found.append(f"{name}_FILE cannot be read ({reason})")
        return found


BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
if env.str("CND_ENV", default="") != "test":
    env.read_env(BASE_DIR / ".env")
    # Written by the demonstration for itself alone; it counts only where nothing else says what this service is.
    _demo = Path(env.str("CND_VAR", default=str(BASE_DIR / "var"))) / "demo.env"
    if not env.str("CND_ENV", default="") and not env.str("SECRET_KEY", default="") and _demo.exists():
        env.read_env(_demo)
CND_ENV = env.str("CND_ENV", default="production")
IS_PRODUCTION = CND_ENV == "production"


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read addresses and networks, such as 10.0.0.0/8. Raises ValueError."""
    return tuple(ipaddress.ip_network(text.strip(), strict=False) for text in texts if text.strip())


# --- what is wrong anywhere -----------------------------------------------------------------------------------------


def malformed(read: Read) -> list[str]:
    """Say of every variable that cannot be read as what it is what it must be."""
    found = []
    kinds = NUMBERS | dict.fromkeys(SERIES, float)
    for name, kind in kinds.items():
        try:
            if any(not 0 <= kind(part) < MOST for part in (read(name).split(",") if read(name) else [])):
                found.append(f"{name} must not be negative or beyond all reason")
        except ValueError:
            found.append(f"{name} must be {'numbers, separated by commas' if name in SERIES else 'a number'}")
    for name in SWITCHES:
        if read(name) and read(name).lower() not in YES | NO:
            found.append(f"{name} must be true or false")
    for name in RATES:
        if read(name) and not re.fullmatch(r"[1-9]\d{0,8}/(s|sec|m|min|h|hour|d|day)", read(name)):
            found.append(f"{name} must be a rate such as 60/min")
    for name in ("TRUSTED_PROXIES", "METRICS_ALLOW"):
        try:
            networks(read(name).split(","))
        except ValueError:
            found.append(f"{name} must be addresses or networks such as 10.0.0.0/8, separated by commas")
    if read("LOG_LEVEL") and read("LOG_LEVEL") not in LEVELS:
        found.append(f"LOG_LEVEL must be one of {', '.join(LEVELS)}")
    return found


# --- what is unfit for production -----------------------------------------------------------------------------------


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _unfit(read: Read) -> Iterator[str]:
    key = read("SECRET_KEY")
    if key and (len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS or key.startswith("django-insecure")):
        yield f"SECRET_KEY must be {SHORTEST_KEY} characters at random or more (openssl rand -hex 32)"
    hosts = _listed(read("ALLOWED_HOSTS"))
    if any("*" in host or "/" in host or re.search(r"[^\]]:\d+$", host) for host in hosts):
        yield "ALLOWED_HOSTS must name hosts, without *, scheme or port"
    yield from _unfit_addresses(read, hosts)
    address = parseaddr(read("MAIL_FROM"))[1]
    if read("MAIL_FROM") and ("@" not in address or address.rpartition("@")[2].lower() in NOBODYS_DOMAINS):
        yield "MAIL_FROM must be an address of yours"
    if any(not origin.startswith("https://") for origin in _listed(read("CSRF_TRUSTED_ORIGINS"))):
        yield "CSRF_TRUSTED_ORIGINS must begin with https://"
    if read("METRICS_TOKEN") and len(read("METRICS_TOKEN")) < SHORTEST_TOKEN:
        yield f"METRICS_TOKEN must be {SHORTEST_TOKEN} characters or more"
    if any(network.prefixlen == 0 for network in _readable(read("TRUSTED_PROXIES"))):
        yield "TRUSTED_PROXIES must not be everybody"
    if read("DEBUG").lower() in YES:
        yield "DEBUG must not be set, as there is no such thing here"
    if read("LOG_LEVEL") == "DEBUG":
        yield "LOG_LEVEL must not be DEBUG, which would write down what people send"


def _unfit_addresses(read: Read, hosts: list[str]) -> Iterator[str]:
    site = _split(read("SITE_URL"))
    if read("SITE_URL"):
        if not site or site[0] != "https" or not site[1]:
            yield "SITE_URL must begin with https://"
        elif hosts and not any(host in {site[1], "*"} or f".{site[1]}".endswith(host) for host in hosts):
            yield "SITE_URL must be on one of the ALLOWED_HOSTS"
    for name, schemes, told in (
        (
            "DATABASE_URL",
            {"postgres", "postgresql", "psql", "pgsql"},
            "a PostgreSQL, postgres://user:password@host/name",
        ),
        ("REDIS_URL", {"redis", "rediss", "unix"}, "a Redis, redis://host:6379/0"),
        ("EMAIL_URL", {"smtp", "smtps", "smtp+tls", "smtp+ssl"}, "a mail relay, smtp+tls://user:password@host:587"),
    ):
        found = _split(read(name))
        if read(name) and (not found or found[0] not in schemes or not (found[1] or found[0] == "unix")):
            yield f"{name} must name {told}"


def _split(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
        # Reading the port is what refuses one that is no number.
        return (parts.scheme, parts.hostname or "") if parts.port is None or parts.port else None
    except ValueError:
        return None


def _readable(text: str) -> tuple[Network, ...]:
    try:
        return networks(text.split(","))
    except ValueError:
        return ()


def unfit_for_production(read: Read) -> str:
    """Say in one sentence everything that is missing or unfit; nothing if production may start."""
    missing = [name for name in NEEDED if not read(name)]
    found = [f"production needs {', '.join(missing)} in the environment or in .env"] if missing else []
    found += malformed(read)
    found += _unfit(read)
    return "; ".join(found)


def require_fit() -> None:
    """Refuse to go on with an environment that is half configured. Raises ImproperlyConfigured."""
    if CND_ENV not in {"production", "demo", "test"}:
        raise ImproperlyConfigured(f"CND_ENV is {CND_ENV!r}; it must be production, demo or test.")

    def read(name: str) -> str:
        return str(env.str(name, default=""))

    faults = "; ".join(env.unreadable((*NEEDED, *SECRETS)))
    faults = faults or (unfit_for_production(read) if IS_PRODUCTION else "; ".join(malformed(read)))
    if faults and IS_PRODUCTION:
        raise ImproperlyConfigured(f"{faults}. To try the service without any of this, use: make run")
    if faults:
        raise ImproperlyConfigured(f"{faults}.")


# At import: every part of the settings reads what this has found fit.
require_fit()
