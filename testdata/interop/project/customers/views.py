"""The views under /customers/. Doc strings are what OPTIONS shows."""
from rest_framework import permissions, serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from customers.models import Customer


class CustomerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Customer
        fields = ["id", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "last_login", "date_joined"]


class MeView(APIView):
    """The customer that the request is authenticated as."""

    permission_classes = [permissions.IsAuthenticated]

    def get(self, request):
        return Response(CustomerSerializer(request.user).data)

    def post(self, request):
        return Response({"received": request.data})


class CustomerListView(ListAPIView):
    """All customers."""

    permission_classes = [permissions.IsAdminUser]
    serializer_class = CustomerSerializer
    queryset = Customer.objects.order_by("id")


class SampleView(APIView):
    """Says who called with which method, and changes nothing."""

    queryset = Customer.objects.none()

    def answer(self, request, status=200):
        customer = request.user.email if request.user.is_authenticated else None
        return Response({"method": request.method, "customer": customer}, status)

    def get(self, request):
        return self.answer(request)

    def post(self, request):
        return self.answer(request, 201)

    def put(self, request):
        return self.answer(request)

    def patch(self, request):
        return self.answer(request)

    def delete(self, request):
        return Response(status=204)


class OpenView(SampleView):
    """Anyone."""

    permission_classes = [permissions.AllowAny]


class ReadOnlyView(SampleView):
    """Anyone reads, customers write."""

    permission_classes = [permissions.IsAuthenticatedOrReadOnly]


class ManagedView(SampleView):
    """Model permissions."""

    permission_classes = [permissions.DjangoModelPermissions]


class DirectoryView(SampleView):
    """Model permissions, anonymous read."""

    permission_classes = [permissions.DjangoModelPermissionsOrAnonReadOnly]
