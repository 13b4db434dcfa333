# ruff: noqa: E402 (a setting is changed before Django is loaded)
"""A program that acts until it is killed, or says what an office holds; started by test_log_promise.py.

`acting.py forever|before_commit|before_append|before_places|lazy` makes institutions, one act each, and writes
`ack CODE` when an act has returned. `acting.py look` puts the log in order and tells what database and log hold.
"""

import json
import os
import signal
import sys
import threading

os.environ["DJANGO_SETTINGS_MODULE"] = "lianfang.web.site.settings"
MODE = sys.argv[1]

from django.conf import settings

if MODE == "lazy":  # the setting that must not be: commits are on the disk some time
    options = settings.DATABASES["default"]["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=NORMAL")

import django

django.setup()

from lianfang.engine.evidence import leaf
from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import actions as people
from lianfang.web.accounts.models import Institution
from lianfang.web.accounts.permissions import Sort
from lianfang.web.evidence import actions, store
from lianfang.web.evidence.models import Entry, Opening


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def act():
    """Make one institution; what is acknowledged is written only after the act has returned."""
    made = people.found_office(Say(f"机构 {os.urandom(6).hex()}", "x"), Sort.AGENCY)
    os.write(1, f"ack {made.code}\n".encode())


def look():
    actions.settle()
    held = store.published()
    ids = [leaf.from_bytes(raw).id for _, raw in store.entries(0, held.n_leaves if held else 0)]
    rows = Entry.objects.order_by("place").values_list("code", "place", "target")
    told = {
        "log": ids, "entries": [[str(code), place, target] for code, place, target in rows],
        "institutions": [str(code) for code in Institution.objects.values_list("code", flat=True)],
    }  # fmt: skip
    print(json.dumps(told))


if MODE == "look":
    look()
else:
    act()
    if MODE == "before_commit":
        Opening.objects.create = die
    elif MODE == "before_append":
        actions._soon = die
    elif MODE == "before_places":
        actions._placed = die
    for _ in range(3 if MODE == "forever" else 0):  # several at once, as in a served office
        threading.Thread(target=lambda: [act() for _ in iter(int, 1)], daemon=True).start()
    while True:
        act()
