"""Settings of the reference: one JSON document, as replay.py gives it to --setup-cmd, in the environment."""
import json
import os
from datetime import timedelta

DOCUMENT = json.loads(os.environ["INTEROP_DOCUMENT"])
given = dict(DOCUMENT["settings"])

DEBUG = False
SECRET_KEY = given.pop("SECRET_KEY")
ALLOWED_HOSTS = given.pop("ALLOWED_HOSTS")
BLACKLIST_APP = given.pop("BLACKLIST_APP")

TOKEN_CLASSES = {
    "access": "rest_framework_simplejwt.tokens.AccessToken",
    "sliding": "rest_framework_simplejwt.tokens.SlidingToken",
}
SIMPLE_JWT = {
    name: timedelta(seconds=value) if name.endswith("_LIFETIME") else value
    for name, value in given.items()
}
SIMPLE_JWT["AUTH_HEADER_TYPES"] = tuple(given["AUTH_HEADER_TYPES"])
SIMPLE_JWT["AUTH_TOKEN_CLASSES"] = tuple(TOKEN_CLASSES[c] for c in given["AUTH_TOKEN_CLASSES"])

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "customers",
] + ["rest_framework_simplejwt.token_blacklist"] * BLACKLIST_APP

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "urls"
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
# What browsers are served, under the names that these settings have here. Before Django 4.0 trusted origins are hosts.
globals().update(DOCUMENT.get("browser", {}))
if DOCUMENT["compat"] == "5.2":
    CSRF_TRUSTED_ORIGINS = [o.partition("://")[2].lstrip("*") for o in globals().get("CSRF_TRUSTED_ORIGINS", [])]

STATIC_URL = "/static/"

# In memory: the one worker makes it when it starts, and it goes with the worker. Tables are made without migrations, which is quicker.
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
MIGRATION_MODULES = {app: None for app in ("auth", "contenttypes", "sessions", "customers", "token_blacklist")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "customers.Customer"
PASSWORD_HASHERS = [
    "customers.hashers.CheapHasher",
    "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
]

# What Django failed at goes to gunicorn's log too. Django's own handler stays, although nobody gets its mail: in writing one it asks for
# the session, and so the page for 500 says `Vary: Cookie` in 3.2.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"log": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["log"], "level": "ERROR"}},
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
