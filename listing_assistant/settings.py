"""All settings, in one file. What a deployment may change is read from the environment here, by
name and type; a bad value names itself and stops the start.

People's numbers are in each app's policy.py, numbers learnt from data in the artefacts.
"""

import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext
import structlog
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from listing_assistant.embedded import EmbeddedServers

# Lets the generic classes of Django be written as generic: ModelForm[User].
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent


def env_str(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    value = os.environ.get(name, str(default)).strip().lower()
    if value not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        raise ImproperlyConfigured(f"{name}={value!r}: expected true or false")
    return value in {"1", "true", "yes", "on"}


def env_int(name: str, default: int, *, minimum: int = 0) -> int:
    value = os.environ.get(name, str(default))
    if not value.strip().isdecimal() or int(value) < minimum:
        raise ImproperlyConfigured(f"{name}={value!r}: expected a whole number from {minimum}")
    return int(value)


def env_choice(name: str, default: str, choices: set[str]) -> str:
    value = os.environ.get(name, default).strip().lower()
    if value not in choices:
        raise ImproperlyConfigured(
            f"{name}={value!r}: expected one of {', '.join(sorted(choices))}"
        )
    return value


def env_list(name: str, default: list[str]) -> list[str]:
    value = os.environ.get(name)
    return default if value is None else [part.strip() for part in value.split(",") if part.strip()]


def env_path(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default)


def env_url(name: str) -> str:
    """Without a name and password in it: a setting of its own keeps these out of logs."""
    value = os.environ.get(name, "").strip()
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname or "@" in value):
        raise ImproperlyConfigured(f"{name}: expected an address such as http://host:8000/v1")
    return value


def env_secret(name: str) -> str:
    """Fit for a header. A bad value is named and not shown."""
    value = os.environ.get(name, "").strip()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ImproperlyConfigured(f"{name}: expected printable ASCII without spaces")
    return value


# --- The deployment -----------------------------------------------------------------------------

DEBUG = env_bool("DEBUG", True)
VAR_DIR = env_path("VAR_DIR", BASE_DIR / "var")
# The demo marketplace and its log-ins, whose password is public: never on a real site.
DEMO = env_bool("DEMO", DEBUG)
TESTING = "pytest" in sys.modules
if TESTING:
    VAR_DIR = env_path("TEST_VAR_DIR", VAR_DIR / "test")

