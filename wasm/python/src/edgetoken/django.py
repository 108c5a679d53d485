"""Django REST framework: an authentication class that asks no database and no node.

    REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["edgetoken.django.EdgetokenAuthentication"]}
    EDGETOKEN = {"POLICY": {"root": {...}}, "BUNDLE_URL": "https://tokens.example/.well-known/edgetoken-bundle"}

It answers as simplejwt's JWTStatelessUserAuthentication does (5.5), and refuses what was revoked.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string
from rest_framework import HTTP_HEADER_ENCODING, authentication, exceptions, status
from rest_framework.request import Request

from ._errors import PolicyError, Refused, Unavailable
from ._verifier import Verifier

__all__ = ["EdgetokenAuthentication", "TokenUser", "VerifierUnavailable", "verifier"]

# The members of EDGETOKEN. Those that SIMPLE_JWT has too mean the same.
DEFAULTS: dict[str, Any] = {
    "POLICY": None,  # what edgetoken.Verifier takes: required
    "SIGNATURES": "auto",  # the same
    "BUNDLE_URL": None,  # a node's /.well-known/edgetoken-bundle; None: bundles come by verifier().update
    "POLL_SECONDS": 10.0,
    "AUTH_HEADER_TYPES": ("Bearer",),
    "AUTH_HEADER_NAME": "HTTP_AUTHORIZATION",
    "USER_ID_CLAIM": "user_id",
    "TOKEN_USER_CLASS": "edgetoken.django.TokenUser",
}

# What simplejwt says of a token, by the cause; INVALID of any other.
INVALID = "Token is invalid"
MESSAGES = {
    "blacklisted": "Token is blacklisted",
    "cut_off": "Token is blacklisted",
    "expired": "Token is expired",
    "no_exp": "Token has no 'exp' claim",
    "no_id": "Token has no id",
    "no_type": "Token has no type",
    "wrong_type": "Token has wrong type",
}
TOKEN_CLASSES = {"access": "AccessToken", "sliding": "SlidingToken"}


class Config:
    """The setting EDGETOKEN, read once."""

    def __init__(self) -> None:
        told = getattr(settings, "EDGETOKEN", None)
        if not isinstance(told, Mapping) or not told.get("POLICY"):
            raise ImproperlyConfigured('EDGETOKEN needs a "POLICY"')
        if unknown := sorted(set(told) - set(DEFAULTS)):
            raise ImproperlyConfigured(f"EDGETOKEN has no member {unknown[0]!r}: it has {', '.join(DEFAULTS)}")
        self.values = {**DEFAULTS, **told}
        types = self.values["AUTH_HEADER_TYPES"]
        self.header_types: list[str] = [types] if isinstance(types, str) else list(types)
        self.header_type_bytes = {t.encode(HTTP_HEADER_ENCODING) for t in self.header_types}
        self.user_class = import_string(self.values["TOKEN_USER_CLASS"])
        policy = self.values["POLICY"]
        try:
            self.verifier = Verifier(policy, signatures=self.values["SIGNATURES"])
            if self.values["BUNDLE_URL"]:
                self.verifier.poll(self.values["BUNDLE_URL"], self.values["POLL_SECONDS"])
        except (PolicyError, ValueError) as error:
            raise ImproperlyConfigured(f"EDGETOKEN: {error}") from error


@functools.lru_cache(maxsize=1)
def config() -> Config:
    """The setting, with the verifier of this process."""
    return Config()


def verifier() -> Verifier:
    """The verifier of this process, for `update` and `status`. Called in wsgi.py, it is there before gunicorn forks."""
    return config().verifier


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "EDGETOKEN":  # a test overrides it
        if config.cache_info().currsize:
            config().verifier.close()
        config.cache_clear()


setting_changed.connect(_forget)


class VerifierUnavailable(exceptions.APIException):
    """503: nothing is known of the token, for example because the bundle is too old."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "Service temporarily unavailable, try again later."
    default_code = "service_unavailable"
    wait = 1  # Retry-After, in seconds


