"""Settings of the office, from the environment; every one has a default that runs on one machine.

LIANFANG_HOME    where database, uploads and runs stand (`office`)
DATABASE_URL     postgres://user:password@host/name; SQLite in LIANFANG_HOME without it
LIANFANG_DEMO    1: demo institutions and accounts, named on the sign-in page
LIANFANG_HOSTS   names the office answers to, by commas (localhost only)
LIANFANG_HTTPS   1: behind a proxy that speaks HTTPS; cookies travel encrypted only
LIANFANG_SECRET  signing key; without it one is made in LIANFANG_HOME
LIANFANG_LOG     name of the evidence log, kept for good (lianfang.local/log)
LIANFANG_WITNESS address of a witness of the log, and its key as `key address`; none without it
LIANFANG_TSA     address of a time stamp authority (RFC 3161); LIANFANG_TSA_ROOTS its root certificates, a PEM file
LIANFANG_TOTP    0: no second factor is demanded (never demanded in the demo)
LIANFANG_AT_ONCE requests worked on at once in one process (4); LIANFANG_IN_LINE how many more wait (32)
LIANFANG_PAGES   processes that answer pages; set by `serve --pages`
LIANFANG_METRICS_TOKEN  opens /metrics; without it only this machine may read them, and nobody behind a proxy
LIANFANG_LOG_LEVEL      which log lines are written: INFO has one a request (INFO; WARNING in the demo)
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from lianfang.web.site import single_sign_on
from lianfang.web.site.database import database_of

HOME = Path(os.environ.get("LIANFANG_HOME", "office")).absolute()
LIANFANG_DEMO = os.environ.get("LIANFANG_DEMO") == "1"
LIANFANG_REQUIRE_TOTP = os.environ.get("LIANFANG_TOTP", "1") == "1" and not LIANFANG_DEMO
LIANFANG_LOG_NAME = os.environ.get("LIANFANG_LOG", "lianfang.local/log")
LIANFANG_MOST_UPLOAD_BYTES = int(os.environ.get("LIANFANG_MOST_UPLOAD_MB", "1024")) << 20
LIANFANG_TSA, LIANFANG_TSA_ROOTS = os.environ.get("LIANFANG_TSA", ""), os.environ.get("LIANFANG_TSA_ROOTS", "")
LIANFANG_WITNESS = os.environ.get("LIANFANG_WITNESS", "")
LIANFANG_AT_ONCE = int(os.environ.get("LIANFANG_AT_ONCE", "4"))
LIANFANG_IN_LINE = int(os.environ.get("LIANFANG_IN_LINE", "32"))
LIANFANG_PAGES = int(os.environ.get("LIANFANG_PAGES", "1"))
LIANFANG_WAIT_SECONDS = 5.0  # in line; whoever waited longer is told to come back
LIANFANG_METRICS_TOKEN = os.environ.get("LIANFANG_METRICS_TOKEN", "")
_HTTPS = os.environ.get("LIANFANG_HTTPS") == "1"


def _secret() -> str:
    """Give the signing key; made once, readable by its owner only."""
    told = os.environ.get("LIANFANG_SECRET")
    if told:
        return told
    place = HOME / "secret.key"
    if not place.exists():
        HOME.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Written beside and linked into place: of two that start at once, one key stands for both.
        beside = HOME / f".secret.{os.getpid()}"
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(beside, place)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return place.read_text("utf-8")


SECRET_KEY = _secret()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("LIANFANG_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if _HTTPS else []
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE, SESSION_SAVE_EVERY_REQUEST = 12 * 3600, False
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "lianfang_session", "lianfang_csrf"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
    "django.contrib.staticfiles", "django.contrib.humanize",
    "lianfang.web.frame", "lianfang.web.evidence", "lianfang.web.accounts", "lianfang.web.identify",
    "lianfang.web.cases", "lianfang.web.desk", "lianfang.web.api", "lianfang.web.site",
    "allauth", "allauth.account", "allauth.mfa", "allauth.usersessions",
]  # fmt: skip

MIDDLEWARE = [
    "lianfang.web.frame.middleware.headers",
    "lianfang.web.site.preparing.waits",
    "lianfang.web.frame.lines.watch",
    "lianfang.web.frame.gate.Gate",
    "lianfang.web.api.problems.Plain",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "lianfang.web.frame.middleware.language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "lianfang.web.accounts.middleware.SeenAt",
    "lianfang.web.site.errors.Told",
    "lianfang.web.accounts.middleware.WhoAsks",
]

ROOT_URLCONF = "lianfang.web.site.urls"
WSGI_APPLICATION = "lianfang.web.site.wsgi.application"
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages", "lianfang.web.site.shown.everywhere",
    ]},
}]  # fmt: skip

DATABASES = {"default": database_of(os.environ.get("DATABASE_URL", ""), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "frame_cache",
                      # Counters of wrong passwords stand here: they must not be pushed out by strangers knocking.
                      "OPTIONS": {"MAX_ENTRIES": 100_000}},
          # Masked pieces of pages, kept in each process under everything they depend on; some twenty kilobytes each.
          "template_fragments": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "kept",
                                 "TIMEOUT": 600, "OPTIONS": {"MAX_ENTRIES": 400}}}  # fmt: skip

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL, LOGIN_REDIRECT_URL = "/account/login/", "/"
ACCOUNT_ADAPTER = "lianfang.web.accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/account/login/"
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "30/m/ip,5/5m/key", "reauthenticate": "10/m/user"}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if _HTTPS else 0
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Lianfang"
globals().update(single_sign_on.of(os.environ))  # LIANFANG_OIDC and what goes with it; see that file
if globals()["LIANFANG_OIDC"]:
    INSTALLED_APPS += single_sign_on.APPS
USERSESSIONS_TRACK_ACTIVITY = True

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 << 20

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "lianfang.web.frame.lines.Line"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "lianfang": {"level": os.environ.get("LIANFANG_LOG_LEVEL", "WARNING" if LIANFANG_DEMO else "INFO")},
        # One line a request is written by us; what went wrong inside is told as a fault.
        "django": {"handlers": [], "level": "ERROR"},
    },
}
