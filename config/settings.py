"""Settings, all from the environment (docs/deploy.md lists them).

Production is the default: without `DUDAO_ENV=local` (or `test`) the process refuses to start with a default secret,
with DEBUG on or with a wildcard host. `script/server`, `script/manage` and `script/test` set what they need.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

BASE_DIR = Path(__file__).resolve().parent.parent
INSECURE_SECRET = "local-only-secret-never-for-production"  # noqa: S105

env = environ.Env()

ENVIRONMENT = env.str("DUDAO_ENV", "production")
LOCAL = ENVIRONMENT in {"local", "test"}
STATE_DIR = Path(env.str("DUDAO_STATE", str(BASE_DIR / ".local"))).resolve()

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", INSECURE_SECRET if LOCAL else "")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"] if LOCAL else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])


def refuse_unsafe_production() -> None:
    """Stop with one sentence rather than serve people's data unprotected."""
    if SECRET_KEY in {"", INSECURE_SECRET} or len(SECRET_KEY) < 32:
        raise ImproperlyConfigured("生产环境必须设置 SECRET_KEY(至少 32 个字符的随机串)。")
    if DEBUG:
        raise ImproperlyConfigured("生产环境不能打开 DEBUG。")
    if not ALLOWED_HOSTS or any(host.strip().startswith("*") for host in ALLOWED_HOSTS):
        raise ImproperlyConfigured("生产环境必须在 ALLOWED_HOSTS 里写明域名，不能用通配符 *。")
    if not env.str("DATABASE_URL", "") or not env.str("REDIS_URL", ""):
        raise ImproperlyConfigured("生产环境必须设置 DATABASE_URL 和 REDIS_URL。")


if not LOCAL:
    refuse_unsafe_production()

INSTALLED_APPS = [
    "unfold",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "config.apps.DudaoAdminConfig",
    "django.contrib.postgres",
    "pgtrigger",
    "csp",
    "django_htmx",
    "bootstrap",
    "lucide",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "encrypted_fields",
    "foundation.journal",
    "foundation.timers",
    "foundation.worktime",
    "foundation.attachments",
    "foundation.numbering",
    "foundation.notices",
    "foundation.pdf",
    "foundation.signatures",
    "estates",
    "accounts",
    "inspections",
    "complaints",
    "handover",
    "reports",
    "config.apps.RoofConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "config.middleware.PrivatePagesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["config.templatetags.icons", "django.templatetags.static"],
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.navigation.frame",
            ],
        },
    },
]

# One connection per thread is kept: 3 ms against 9 ms a request.
DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres://postgres@127.0.0.1:5432/postgres")}
DATABASES["default"] |= {
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", 600),
    "CONN_HEALTH_CHECKS": True,
    "ATOMIC_REQUESTS": False,
}
if ENVIRONMENT == "test":
    DATABASES["default"]["TEST"] = {"NAME": env.str("DUDAO_TEST_DB", "test_dudao")}
    # The journal refuses TRUNCATE; the test runner's flush is the one place that may.
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c dudao.allow_truncate=on"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
if ENVIRONMENT == "test":
    CACHES["default"]["KEY_PREFIX"] = env.str("PYTEST_XDIST_WORKER", "main")

# --- who acts -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.NameOrPhoneBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,5/5m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "督导台"
MFA_ADAPTER = "accounts.adapter.StaffMFAAdapter"
# Administrators must have a second factor when this is on (it is, in production).
REQUIRE_ADMIN_MFA = env.bool("REQUIRE_ADMIN_MFA", not LOCAL)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
if ENVIRONMENT == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A shift is twelve hours; a phone in the basement must not be logged out in the middle of one.
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
# 证件号 at rest (ORG-4): django-fernet-encrypted-fields derives its key from SECRET_KEY and this salt.
SALT_KEY = env.list("SALT_KEY", default=["dudao-personal-data"])

# --- language and time ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"

# --- files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("STATIC_ROOT", str(STATE_DIR / "static"))
# Never under a URL of the web server: attachments are read through a view that asks who may.
MEDIA_ROOT = env.str("MEDIA_ROOT", str(STATE_DIR / "files"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.storage.StaticStorage"
        if not LOCAL
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = LOCAL
# Each client of a test would list and stat all static files, for the few that are asked for.
WHITENOISE_AUTOREFRESH = ENVIRONMENT == "test"
# Of files without a hash in their name, which only the service worker asks for; hashed ones are kept for ever.
WHITENOISE_MAX_AGE = 0 if LOCAL else 60
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# A draft checklist is one form: 18 fields for each of its items.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# --- work in the background: truth is in Postgres, a message only wakes ---------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_DEFAULT_QUEUE = "dudao" if ENVIRONMENT != "test" else f"test-{env.str('PYTEST_XDIST_WORKER', 'main')}"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_TASK_ALWAYS_EAGER = ENVIRONMENT == "test"
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}

# --- security headers -----------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/admin/"],  # the admin theme needs inline scripts; only administrators reach it
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if not LOCAL:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    # Only a proxy is believed; without one a client would declare its own plain connection to be https.
    if ALLAUTH_TRUSTED_PROXY_COUNT > 0:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 60 * 60 * 24 * 30)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# --- what leaves the house ------------------------------------------------------------------------------------------
# Of absolute links in e-mails, chat messages and QR codes; no slash at its end.
SITE_URL = env.str("SITE_URL", "http://localhost:8000" if LOCAL else f"https://{ALLOWED_HOSTS[0].lstrip('.')}").rstrip(
    "/"
)
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "督导台 <dudao@localhost>")
# Without a mail server notices stay under the bell, instead of being written to the log.
NOTICES_BY_EMAIL = env.bool("NOTICES_BY_EMAIL", bool(env.str("EMAIL_URL", "")) and ENVIRONMENT != "test")
# The hosts that a chat robot's address may name (host:port where it is not 443): the server calls what is typed there.
NOTICE_ROBOT_HOSTS = ["qyapi.weixin.qq.com", "oapi.dingtalk.com", *env.list("NOTICE_ROBOT_HOSTS", default=[])]
NOTICE_ROBOT_PLAIN_HTTP = ENVIRONMENT == "test" and env.bool("NOTICE_ROBOT_PLAIN_HTTP", False)

UNFOLD = {
    "SITE_TITLE": "督导台 · 管理后台",
    "SITE_HEADER": "督导台",
    "SITE_SUBHEADER": "管理后台",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/logo.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": "config.admin.sidebar"},
    "COLORS": {
        "primary": {
            "50": "236 247 241", "100": "209 236 221", "200": "166 216 190", "300": "116 190 153",
            "400": "67 158 115", "500": "32 128 88", "600": "20 104 70", "700": "15 84 57",
            "800": "13 67 46", "900": "10 52 37", "950": "5 31 22",
        },
    },
}  # fmt: skip

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "WARNING" if ENVIRONMENT == "test" else "INFO")},
    "loggers": {
        "fontTools": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},
        "matplotlib": {"level": "WARNING"},
        # It logs addresses, and a chat robot's holds its key.
        "httpx": {"level": "WARNING"},
    },
}
