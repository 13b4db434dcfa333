"""What every answer carries: the reader's language and a strict content policy."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

Answer = Callable[[HttpRequest], HttpResponse]

COOKIE = "lianfang_language"
LANGUAGES = ("zh-hans", "en")

# Cytoscape adds this one style sheet itself; it is named by its digest and nothing else may be inline.
_CYTOSCAPE = "'sha256-pgvDUBa4IjFA2yuSJ2cqcyxmNYJMborsd0ORcRv9vw8='"
POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", f"style-src 'self' {_CYTOSCAPE}", "img-src 'self' data:",
    "font-src 'self'", "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
))  # fmt: skip


def language(answer: Answer) -> Answer:
    """Speak Chinese unless the reader asked for English on this machine."""

    def speak(request: HttpRequest) -> HttpResponse:
        wanted = request.COOKIES.get(COOKIE, LANGUAGES[0])
        chosen = wanted if wanted in LANGUAGES else LANGUAGES[0]
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = answer(request)
        response.setdefault("Content-Language", chosen)
        return response

    return speak


def headers(answer: Answer) -> Answer:
    """Add the content policy and its companions; pages with rows of people are kept by no cache."""

    def guarded(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "no-store")
        return response

    return guarded
