"""The guides and the words of the schema, as pages need them; all of it is the engine's."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from lianfang.engine.terms.errors import Say
from lianfang.engine.terms.glossary import label

HOWS = {
    "name": Say("字段名", "field name"),
    "alias": Say("常见列名", "known header"),
    "near": Say("近似列名", "near header"),
    "values": Say("看内容", "by its values"),
    "mapping": Say("映射文件", "mapping file"),
    "unknown": Say("未识别,不读", "not recognised, not read"),
    "taken": Say("字段已有他列,不读", "field already filled, not read"),
    "secret": Say("C3 数据,拒收", "C3, refused"),
    "unused": Say("不读", "left out"),
}


@cache
def book() -> Any:
    """Give the guides in force, made ready; read once, for they come with the program."""
    from lianfang.engine.identify.guides import kept

    return kept.book()


def found(activity: str, word: str) -> list[Any]:
    """Give the guides of an activity whose id, title or clauses have a word; empty asks for all."""
    word = word.casefold()
    return [one for one in book().guides if (not activity or one.activity == activity) and (not word or word in _words(one))]


def _words(guide: Any) -> str:
    says = [guide.title, guide.definition, *(clause.name for clause in guide.clauses)]
    return " ".join([guide.id, *(f"{one.zh} {one.en}" for one in says if one)]).casefold()


def checked(text: str) -> Any:
    """Say what one text shows."""
    from lianfang.engine.identify.signals import check

    return check.check(text, book())


def marks(answer: Any) -> list[dict[str, Any]]:
    """Give the lit stretches of an answer."""
    found = []
    for finding in answer.findings:
        for hit in finding.clauses:
            found += [_mark(span, hit.name, hit.strength.value) for span in hit.spans]
        for guard in finding.guards:
            found += [_mark(span, guard.name, "guard") for span in guard.spans]
    return found


def _mark(span: Any, name: Say, strength: str) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "strength": strength, "zh": name.zh, "en": name.en}


def kinds() -> dict[str, Say]:
    """Give the kinds of record with their names."""
    from lianfang.engine.terms.codes import Kind

    return {str(kind): label("kinds", str(kind)) for kind in Kind}


def fields_of(wanted: Collection[str]) -> dict[str, list[tuple[str, Say]]]:
    """Give for some kinds the fields a column may fill, the record's own number first."""
    from lianfang.engine.records import headers, schema
    from lianfang.engine.terms.codes import Kind

    own = (headers.RECORD_ID, Say("记录编号", "the record's own number"))
    return {kind: [own, *((one.name, one.meaning) for one in schema.of(Kind(kind)).fields)] for kind in wanted}
