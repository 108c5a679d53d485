"""The application for gunicorn, over a data base that holds exactly the customers of the document."""
import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
application = get_wsgi_application()

from django.conf import settings  # noqa: E402  (and what follows can be imported only now)

from customers.seed import seed  # noqa: E402
from debian import check_headers  # noqa: E402

if settings.DOCUMENT["compat"] == "5.2":
    check_headers()
seed()
