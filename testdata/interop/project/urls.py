"""Routes of the reference, as testdata/conformance/README.md lists them."""
from django.urls import include, path
from rest_framework_simplejwt import views as tokens

from customers import views as customers

urlpatterns = [
    path("auth/token/", tokens.TokenObtainPairView.as_view()),
    path("auth/token/refresh/", tokens.TokenRefreshView.as_view()),
    path("auth/token/verify/", tokens.TokenVerifyView.as_view()),
    path("auth/token/blacklist/", tokens.TokenBlacklistView.as_view()),
    path("auth/token/sliding/", tokens.TokenObtainSlidingView.as_view()),
    path("auth/token/sliding/refresh/", tokens.TokenRefreshSlidingView.as_view()),
    path("auth/", include("rest_framework.urls")),
    path("customers/", customers.CustomerListView.as_view()),
    path("customers/me/", customers.MeView.as_view()),
    path("customers/open/", customers.OpenView.as_view()),
    path("customers/readonly/", customers.ReadOnlyView.as_view()),
    path("customers/managed/", customers.ManagedView.as_view()),
    path("customers/directory/", customers.DirectoryView.as_view()),
]
