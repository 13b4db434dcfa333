"""How sign-in behaves here: nobody signs up alone, and a new password ends the duty to change it."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):
    """Sign-in for a closed house."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say that an administrator enters people."""
        return False

    def set_password(self, user: Any, password: str) -> None:
        """Keep the new password; the one-time one is over."""
        user.must_change_password = False
        super().set_password(user, password)
        user.save(update_fields=["must_change_password"])

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Begin at the desk."""
        return "/"
