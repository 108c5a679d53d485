"""A Django project with a view behind simplejwt's class and one behind ours, over the same key."""

import os

import django
from django.conf import settings

from keys import hs256

KEY = hs256()

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    EDGETOKEN={"POLICY": KEY.policy},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="x",
    SIMPLE_JWT={"SIGNING_KEY": KEY.public, "ALGORITHM": "HS256"},
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication  # noqa: E402

import edgetoken.django  # noqa: E402


class Theirs(APIView):
    authentication_classes = [JWTStatelessUserAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        user = request.user
        return Response(
            {
                "id": user.id,
                "pk": user.pk,
                "username": user.username,
                "get_username": user.get_username(),
                "staff": user.is_staff,
                "superuser": user.is_superuser,
                "active": user.is_active,
                "anonymous": user.is_anonymous,
                "authenticated": user.is_authenticated,
                "text": str(user),
                "claim": user.plan,
                "none": user.nothing,
                "groups": list(user.groups.all()),
                "permissions": list(user.user_permissions.all()),
                "all": sorted(user.get_all_permissions()),
                "of groups": sorted(user.get_group_permissions()),
                "perm": user.has_perm("x"),
                "perms": user.has_perms(["x"]),
                "module": user.has_module_perms("x"),
                "jti": request.auth["jti"],
                "got": request.auth.get("nothing"),
                "in": "exp" in request.auth,
            }
        )


class Ours(Theirs):
    authentication_classes = [edgetoken.django.EdgetokenAuthentication]


class Process(Ours):
    def get(self, request):
        return Response({"process": os.getpid(), "id": request.user.id})


class Open(Ours):
    permission_classes = []

    def get(self, request):
        return Response({"user": str(request.user), "auth": request.auth})


urlpatterns = [path(view.__name__.lower(), view.as_view()) for view in (Theirs, Ours, Process, Open)]

application = get_wsgi_application()
edgetoken.django.verifier()
