"""The description at /api/v1/openapi.json: what Ninja writes, with the media types and permissions this house answers with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ninja import NinjaAPI

from lianfang.web.accounts.permissions import Permission
from lianfang.web.api.problems import KIND

_TEXTS = ("entry-proof", "checkpoint", "log-key")
_FROM = 400
_CONVERTER = re.compile(r"\{\w+:")


class Described(NinjaAPI):
    """An API whose description names problems as problems, texts as texts, and each operation's permission."""

    def get_openapi_schema(self, *given: Any, **named: Any) -> Any:
        """Give the description of every operation."""
        told = super().get_openapi_schema(*given, **named)
        needs = dict(self.doors())
        for path, operations in told["paths"].items():
            for method, one in operations.items():
                need, name = needs[method.upper(), path]
                one["x-permission"] = None if need is None else str(need)
                one["operationId"] = name
                _media(one["responses"], "text/plain" if name in _TEXTS else "application/json")
        return told

    def doors(self) -> Iterator[tuple[tuple[str, str], tuple[Permission | None, str]]]:
        """Give for every method and path the permission that opens it, and the operation's name."""
        for prefix, router in self._routers:
            for path, view in router.path_operations.items():
                plain = _CONVERTER.sub("{", f"/api/v1{prefix}{path}")
                for one in view.operations:
                    for method in one.methods:
                        key: Any = one.auth_callbacks[0]
                        yield (method, plain), (key.permission, str(one.url_name))


def _media(responses: Any, kind: str) -> None:
    for number, one in responses.items():
        if "content" in one:
            (shape,) = one["content"].values()
            one["content"] = {KIND if int(number) >= _FROM else kind: shape}
