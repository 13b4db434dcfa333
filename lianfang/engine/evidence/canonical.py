"""One value, one sequence of bytes: canonical JSON without fractions, so that a digest means one thing."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from lianfang.engine.terms.errors import InputError, Say

LARGEST = 2**53 - 1  # beyond it JSON numbers differ from reader to reader


def dumps(value: Any) -> bytes:
    """Give the one spelling of a JSON value: keys sorted, no blanks, UTF-8.

    Args:
        value: dicts with text keys, lists, tuples, text, whole numbers, booleans, None.

    Returns:
        UTF-8 bytes without a line end.

    Units:
        Whole numbers from -(2**53-1) to 2**53-1; a fraction is refused, money goes in fen, shares as text.

    Raises:
        InputError: E-CANON-01, a value that has no single spelling; `where` is the path to it.

    Source:
        RFC 8785 (JSON Canonicalization Scheme), the part without fractions; keys in the order of UTF-16 units.
    """
    return _text(value, "$").encode("utf-8")


def loads(raw: bytes) -> Any:
    """Read canonical bytes; anything that is not its own canonical spelling is refused.

    Raises:
        InputError: E-CANON-02, no JSON, a key twice, or another spelling of the same value.
    """
    try:
        value = json.loads(raw.decode("utf-8"))
        same = dumps(value) == raw
    except (UnicodeDecodeError, RecursionError, ValueError, InputError) as wrong:
        raise _other(str(wrong)) from wrong
    if not same:
        raise _other("spelling")
    return value


def _text(value: Any, at: str) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _quoted(value, at)
    if isinstance(value, int):
        if abs(value) > LARGEST:
            _refuse(at, f"{value}")
        return str(int(value))
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(one, f"{at}[{n}]") for n, one in enumerate(value)) + "]"
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                _refuse(at, f"{key!r}")
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(_quoted(key, at) + ":" + _text(value[key], f"{at}.{key}") for key in keys) + "}"
    _refuse(at, type(value).__name__)


def _quoted(text: str, at: str) -> str:
    if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
        _refuse(at, "a lone surrogate")
    # Python escapes the same seven signs and the same control characters as the standard, in the same spelling;
    # only DEL and what follows stay as they are in both.
    return json.dumps(text, ensure_ascii=False)


def _refuse(at: str, what: str) -> NoReturn:
    raise InputError(
        Say(f"这个值没有唯一写法:{what}", f"this value has no single spelling: {what}"),
        code="E-CANON-01",
        where=at,
        fix=Say(
            "只用文本、整数、真假、空、列表、字典;小数写成文本",
            "use text, whole numbers, booleans, null, lists, mappings; write fractions as text",
        ),
    )


def _other(why: str) -> InputError:
    return InputError(
        Say(f"不是规范 JSON:{why}", f"not canonical JSON: {why}"),
        code="E-CANON-02",
        fix=Say("原样取用写出时的字节", "take the bytes as they were written"),
    )
