"""Settings of a shop before it moves; docs/moving.md adds to them. The environment has what a
rehearsal chooses: lifetimes in seconds, rotation, CHECK_REVOKE_TOKEN, and the data base."""

import os
from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECRET_KEY = (HERE / "secret-key").read_text()
ALLOWED_HOSTS = ["shop.example"]
DEPLOYED = (HERE / "deployed").read_text()  # which deployment this is

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "customers",
]
AUTH_USER_MODEL = "customers.Customer"
ROOT_URLCONF = "urls"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]

# Tables are made without migrations, which is quicker.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "OPTIONS": {"timeout": 30},
        "NAME": os.environ.get("SHOP_DATABASE", HERE / "shop.sqlite3"),
    }
}
MIGRATION_MODULES = {app: None for app in ("auth", "contenttypes", "customers", "token_blacklist")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"]
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=int(os.environ["SHOP_ACCESS_SECONDS"])),
    "REFRESH_TOKEN_LIFETIME": timedelta(seconds=int(os.environ["SHOP_REFRESH_SECONDS"])),
    "ROTATE_REFRESH_TOKENS": os.environ["SHOP_ROTATES"] == "true",
    "BLACKLIST_AFTER_ROTATION": os.environ["SHOP_ROTATES"] == "true",
    "CHECK_REVOKE_TOKEN": bool(os.environ["SHOP_CHECK_REVOKE_TOKEN"]),
    "UPDATE_LAST_LOGIN": True,
}
