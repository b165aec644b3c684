"""Every setting of the service, read from the environment (cnd/env.py).

Without CND_ENV the service takes itself for production and
refuses to start half-configured; `make run` sets CND_ENV=demo.
"""

import logging
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from cnd.env import BASE_DIR, CND_ENV, IS_PRODUCTION, env, networks
from cnd.logs import logging_config
from cnd.settings_sign_in import *  # noqa: F403
from cnd.settings_sign_in import OIDC_ORIGINS

RELEASE = "0.1.0"
VAR_DIR = Path(env.str("CND_VAR", default=str(BASE_DIR / "var")))
SECRET_KEY = env.str("SECRET_KEY", default="only for tests, never served" if CND_ENV == "test" else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set; `make run` makes one for the demonstration.")
DEBUG = False
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver", HOST])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
INTERNAL_IPS: list[str] = []

INSTALLED_APPS = [
    "cnd.admin_site.PlannerAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "corsheaders",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "rest_framework",
    "cnd.apps.CndConfig",
    "sessions.apps.SessionsConfig",
    "logistics.apps.LogisticsConfig",
]

MIDDLEWARE = [
    "cnd.telemetry.Telemetry",
    "cnd.metrics.Metrics",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    # Answers polls: what comes below is not for them.
    "cnd.polling.PollingMiddleware",
    "csp.middleware.CSPMiddleware",
    "cnd.security.PermissionsPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "cnd.preferences_views.LanguageOfReader",
    # Before anything reads what was sent, and after it is known in which language to refuse it.
    "cnd.security.BodyLimit",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cnd.second_factor.RequireSecondFactor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "cnd.urls"
WSGI_APPLICATION = "cnd.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
            ],
        },
    }
]

# --- the database: SQLite beside the code unless DATABASE_URL says otherwise ---------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'cnd.sqlite3'}")}
DATABASES["default"]["ATOMIC_REQUESTS"] = False
IS_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if IS_SQLITE:
    # IMMEDIATE: two writers queue for the lock instead of one failing half-way, since select_for_update is ignored.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # The one statement of a poll is prepared, once a connection; not every pooler between here and there bears that.
    if env.bool("PREPARE_STATEMENTS", default=True):
        DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 0
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- broker and cache: Redis, or the file system and memory in the embedded default ---------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
BROKER_DIR = VAR_DIR / "broker"
CELERY_TASK_DEFAULT_QUEUE = env.str("CND_QUEUE", default="cnd")
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"socket_connect_timeout": 5, "socket_timeout": 30}
    CACHES: dict[str, dict[str, object]] = {
        "default": {
            "BACKEND": "cnd.redis_cache.SharedRedis",
            "LOCATION": REDIS_URL,
            # A request goes on without a cache that hangs, and does not wait for long.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
    }
else:
    # The machine must be named, though there is none: else every process that sends something warns that it was not.
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
        "control_folder": str(BROKER_DIR / "control"),
        # Looking into an empty folder costs nothing; by default a message lies there for up to a second.
        "polling_interval": 0.2,
    }
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
    for _folder in ("messages", "control"):
        (BROKER_DIR / _folder).mkdir(parents=True, exist_ok=True)
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            # Wrong passwords and requests are counted here: strangers must not crowd the counts out.
            "OPTIONS": {"MAX_ENTRIES": 10_000},
        }
    }

# Bodies of polled resources, in each process's own memory; their keys name their version, so none is ever out of date.
CACHES["bodies"] = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "bodies",
    "OPTIONS": {"MAX_ENTRIES": 256},
}

SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=3.0)
LEASE_SECONDS = env.int("LEASE_SECONDS", default=60)
CELERY_BEAT_SCHEDULER = "cnd.beat:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "cnd.sweep",
        "schedule": SWEEP_SECONDS,
        # A sweep that no worker took in time is worthless: the next one finds the same work.
        "options": {"expires": max(SWEEP_SECONDS, 1)},
    },
}

# --- who one is -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "cnd.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "after-sign-in"
LOGOUT_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

# --- times and languages --------------------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("ar", _("Arabic")),
    ("zh-hans", _("Chinese")),
    ("en", _("English")),
    ("fr", _("French")),
    ("ru", _("Russian")),
    ("es", _("Spanish")),
]
LOCALE_PATHS = [BASE_DIR / "cnd" / "locale"]

# --- static files ---------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if CND_ENV == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = CND_ENV == "test"

