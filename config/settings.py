"""One settings file; everything that differs between machines comes from the environment (docs/running.md)."""

from typing import Any
from urllib.parse import urlsplit

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config import broker, environment, folder, postgres

BASE_DIR = folder.PROJECT
DATA_DIR = folder.DATA

# The address people type. Cookies, redirects and letters follow it.
PORT = environment.number("PORT", 8000, least=1, most=65535)
PUBLIC_ADDRESS = environment.text("PUBLIC_ADDRESS", f"http://localhost:{PORT}").rstrip("/")
IS_HTTPS = PUBLIC_ADDRESS.startswith("https://")

DEBUG = environment.flag("DEBUG")
SECRET_KEY = environment.text("SECRET_KEY") or folder.kept_secret("secret_key")
ALLOWED_HOSTS = [
    "localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_ADDRESS).hostname or "", *environment.words("ALLOWED_HOSTS"),
]  # fmt: skip
CSRF_TRUSTED_ORIGINS = [PUBLIC_ADDRESS]

INSTALLED_APPS = [
    "config",
    "reports",
    "market",
    "cooperatives",
    "ledger",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pads each page, so that its length tells nothing (BREACH)
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.refusals.RefusalMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.frame.frame",
            ]
        },
    }
]

# The database. The server keeps a pool of connections, made after it forks; commands and tasks keep one each.
POOL = environment.number("DATABASE_POOL", 0)
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0 if POOL else 60,
        "CONN_HEALTH_CHECKS": True,
        **postgres.address(postgres.WEB),
    }
}
if POOL:
    DATABASES["default"]["OPTIONS"] = DATABASES["default"]["OPTIONS"] | {
        "pool": {"min_size": 1, "max_size": POOL, "timeout": 10}
    }
