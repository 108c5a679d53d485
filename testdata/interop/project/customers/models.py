"""The customer: Django's user with an e-mail address for a name."""
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models


class Customer(AbstractUser):
    username = None
    email = models.EmailField("email address", unique=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
