"""The door for a WSGI server: `granian --interface wsgi lianfang.web.site.wsgi:application`."""

from __future__ import annotations

import os
import sys

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from lianfang.web.frame import gauges
from lianfang.web.site import preparing

os.umask(0o077)  # uploads and the database are for their owner's eyes only
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.web.site.settings")
application = get_wsgi_application()
# A short page comes back from the database and waits for a long one to let go: five times sooner than by default.
sys.setswitchinterval(0.001)
preparing.wake()
if settings.LIANFANG_PAGES > 1:
    gauges.share(settings.HOME / "gauges")
