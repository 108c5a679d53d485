"""Fills the empty data base, as a script for `manage.py shell`: customers by each hasher that this
Django has by default, with groups and permissions. PASSWORD is everybody's."""

from customers.models import Customer
from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hashers, make_password
from django.contrib.auth.models import Group, Permission

PASSWORD = "correct horse 1"


def permissions(*names):
    return Permission.objects.filter(codename__in=names)


editors = Group.objects.create(name="editors")
editors.permissions.set(permissions("change_customer", "view_customer"))
Group.objects.create(name="idle")
hashes = {h.algorithm: make_password(PASSWORD, hasher=h.algorithm) for h in get_hashers()}
hashes["older"] = PBKDF2PasswordHasher().encode(PASSWORD, "salt1salt1", 10000)
for name, encoded in hashes.items():
    customer = Customer.objects.create(
        email=name + "@shop.example", password=encoded, first_name="Ана"
    )
    customer.groups.add(editors)
    customer.user_permissions.set(permissions("add_customer"))
for i in range(8):
    Customer.objects.create(email=f"visitor{i}@shop.example", password=hashes["pbkdf2_sha256"])
Customer.objects.create(email="test@shop.example", password=hashes["older"])
Customer.objects.create(email="gone@shop.example", password=hashes["older"], is_active=False)
Customer.objects.create(email="nobody@shop.example", password=make_password(None))
