"""Routes of the shop, and the views that its customers change themselves by."""

from customers.models import Customer
from customers.views import MeView
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt import views as tokens


class RegisterView(APIView):
    """Makes a customer of an e-mail address and a password."""

    permission_classes = [AllowAny]

    def post(self, request):
        customer = Customer(email=request.data["email"])
        customer.set_password(request.data["password"])
        customer.save()
        return Response(status=201)


class PasswordView(APIView):
    """Gives the customer of the token another password."""

    permission_classes = [IsAuthenticated]

    def post(self, request):
        request.user.set_password(request.data["password"])
        request.user.save()
        return Response(status=204)


def deployed(request):
    """Which deployment this worker is of."""
    return HttpResponse(settings.DEPLOYED, content_type="text/plain")


urlpatterns = [
    path("auth/token/", tokens.TokenObtainPairView.as_view()),
    path("auth/token/refresh/", tokens.TokenRefreshView.as_view()),
    path("auth/token/verify/", tokens.TokenVerifyView.as_view()),
    path("auth/token/blacklist/", tokens.TokenBlacklistView.as_view()),
    path("customers/me/", MeView.as_view()),
    path("customers/account/register/", RegisterView.as_view()),
    path("customers/account/password/", PasswordView.as_view()),
    path("deployed/", deployed),
]
