"""Fills an empty data base with the customers of the document."""
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from customers.models import Customer

PLAIN = ("id", "email", "is_active", "is_staff", "is_superuser", "first_name", "last_name")


def seed():
    call_command("migrate", run_syncdb=True, verbosity=0)
    for given in settings.DOCUMENT["customers"]:
        customer = Customer(**{name: given[name] for name in PLAIN if name in given})
        customer.password = given["password_hash"] if "password_hash" in given else make_password(given["password"])
        customer.last_login = moment(given.get("last_login"))
        customer.date_joined = moment(given.get("date_joined")) or timezone.now()
        customer.save(force_insert=True)
        customer.user_permissions.set(map(permission, given.get("permissions", ())))
        for name, permissions in given.get("groups", {}).items():
            group, _ = Group.objects.get_or_create(name=name)
            group.permissions.set(map(permission, permissions))
            customer.groups.add(group)


def moment(text):
    return parse_datetime(text) if text else None


def permission(name):
    """The permission that is written app.codename."""
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)
