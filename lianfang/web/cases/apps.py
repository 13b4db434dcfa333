"""The room is ready: exhibits filed under a case are seen by whoever sees the case."""

from __future__ import annotations

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Tell the exhibits who may see those of a case."""

    name = "lianfang.web.cases"

    def ready(self) -> None:
        """Register the resolver, once models are loaded."""
        from lianfang.web.cases import access, exhibit_access

        exhibit_access.register(access.of_case)
