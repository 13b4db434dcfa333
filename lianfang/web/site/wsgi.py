"""The door for a WSGI server: `granian --interface wsgi lianfang.web.site.wsgi:application`."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.umask(0o077)  # uploads and the database are for their owner's eyes only
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.web.site.settings")
application = get_wsgi_application()
