"""The one page of the building itself: choosing a language."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from lianfang.web.frame.middleware import COOKIE, LANGUAGES


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language on this machine and go back to where the reader was."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    wanted = request.POST.get("language", "")
    if wanted in LANGUAGES:
        response.set_cookie(COOKIE, wanted, max_age=31_536_000, samesite="Lax", httponly=True)
    return response
