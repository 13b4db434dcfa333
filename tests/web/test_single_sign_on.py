"""Signing in through a provider: off by default; on, it lets in only people who are entered here, bound to one person."""

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import jwt
import pytest

from lianfang.engine.terms.errors import SettingError
from lianfang.web.site import single_sign_on

WHOLE = {"LIANFANG_OIDC_URL": "https://id.example.org/.well-known/openid-configuration", "LIANFANG_OIDC_CLIENT": "lianfang", "LIANFANG_OIDC_SECRET": "s"}
WALK = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "lianfang.web.site.settings"
from lianfang.web.site import office
office.migrate()
from urllib.parse import parse_qs, urlsplit
from django.test import Client
from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import actions as people
from lianfang.web.accounts.permissions import Sort
house = people.found_office(Say("甲", "A"), Sort.MEMBER)
for name in ("wang.wu", "li.si"):
    people.enrol(name, "a-long-enough-one-26", house, "analyst", once=False)
told = {}
for code in ("wang.wu:1", "wang.wu:1", "wang.wu:2", "nobody:3", "li.si:1", "WANG.WU:4", "broken:5"):
    client = Client()
    shown = client.get("/account/login/").content.decode()
    to = client.get("/account/oidc/house/login/")
    asked = parse_qs(urlsplit(to.url).query)
    back = client.get("/account/oidc/house/login/callback/", {"code": code, "state": asked["state"][0]})
    told.setdefault(code, []).append([back.status_code, client.session.get("_auth_user_id"), "code_challenge" in asked, "统一" in shown])
told["forged"] = Client().get("/account/oidc/house/login/callback/", {"code": "wang.wu:1", "state": "x"}).status_code
told["shut"] = [Client().get(f"/account/provider/{name}/").status_code for name in ("signup", "connections")]
print(json.dumps(told))
"""


@pytest.mark.parametrize("left_out", list(WHOLE))
def test_half_a_setting_is_refused(left_out):
    with pytest.raises(SettingError, match="E-SETTING-03"):
        single_sign_on.of({name: value for name, value in WHOLE.items() if name != left_out})


def test_it_is_off_without_settings_and_wants_encryption():
    assert single_sign_on.of({}) == {"LIANFANG_OIDC": ""}
    assert single_sign_on.of(WHOLE)["LIANFANG_OIDC"]
    with pytest.raises(SettingError):
        single_sign_on.of(WHOLE | {"LIANFANG_OIDC_URL": "http://id.example.org/"})


def test_the_sign_in_page_offers_nothing_while_it_is_off(office):
    from django.test import Client

    assert Client().get("/account/oidc/house/login/").status_code == 404
    assert "统一登录" not in Client().get("/account/login/").content.decode()


@pytest.fixture(scope="module")
def provider():
    """A provider on this machine: its codes are `user name:person`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            where = f"http://127.0.0.1:{self.server.server_port}"
            self.say({"issuer": where, "authorization_endpoint": f"{where}/ask", "token_endpoint": f"{where}/token",
                      "userinfo_endpoint": f"{where}/who", "jwks_uri": f"{where}/keys"} if "Authorization" not in self.headers else self.who)  # fmt: skip

        def do_POST(self):
            told = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            name, _, person = told["code"][0].partition(":")
            if name == "broken" or "code_verifier" not in told:
                return self.send_error(400)
            type(self).who = {"sub": person, "preferred_username": name}
            at = int(time.time())
            claims = type(self).who | {"iss": f"http://127.0.0.1:{self.server.server_port}", "aud": "lianfang", "iat": at, "exp": at + 60}
            token = jwt.encode(claims, "0" * 32, "HS256")
            return self.say({"access_token": "x", "token_type": "Bearer", "id_token": token})

        def say(self, row):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(row).encode())

        def log_message(self, *_):
            pass

    made = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


def test_only_people_entered_here_come_in(provider, tmp_path):
    env = {**os.environ, "LIANFANG_HOME": str(tmp_path / "home"), "LIANFANG_OIDC_URL": f"{provider}/.well-known/openid-configuration",
           "LIANFANG_OIDC_CLIENT": "lianfang", "LIANFANG_OIDC_SECRET": "s", "LIANFANG_OIDC_NAME": "行内账号"}  # fmt: skip
    env.pop("DATABASE_URL", None)
    done = subprocess.run([sys.executable, "-c", WALK], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    (first, again), wang = told["wang.wu:1"], told["wang.wu:1"][0][1]
    assert first == again == [302, wang, True, True] and wang
    # Another person of the provider under a name that is taken; one nobody entered; one tied already; other letters.
    for code in ("wang.wu:2", "nobody:3", "WANG.WU:4", "broken:5"):
        assert [(one[0], one[1]) for one in told[code]] == [(403, None)], code
    assert told["li.si:1"][0][1] == wang, "the provider's person is bound to one user, whatever name they bear later"
    assert told["forged"] == 403 and told["shut"] == [404, 404]