SECRET_KEY = env_str("SECRET_KEY")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("SECRET_KEY must be set when DEBUG is false")
    # Kept in a file so that sessions survive a restart; made anew for every checkout.
    secret_file = VAR_DIR / "secret-key"
    if not secret_file.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        secret_file.touch(mode=0o600)
        secret_file.write_text(secrets.token_urlsafe(50))
    SECRET_KEY = secret_file.read_text()

ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["*"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", [])
if not DEBUG:
    if not ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the site's hosts when DEBUG is false")
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = env_int("SECURE_HSTS_SECONDS", 31_536_000)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

DATABASE_URL = env_str("DATABASE_URL")
REDIS_URL = env_str("REDIS_URL")
EMBEDDED_SERVERS = None if DATABASE_URL and REDIS_URL else EmbeddedServers(VAR_DIR)
if EMBEDDED_SERVERS:
    DATABASE_URL = DATABASE_URL or EMBEDDED_SERVERS.database_url
    REDIS_URL = REDIS_URL or EMBEDDED_SERVERS.redis_url

# --- Models (see README: "where is X decided") --------------------------------------------------

ARTEFACTS_DIR = env_path("ARTEFACTS_DIR", VAR_DIR / "artefacts")
IMAGE_ENCODER = env_str("IMAGE_ENCODER", "bundled")  # or "open_clip:MODEL/TAG", or a folder
TEXT_ENCODER = env_str("TEXT_ENCODER", "bundled")  # or "transformers:HUB/TAG", or a folder
# What runs them: "auto" takes OpenVINO where its rows are torch's, "openvino" insists on it.
ENCODER_ENGINE = env_choice("ENCODER_ENGINE", "auto", {"auto", "openvino", "torch"})
# Whether buyers are told that a text was drafted; "seller": unless its seller hides it.
DRAFT_DISCLOSURE = env_choice("DRAFT_DISCLOSURE", "seller", {"always", "seller", "never"})
# Reads text on things in photos, one to four seconds a photo; needs the extra [ocr].
OCR = env_choice("OCR", "off", {"off", "rapidocr"})

# Who writes descriptions: "realiser" (bundled, offline), "multimodal" (a model here that sees) or
# "endpoint" (an OpenAI-compatible server). What it cannot write, the realiser does.
DESCRIPTION_ENGINE = env_choice(
    "DESCRIPTION_ENGINE", "realiser", {"realiser", "multimodal", "endpoint"}
)
DESCRIPTION_MODEL = env_str("DESCRIPTION_MODEL")  # a hub tag or folder; the server's own name
DESCRIPTION_LORA = env_str("DESCRIPTION_LORA")  # multimodal: what manage.py train_description wrote
DESCRIPTION_DEVICE = env_str("DESCRIPTION_DEVICE", "auto")  # multimodal: as torch calls it
DESCRIPTION_DTYPE = env_choice(
    "DESCRIPTION_DTYPE", "auto", {"auto", "float32", "bfloat16", "float16"}
)
DESCRIPTION_URL = env_url("DESCRIPTION_URL")  # endpoint: the API's base, http://host:8000/v1
DESCRIPTION_API_KEY = env_secret("DESCRIPTION_API_KEY")
# How many photos a model that sees is shown.
DESCRIPTION_PHOTOS = env_int("DESCRIPTION_PHOTOS", 3 if DESCRIPTION_ENGINE == "multimodal" else 0)
DESCRIPTION_CONNECT_SECONDS = env_int("DESCRIPTION_CONNECT_SECONDS", 5, minimum=1)
DESCRIPTION_STALL_SECONDS = env_int("DESCRIPTION_STALL_SECONDS", 15, minimum=1)
DESCRIPTION_TOTAL_SECONDS = env_int("DESCRIPTION_TOTAL_SECONDS", 60, minimum=1)
# Of all processes together; 0 is no limit.
DESCRIPTION_TOKENS_A_DAY = env_int("DESCRIPTION_TOKENS_A_DAY", 0)
DESCRIPTION_IN_FLIGHT = env_int("DESCRIPTION_IN_FLIGHT", 8)
if DESCRIPTION_ENGINE != "realiser" and not DESCRIPTION_MODEL:
    raise ImproperlyConfigured(
        f"DESCRIPTION_MODEL must be set when DESCRIPTION_ENGINE is {DESCRIPTION_ENGINE}"
    )
if DESCRIPTION_ENGINE == "endpoint" and not DESCRIPTION_URL:
    raise ImproperlyConfigured("DESCRIPTION_URL must be set when DESCRIPTION_ENGINE is endpoint")

# The values' vectors are built here by one worker and mapped by every process: 200 MB for a million
# values. On a machine's own disk, since a network's may take a mapped file away; where a machine
# has none, its processes encode what they are asked for.
VALUES_DIR = env_path("VALUES_DIR", VAR_DIR / "cache" / "values")

# --- The index of what is for sale --------------------------------------------------------------

# "faiss" maps a file into each process; "pgvector" is a table for machines that share no folder.
VECTOR_INDEX = env_choice("VECTOR_INDEX", "faiss", {"faiss", "pgvector"})
# Snapshots are built here by one worker and mapped by every process: a folder that all share.
INDEX_DIR = env_path("INDEX_DIR", VAR_DIR / "index")
# So many changed items are kept in each process's own memory before a snapshot is built anew; in
# a marketplace of more than fifty times as many, 2% of it.
INDEX_REBUILD_AFTER = env_int("INDEX_REBUILD_AFTER", 2000, minimum=1)

# What is for sale as columns, for ranking: built by one worker and mapped by every process, some
# 2 GB for a million listings. A folder that all share.
ITEMS_DIR = env_path("ITEMS_DIR", VAR_DIR / "items")

# --- What processes remember --------------------------------------------------------------------

# Which models are in service and which edition of the vocabulary is current, every process asks of
# the database this often: all follow a change within the time. 0: for every answer.
REMEMBERED_SECONDS = env_int("REMEMBERED_SECONDS", 0 if TESTING else 1)

# --- Strips of what goes with a listing -------------------------------------------------------

# A recall set that takes longer is left out of the strip. (A test's machine may be busy.)
RECALL_BUDGET_MS = env_int("RECALL_BUDGET_MS", 10_000 if TESTING else 150, minimum=1)
# How many recall sets of a web process run at the same time. 0: one after another in the request's
# own thread, where a slow set cannot be left behind; as tests do, whose rows no other thread sees.
RECALL_THREADS = env_int("RECALL_THREADS", 0 if TESTING else 4)
# A ranker that takes longer for a strip is done without: similarity ranks. (As above.)
RANKER_BUDGET_MS = env_int("RANKER_BUDGET_MS", 10_000 if TESTING else 25, minimum=1)
# A thread of a web process looks at a share of its strips for drift and for candidates in shadow.
# (Tests look themselves: no other thread sees their rows.)
RANKER_WATCH = env_bool("RANKER_WATCH", not TESTING)
# What goes with a listing is kept in Redis for about so long; 0 keeps nothing. Whether it is still
# for sale is asked of the database each time.
STRIP_CACHE_SECONDS = env_int("STRIP_CACHE_SECONDS", 0 if TESTING else 300)

# --- What buyers do -----------------------------------------------------------------------------

# Events and impressions older than this are dropped, days at once; so are exported days.
EVENT_RETENTION_DAYS = env_int("EVENT_RETENTION_DAYS", 90, minimum=10)
# Parquet by day, for the offline aggregation: a folder that its machines share.
EVENTS_DIR = env_path("EVENTS_DIR", VAR_DIR / "events")
EVENT_STREAM = env_str("EVENT_STREAM", "events")
# Above this many entries on the stream no more are taken: a million are some 500 MB of Redis.
EVENT_QUEUE_MOST = env_int("EVENT_QUEUE_MOST", 1_000_000, minimum=1000)

# --- Offline aggregation ------------------------------------------------------------------------

# "duckdb" is embedded; "pyspark" needs the extra [spark] and Java 17.
OFFLINE_ENGINE = env_choice("OFFLINE_ENGINE", "duckdb", {"duckdb", "pyspark"})
OFFLINE_EVERY_SECONDS = env_int("OFFLINE_EVERY_SECONDS", 3600, minimum=60)
# Facts by day, which need not be counted again; on a cluster a folder that its machines share.
OFFLINE_DIR = env_path("OFFLINE_DIR", VAR_DIR / "offline")
OFFLINE_MEMORY = env_str("OFFLINE_MEMORY", "2GB")  # above it DuckDB spills to OFFLINE_DIR
OFFLINE_THREADS = env_int("OFFLINE_THREADS", 2, minimum=1)
OFFLINE_SPARK_MASTER = env_str("OFFLINE_SPARK_MASTER")  # "local[2]" on this machine when empty

# --- Applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "ninja",
    "listing_assistant.accounts",
    "listing_assistant.catalogue",
    "listing_assistant.listings",
    "recommender",
    "listing_assistant.assistant",
    "listing_assistant.moderation",
    "listing_assistant.api",
    "listing_assistant.demo",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "listing_assistant.accounts.middleware.TimeZoneMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "listing_assistant.urls"
WSGI_APPLICATION = "listing_assistant.wsgi.application"

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
                "csp.context_processors.nonce",
            ],
        },
    }
]