# Who reads entries: everyone where the members voted for open books, as in the demo world; else members and auditors.
OPEN_BOOKS = environment.flag("OPEN_BOOKS", default=postgres.is_embedded())
WEB_ROLE = str(DATABASES["default"]["USER"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Sign-in attempts are counted here, so every process must see the same counts.
CACHES = {
    # What all processes must see alike, such as how often somebody tried to sign in.
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "config_cache"},
    # What each may work out for itself, under a name that changes with what it was worked out from.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"},
}

# People and how they sign in.
AUTH_USER_MODEL = "cooperatives.Member"
AUTHENTICATION_BACKENDS = [
    "cooperatives.permissions.MembersReadBooks",  # first: it asks once, and mostly that is the answer
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = _("Rennet: ")  # not the name of the host that was asked
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_HTTPS else "http"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
# A second factor, or a passkey in place of the password; whoever wants neither keeps the password alone.
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Rennet"
ACCOUNT_ADAPTER = "config.account_letters.AccountLetters"
MFA_ADAPTER = "config.second_factors.SecondFactors"
ACCOUNT_FORMS = {
    "signup": "config.account_forms.SignUp",
    "login": "config.account_forms.SignIn",
    "add_email": "config.account_forms.AddAddress",
    "change_password": "config.account_forms.ChangePassword",
    "set_password": "config.account_forms.SetPassword",
    "reset_password": "config.account_forms.ForgottenPassword",
    "reset_password_from_key": "config.account_forms.NewPassword",
    "reauthenticate": "config.account_forms.PasswordAgain",
}
MFA_FORMS = {
    "authenticate": "config.account_forms.SecondProof",
    "reauthenticate": "config.account_forms.CodeAgain",
    "activate_totp": "config.account_forms.FirstCode",
}

# Cards: with a key of Stripe's, Stripe; where `run` keeps a stand-in, that one; else no card is offered.
_sandbox = "" if environment.text("STRIPE_SECRET_KEY") else folder.told("stripe_sandbox.address")
STRIPE_ADDRESS = _sandbox
STRIPE_KEY = environment.text("STRIPE_SECRET_KEY") or ("sk_test_sandbox" if _sandbox else "")
STRIPE_WEBHOOK_SECRETS = environment.words("STRIPE_WEBHOOK_SECRETS") or (
    [folder.kept_secret("stripe_webhook_secret")] if _sandbox else []
)
# Where what Stripe keeps goes: its seat in the operator's part of the world.
STRIPE_PLACE = environment.text("STRIPE_PLACE", "ie")
# A form may lead to these: the page where a card is typed, and the one where a cooperative says who it is.
STRIPE_PAGES = [_sandbox] if _sandbox else ["https://checkout.stripe.com", "https://connect.stripe.com"]

# Browsers send `__Host-` and Secure cookies back only over https; on plain-http loopback most do not.
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = IS_HTTPS
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
# Only where a proxy of ours sets this header; otherwise anybody could.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if environment.flag("TRUST_PROXY") else None
# The health checks, and the stand-in for Stripe, come from the machine itself, over plain http.
SECURE_REDIRECT_EXEMPT = [r"^healthz/", r"^webhooks/"]
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "form-action": [CSP.SELF, *(STRIPE_PAGES if STRIPE_KEY else ())],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
}

# Words, numbers and time.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
USE_TZ = True
TIME_ZONE = environment.text("TIME_ZONE", "UTC")

# Files.
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "media/"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# The log: where it is published as files, its name for ever, and its secret key, which lies outside those files.
LOG_FOLDER = environment.folder("LOG_FOLDER", DATA_DIR / "log")
LOG_KEY = environment.folder("LOG_KEY", DATA_DIR / "log.key")
LOG_ORIGIN = environment.text("LOG_ORIGIN", PUBLIC_ADDRESS.partition("://")[2] + "/log")
# Witnesses of the wider world (c2sp.org/tlog-policy) that are shown each checkpoint; none unless a file names them.
LOG_POLICY = environment.text("LOG_POLICY")
# Several machines that each made a key would publish two logs under one name.
LOG_MAKES_ITS_KEY = postgres.is_embedded()

# What the operator of this market takes of each price, per mille, and the place where that money stays.
MARKET_COMMISSION = environment.number("MARKET_COMMISSION", 40, most=500)
MARKET_OPERATOR_PLACE = environment.text("MARKET_OPERATOR_PLACE")

# Letters lie in the outbox, where a page shows them, until a mail server is set.
OUTBOX = DATA_DIR / "outbox"
MAIL_HOST = environment.text("MAIL_HOST")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.text("MAIL_FROM", "Rennet <letters@localhost>")
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": MAIL_HOST,
            "port": environment.number("MAIL_PORT", 587),
            "username": environment.text("MAIL_USER"),
            "password": environment.text("MAIL_PASSWORD"),
            "use_tls": environment.flag("MAIL_TLS", default=True),
            "timeout": 20,
        },
    }
    if MAIL_HOST
    else {
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": str(OUTBOX)},
    }
}

# The demo world's log-ins, written by `make_demo`; there is none in a database from outside.
LOGINS = DATA_DIR / "logins.json"
IS_DEMONSTRATION = postgres.is_embedded() and LOGINS.exists()

# The API: the same services and the same refusals as the pages.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.refusals.answer_api",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Rennet",
    "DESCRIPTION": "Contributions, goods, orders and where the money went.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Two choices are called `way`: how a buyer said it will be paid, and how money came.
    "ENUM_NAME_OVERRIDES": {
        "OrderWayEnum": "market.models.Order.Way",
        "PaymentWayEnum": "market.services.payments.WAYS",
    },
}

# Tasks: the row is the queue, the broker is a nudge (config/celery.py).
CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL", "filesystem://localhost")
CELERY_BROKER_TRANSPORT_OPTIONS = broker.options_of(CELERY_BROKER_URL, DATA_DIR / "broker")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"is_news": {"()": "config.health.IsNews"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": environment.text("LOG_LEVEL", "INFO")},
    # A refused or unknown address is not news; a bug is.
    # Stripe's client would write every address it asks.
    "loggers": {
        "django.request": {"level": "ERROR", "filters": ["is_news"]},
        "django.server": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},
        # Each letter that an invoice takes out of a font would be a line.
        "fontTools": {"level": "WARNING"},
    },
}
