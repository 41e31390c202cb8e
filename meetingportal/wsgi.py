"""The pages for WSGI servers; sockets need an ASGI server beside them."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meetingportal.settings")
application = get_wsgi_application()