DATABASES = {"default": dj_database_url.parse(DATABASE_URL)}
DATABASES["default"].setdefault("OPTIONS", {})["pool"] = not TESTING and {
    "min_size": 1,
    "max_size": env_int("DATABASE_POOL", 8, minimum=1),
    "timeout": 10,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL + ("?db=1" if REDIS_URL.startswith("unix:") else ""),
    }
}

# --- People -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = env_str("EMAIL_VERIFICATION", "optional")
ACCOUNT_FORMS = {"signup": "listing_assistant.accounts.forms.SignupForm"}
HEADLESS_CLIENTS = ("app",)
LOGIN_REDIRECT_URL = "home"
LOGIN_URL = "account_login"
EMAIL_BACKEND = env_str("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "Listing Assistant <no-reply@localhost>")

# --- Language, time, files ----------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = env_path("MEDIA_ROOT", VAR_DIR / "media")
MEDIA_BUCKET = env_str("MEDIA_BUCKET")  # an S3 bucket replaces the folder
WHITENOISE_USE_FINDERS = DEBUG
PLAIN_STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
HASHED_STATIC = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": PLAIN_STATIC if DEBUG else HASHED_STATIC},
}
if MEDIA_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": MEDIA_BUCKET},
    }
# A phone's photo is up to 25 MB; larger ones are refused by listings.photos with a clear message.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 24

