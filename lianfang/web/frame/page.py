"""Pages: one way to answer with a template, one way to cut a long list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

PER_PAGE = 50


@dataclass(frozen=True)
class Part:
    """One page of a list: its rows, where it stands, how many there are in all."""

    rows: list[Any]
    number: int
    n_rows: int
    per_page: int = PER_PAGE

    @property
    def n_pages(self) -> int:
        """Count the pages; an empty list has one."""
        return max(1, -(-self.n_rows // self.per_page))

    @property
    def before(self) -> int | None:
        """Give the number of the page before, if there is one."""
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        """Give the number of the next page, if there is one."""
        return self.number + 1 if self.number < self.n_pages else None


class Listed(list[Any]):
    """Rows in memory, cut into pages like those of a query."""

    def count(self, *given: Any) -> int:
        """Count the rows."""
        return super().count(*given) if given else len(self)


def part(rows: Any, wanted: str | None, per_page: int = PER_PAGE) -> Part:
    """Cut the wanted page out of a query; a number that means nothing is the first."""
    n_rows = rows.count()
    number = int(wanted) if wanted and wanted.isdecimal() and len(wanted) < 9 else 1
    number = min(max(number, 1), max(1, -(-n_rows // per_page)))
    first = (number - 1) * per_page
    return Part(list(rows[first : first + per_page]), number, n_rows, per_page)


def page(request: HttpRequest, template: str, state: int = 200, **shown: Any) -> HttpResponse:
    """Answer with a template."""
    return render(request, template, shown, status=state)
