"""Signing in through the institution's own provider (OpenID Connect): settings from the environment, off without them.

LIANFANG_OIDC_URL     the provider's discovery address, `https://…/.well-known/openid-configuration`
LIANFANG_OIDC_CLIENT  our client id there; LIANFANG_OIDC_SECRET its secret
LIANFANG_OIDC_NAME    what the sign-in page calls it
LIANFANG_OIDC_CLAIM   the claim that is the user name here (preferred_username)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lianfang.engine.terms.errors import Say, SettingError

PROVIDER = "house"
APPS = ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]


def of(environment: Mapping[str, str]) -> dict[str, Any]:
    """Give the settings for it, by name; `LIANFANG_OIDC` is empty while it is off.

    Raises:
        SettingError: E-SETTING-03, half of it is set, or the address is not encrypted.
    """
    address, client = environment.get("LIANFANG_OIDC_URL", ""), environment.get("LIANFANG_OIDC_CLIENT", "")
    secret = environment.get("LIANFANG_OIDC_SECRET", "")
    if not address and not client and not secret:
        return {"LIANFANG_OIDC": ""}
    is_here = address.startswith(("http://127.0.0.1:", "http://localhost:"))
    if not (client and secret and (address.startswith("https://") or is_here)):
        raise SettingError(
            Say("统一登录要写全 LIANFANG_OIDC_URL(https)、_CLIENT、_SECRET", "single sign-on wants LIANFANG_OIDC_URL (https), _CLIENT and _SECRET"),
            code="E-SETTING-03", where="LIANFANG_OIDC_URL", fix=Say("三项都写,或都不写", "set all three, or none"),
        )  # fmt: skip
    app = {"provider_id": PROVIDER, "name": PROVIDER, "client_id": client, "secret": secret, "settings": {"server_url": address}}
    return {
        "LIANFANG_OIDC": environment.get("LIANFANG_OIDC_NAME", "OpenID Connect"),
        "LIANFANG_OIDC_CLAIM": environment.get("LIANFANG_OIDC_CLAIM", "preferred_username"),
        "SOCIALACCOUNT_ADAPTER": "lianfang.web.accounts.single_sign_on.Adapter",
        "SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}},
        # A link, not a form: our content policy lets no form be answered from elsewhere. State and PKCE guard it.
        "SOCIALACCOUNT_LOGIN_ON_GET": True,
        "SOCIALACCOUNT_AUTO_SIGNUP": False,
    }
