"""Codes of this room and their words: states of a run, answers about a pair."""

from __future__ import annotations

from lianfang.engine.terms.errors import Say
from lianfang.engine.terms.glossary import label

DRAFT, WAITING, RUNNING, DONE, FAILED = "draft", "waiting", "running", "done", "failed"
STATES = {
    DRAFT: Say("待确认", "to be confirmed"),
    WAITING: Say("排队中", "waiting"),
    RUNNING: Say("运行中", "running"),
    DONE: Say("已完成", "done"),
    FAILED: Say("失败", "failed"),
}
ANSWERS = {
    "same": Say("同一团伙", "same ring"),
    "different": Say("彼此无关", "nothing to do with each other"),
    "unsure": Say("不确定", "unsure"),
}


def record_name(key: str) -> Say:
    """Name a record as people do: `complaint:C1` is 投诉 C1."""
    kind, _, record_id = key.partition(":")
    called = label("kinds", kind)
    return Say(f"{called.zh} {record_id}", f"{called.en} {record_id}")