class EdgetokenAuthentication(authentication.BaseAuthentication):
    """Takes the token of the Authorization header. `request.user` is a TokenUser, `request.auth` the claims."""

    www_authenticate_realm = "api"

    def authenticate(self, request: Request) -> tuple[Any, dict[str, Any]] | None:
        """The user and the claims; None without a token. Raises AuthenticationFailed and VerifierUnavailable."""
        token = self.get_token(request)
        if token is None:
            return None
        try:
            return self._authenticate(token)
        except Unavailable as unavailable:
            raise VerifierUnavailable from unavailable

    def _authenticate(self, token: bytes) -> tuple[Any, dict[str, Any]]:
        try:
            claims = verifier().verify(token)
        except Unavailable:
            raise
        except Refused as refused:
            raise _failed(refused.cause) from refused
        if config().values["USER_ID_CLAIM"] not in claims:
            raise _failed("no_user")
        return config().user_class(claims), claims

    def authenticate_header(self, request: Request) -> str:
        return f'{config().header_types[0]} realm="{self.www_authenticate_realm}"'

    def get_token(self, request: Request) -> bytes | None:
        """The token of a request; None where there is none, or one of another scheme."""
        header = request.META.get(config().values["AUTH_HEADER_NAME"], b"")
        parts = (header.encode(HTTP_HEADER_ENCODING) if isinstance(header, str) else header).split()
        if not parts or parts[0] not in config().header_type_bytes:
            return None
        if len(parts) != 2:
            raise exceptions.AuthenticationFailed(
                {
                    "detail": "Authorization header must contain two space-delimited values",
                    "code": "bad_authorization_header",
                }
            )
        return parts[1]


def _failed(cause: str) -> exceptions.AuthenticationFailed:
    """What simplejwt says of a token that was refused."""
    if cause == "no_user":
        return exceptions.AuthenticationFailed(
            {"detail": "Token contained no recognizable user identification", "code": "token_not_valid"}
        )
    now = verifier().status()
    message = MESSAGES.get(cause, INVALID)
    if now["compat"] == "5.2" and message in (INVALID, MESSAGES["expired"]):
        message = "Token is invalid or expired"
    return exceptions.AuthenticationFailed(
        {
            "detail": "Given token not valid for any token type",
            "code": "token_not_valid",
            "messages": [
                {"token_class": TOKEN_CLASSES[name], "token_type": name, "message": message} for name in now["types"]
            ],
        }
    )


class TokenUser:
    """A user that a token alone speaks of, as simplejwt's TokenUser. Its claims are attributes too."""

    is_active = True
    is_anonymous = False
    is_authenticated = True

    def __init__(self, token: dict[str, Any]) -> None:
        self.token = token

    def __str__(self) -> str:
        return f"TokenUser {self.id}"

    @property
    def id(self) -> Any:
        return self.token[config().values["USER_ID_CLAIM"]]

    @property
    def pk(self) -> Any:
        return self.id

    @property
    def username(self) -> str:
        return self.token.get("username", "")

    @property
    def is_staff(self) -> bool:
        return self.token.get("is_staff", False)

    @property
    def is_superuser(self) -> bool:
        return self.token.get("is_superuser", False)

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, TokenUser) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)

    def __getattr__(self, name: str) -> Any:
        if name == "token" or name.startswith("__"):  # of one that is being copied
            raise AttributeError(name)
        return self.token.get(name)

    def get_username(self) -> str:
        return self.username

    @property
    def groups(self) -> Any:
        return _nothing("Group")

    @property
    def user_permissions(self) -> Any:
        return _nothing("Permission")

    def get_group_permissions(self, obj: object | None = None) -> set[str]:
        return set()

    def get_all_permissions(self, obj: object | None = None) -> set[str]:
        return set()

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        return False

    def has_perms(self, perm_list: list[str], obj: object | None = None) -> bool:
        return False

    def has_module_perms(self, module: str) -> bool:
        return False

    def save(self) -> None:
        raise NotImplementedError("Token users have no DB representation")

    def delete(self) -> None:
        raise NotImplementedError("Token users have no DB representation")

    def set_password(self, raw_password: str) -> None:
        raise NotImplementedError("Token users have no DB representation")

    def check_password(self, raw_password: str) -> bool:
        raise NotImplementedError("Token users have no DB representation")


def _nothing(model: str) -> Any:
    """A manager that finds no groups or permissions."""
    from django.contrib.auth import models  # only where django.contrib.auth is installed
    from django.db.models.manager import EmptyManager

    return EmptyManager(getattr(models, model))