# --- Celery -------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A worker killed with its machine cannot give its tasks back: the broker hands them out again
# after this many seconds. Long tasks claim their work by a conditional update, so none runs twice.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env_int("TASK_REDELIVERY_SECONDS", 60, minimum=5)
}
CELERY_TASK_DEFAULT_QUEUE = "ingest"
CELERY_TASK_ROUTES = {
    "listing_assistant.assistant.tasks.run_analysis": {"queue": "encode"},
    "listing_assistant.assistant.tasks.write_draft": {"queue": "text"},
    "listing_assistant.assistant.tasks.read_on": {"queue": "encode"},
    "listing_assistant.assistant.tasks.build_values": {"queue": "offline"},
    "recommender.tasks.rebuild_index": {"queue": "offline"},
    "recommender.tasks.build_complements": {"queue": "offline"},
    "recommender.tasks.build_items": {"queue": "offline"},
    "recommender.tasks.keep_up_events": {"queue": "offline"},
    "recommender.tasks.aggregate_events": {"queue": "offline"},
    "recommender.tasks.read_experiments": {"queue": "offline"},
    "recommender.tasks.make_recommendation_report": {"queue": "offline"},
    "recommender.tasks.*": {"queue": "encode"},
    "listing_assistant.demo.tasks.*": {"queue": "offline"},
    "listing_assistant.moderation.tasks.*": {"queue": "offline"},
}
CELERY_BEAT_SCHEDULE = {
    "requeue-stale-analyses": {
        "task": "listing_assistant.assistant.tasks.requeue_stale_analyses",
        "schedule": 15.0,
        # A missed run needs no catching up: the next one sees the same rows.
        "options": {"expires": 10.0},
    },
    "requeue-stale-drafts": {
        "task": "listing_assistant.assistant.tasks.requeue_stale_drafts",
        "schedule": 15.0,
        "options": {"expires": 10.0},
    },
    "continue-extraction": {
        "task": "listing_assistant.assistant.tasks.continue_extraction",
        "schedule": 15.0,
        "options": {"expires": 10.0},
    },
    "build-values": {
        "task": "listing_assistant.assistant.tasks.build_values",
        "schedule": 30.0,
        "options": {"expires": 20.0},
    },
    "keep-up-events": {
        "task": "recommender.tasks.keep_up_events",
        "schedule": 600.0,
        "options": {"expires": 500.0},
    },
    "build-complements": {
        "task": "recommender.tasks.build_complements",
        "schedule": 60.0,
        "options": {"expires": 50.0},
    },
    "build-items": {
        "task": "recommender.tasks.build_items",
        "schedule": 60.0,
        "options": {"expires": 50.0},
    },
    "embed-missing-items": {
        "task": "recommender.tasks.embed_missing_items",
        "schedule": 30.0,
        "options": {"expires": 20.0},
    },
    "rebuild-index": {
        "task": "recommender.tasks.rebuild_index",
        "schedule": 30.0,
        "options": {"expires": 20.0},
    },
    "aggregate-events": {
        # It looks whether a run is due; the first one follows the first events at once.
        "task": "recommender.tasks.aggregate_events",
        "schedule": 20.0,
        "options": {"expires": 15.0},
    },
    "read-experiments": {
        "task": "recommender.tasks.read_experiments",
        "schedule": 600.0,
        "options": {"expires": 500.0},
    },
    "check-missed-photos": {
        "task": "listing_assistant.moderation.tasks.check_missed_photos",
        "schedule": 60.0,
        "options": {"expires": 50.0},
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- Security headers ---------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    # unfold's admin brings Alpine, which evaluates expressions; its pages are for staff only.
    "EXCLUDE_URL_PREFIXES": ("/admin/", "/api/v1/docs"),
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"

# --- Logs ---------------------------------------------------------------------------------------

LOG_FORMAT = env_str("LOG_FORMAT", "console" if DEBUG else "json")
_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(),
            "foreign_pre_chain": _shared,
        },
        "console": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
            "foreign_pre_chain": _shared,
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": env_str("LOG_LEVEL", "INFO")},
    "loggers": {
        "django_structlog": {"level": env_str("REQUEST_LOG_LEVEL", "WARNING")},
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[
        *_shared,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)

# --- Admin --------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "Listing Assistant",
    "SITE_HEADER": "Listing Assistant",
    "SITE_URL": reverse_lazy("home"),
}
