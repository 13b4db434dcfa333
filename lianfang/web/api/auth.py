"""Keys at the door of the machines' room."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import access
from lianfang.web.accounts.act import require
from lianfang.web.accounts.permissions import Permission


class Key(HttpBearer):
    """`Authorization: Bearer lf_…`; a key stands for its maker's membership, narrowed to its scopes."""

    def __init__(self, permission: Permission | None = None) -> None:
        super().__init__()
        self.permission = permission

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Give the membership behind a key, or nothing; refuse a key whose scopes do not open this door."""
        request.member = access.by_key(token)
        if request.member is not None and self.permission is not None:
            require(request.member, self.permission)
        return request.member


NO_KEY = Say("没有可用的密钥:没带、写错、过期或已停用", "no key that stands: missing, mistyped, expired or revoked")
NO_KEY_FIX = Say("在“接口密钥”页做一个,放进 Authorization: Bearer", "make one on the page API keys and send it as Authorization: Bearer")