# --- the API --------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    # What is public needs nobody's name; what is not says so itself (cnd.api_private).
    "DEFAULT_AUTHENTICATION_CLASSES": ["cnd.api_auth.PublicAccess"],
    "DEFAULT_THROTTLE_CLASSES": ["cnd.throttle.Throttle"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cnd.json_body.StrictJson"],
    "DEFAULT_PAGINATION_CLASS": "cnd.api.BoundedPages",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "cnd.negotiation.AlwaysJson",
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cnd.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
}
# How often one may ask: an address, or instead of it a token or a signed-in user; how many of these may be writes.
THROTTLE_RATES = {
    "anonymous": env.str("THROTTLE_ANONYMOUS", default="1200/min"),
    "token": env.str("THROTTLE_TOKEN", default="1200/min"),
    "writes": env.str("THROTTLE_WRITES", default="120/min"),
    "draw-values": env.str("THROTTLE_DRAW_VALUES", default="12/min"),
}
IDEMPOTENCY_DAYS = env.int("IDEMPOTENCY_DAYS", default=7)
SPECTACULAR_SETTINGS = {
    "TITLE": "Meeting-logistics planner",
    "DESCRIPTION": "Slot status, lists of speakers, drawings of lots and the rule book of intergovernmental meetings.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "cnd.contract.complete"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "OnWhoseBehalfEnum": ["own", "group"],
        "ApplicationStateEnum": "logistics.models.Application.State",
        "BookingStateEnum": "logistics.models.Booking.State",
        "DrawingStateEnum": "sessions.models.Drawing.State",
        "WaitingStateEnum": "logistics.models.Waiting.State",
    },
}
CORS_ALLOW_ALL_ORIGINS = True
CORS_URLS_REGEX = r"^/(api/|verify_draw\.py)"
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS", "PATCH", "POST"]
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match"]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Idempotent-Replayed",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
]

# --- mail: over SMTP where EMAIL_URL says so; the demonstration writes it into var/mail instead ----------------------
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
elif not IS_PRODUCTION:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT_S", default=10.0)
if vars().get("EMAIL_BACKEND") == "django.core.mail.backends.smtp.EmailBackend":
    EMAIL_BACKEND = "cnd.outbox.smtp.PunctualBackend"
# After each failed attempt a mail waits so long; when these are used up, it is parked for staff to see.
MAIL_RETRY_DELAYS_S = env.list("MAIL_RETRY_DELAYS_S", cast=float, default=[60, 300, 1_800, 7_200, 21_600])
# After a failure of the mail server itself nothing is tried for so long, the last of these from then on.
MAIL_PAUSES_S = env.list("MAIL_PAUSES_S", cast=float, default=[5, 15, 60])
MAIL_PARALLEL = env.int("MAIL_PARALLEL", default=1)
MAIL_BATCH_SECONDS = env.float("MAIL_BATCH_SECONDS", default=10.0)
# Longer than the longest step: opening a connection, or sending a mail, waits for less than eight replies.
MAIL_LEASE_SECONDS = env.float("MAIL_LEASE_SECONDS", default=max(LEASE_SECONDS, 10 * EMAIL_TIMEOUT))
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="Secretariat <secretariat@example.org>")
MAIL_DOMAIN = env.str("MAIL_DOMAIN", default=DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">"))
SITE_URL = env.str("SITE_URL", default=f"http://{HOST}:{PORT}").rstrip("/")

# --- the drawing of lots: where the worker looks for the randomness --------------------------------------------------
DRAND_RELAYS = env.list(
    "DRAND_RELAYS",
    default=["https://api.drand.sh", "https://api2.drand.sh", "https://api3.drand.sh", "https://drand.cloudflare.com"],
)
DRAND_TIMEOUT_S = env.float("DRAND_TIMEOUT_S", default=5.0)
ALLOW_REHEARSAL = env.bool("ALLOW_REHEARSAL", default=not IS_PRODUCTION)

# --- security -------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF, *OIDC_ORIGINS],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
if IS_PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    if env.bool("BEHIND_TLS_PROXY", default=True):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
MOST_BYTES_OF_FILES = 5_000_000
# Whose X-Request-Start is believed (cnd/arrival.py).
TRUSTED_PROXIES = networks(env.list("TRUSTED_PROXIES", default=[]))


# --- who watches ----------------------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = logging_config(is_json=IS_PRODUCTION, level=LOG_LEVEL)
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = DJANGO_STRUCTLOG_CELERY_TASK_SUCCESS_LOG_LEVEL = logging.DEBUG
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
METRICS_ALLOW = networks(env.list("METRICS_ALLOW", default=[]))
SILENCED_SYSTEM_CHECKS: list[str] = []
