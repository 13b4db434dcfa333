"""An office prepared for a walk through it: institutions, people, a second factor for each. Run as a program."""

import json
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.web.site.settings")
PASSWORD = "a-long-enough-one-26"
PEOPLE = {
    "house": ("association", {"office": "secretariat", "group1": "working_group", "group2": "working_group", "expert1": "expert",
                              "expert2": "expert", "expert3": "expert"}),
    "bank": ("member", {"analyst": "analyst", "rule": "compliance"}),
}  # fmt: skip


def make() -> dict[str, str]:
    """Make it; give the secret of everybody's second factor."""
    from lianfang.web.site import office

    office.migrate()
    from allauth.mfa.totp.internal import auth as totp

    from lianfang.engine.terms.errors import Say
    from lianfang.web.accounts import actions as people
    from lianfang.web.accounts.permissions import Sort

    above, first, secrets = None, None, {}
    for name, (sort, roles) in PEOPLE.items():
        above = people.found_office(Say(f"{name} 机构", name), Sort(sort), above)
        for username, role in roles.items():
            member = people.enrol(username, PASSWORD, above, role, once=False, like=first)
            first = first or member
            secrets[username] = totp.generate_totp_secret()
            totp.TOTP.activate(member.user, secrets[username])
    return secrets


if __name__ == "__main__":
    print(json.dumps(make()))
