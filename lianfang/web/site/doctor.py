"""The office looked over: settings, database, log, disk, files, worker, clock, guides. It changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from lianfang.engine.evidence import note
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import LianfangError, Say
from lianfang.web.evidence import access as log
from lianfang.web.evidence import compare, store
from lianfang.web.site import probes

LEAST_FREE, LOW_FREE = 1 << 30, 10 << 30
SILENT_AFTER = timedelta(seconds=60)
_BUILT_YEAR = 2026


class Weight(StrEnum):
    """How bad it is."""

    FINE = "fine"
    WATCH = "watch"
    BROKEN = "broken"


@dataclass(frozen=True)
class Found:
    """One thing looked at: what is so, and what to do about it."""

    about: Say
    weight: Weight
    say: Say
    fix: Say | None = None


def _fine(about: Say, say: Say) -> Found:
    return Found(about, Weight.FINE, say)


def look_over(deep: bool = False) -> list[Found]:
    """Look at everything; what cannot be looked at is itself a finding.

    Args:
        deep: hash the whole log and compare every entry with its row.
    """
    found: list[Found] = []
    looks: tuple[Callable[[], Iterable[Found]], ...] = (
        _settings, _database, _disk, _vendor, _clock, _guides, _worker, lambda: _log(deep),
    )  # fmt: skip
    for look in looks:
        try:
            found += look()
        except LianfangError as wrong:
            found.append(Found(Say(wrong.code, wrong.code), Weight.BROKEN, wrong.say, wrong.fix))
        except (DatabaseError, OSError) as wrong:
            name = type(wrong).__name__
            found.append(Found(Say("检查本身", "the look itself"), Weight.BROKEN, Say(f"没能查完:{name}", f"could not be finished: {name}")))
    return found


def _settings() -> Iterable[Found]:
    about = Say("设置", "settings")
    outside = [one for one in settings.ALLOWED_HOSTS if one not in ("localhost", "127.0.0.1", "[::1]", "testserver")]
    if "*" in outside:
        yield Found(about, Weight.BROKEN, Say("LIANFANG_HOSTS 是 *,谁的域名都接受", "LIANFANG_HOSTS is *, any name is answered to"),
                    Say("写上真正的域名", "name the real hosts"))  # fmt: skip
    if outside and settings.SECURE_PROXY_SSL_HEADER is None:
        yield Found(about, Weight.BROKEN, Say("对外的域名没有用 HTTPS", "names outside this machine are served without HTTPS"),
                    Say("放在 HTTPS 代理后面并设 LIANFANG_HTTPS=1", "stand behind an HTTPS proxy and set LIANFANG_HTTPS=1"))  # fmt: skip
    if outside and settings.LIANFANG_DEMO:
        yield Found(about, Weight.BROKEN, Say("演示模式对外开着,口令写在登录页上", "the demo is open to the outside, its passwords stand on the sign-in page"),
                    Say("另用一个 LIANFANG_HOME,不设 LIANFANG_DEMO", "take another LIANFANG_HOME without LIANFANG_DEMO"))  # fmt: skip
    if outside and not settings.LIANFANG_REQUIRE_TOTP:
        yield Found(about, Weight.BROKEN, Say("没有要求第二因素", "no second factor is demanded"), Say("去掉 LIANFANG_TOTP=0", "remove LIANFANG_TOTP=0"))
    if len(settings.SECRET_KEY) < 32:
        yield Found(about, Weight.BROKEN, Say("签名密钥太短", "the signing key is too short"), Say("去掉 LIANFANG_SECRET,让系统生成", "leave LIANFANG_SECRET out; one is made"))
    for place in (Path(settings.HOME), *Path(settings.HOME).glob("*.key")):
        if place.stat().st_mode & 0o077:
            yield Found(about, Weight.BROKEN, Say(f"{place.name} 别人也能读", f"{place.name} can be read by others"),
                        Say(f"chmod go-rwx {place}", f"chmod go-rwx {place}"))  # fmt: skip
    yield _fine(about, Say(f"文件夹 {settings.HOME}", f"folder {settings.HOME}"))


def _database() -> Iterable[Found]:
    about = Say("数据库", "database")
    with connection.cursor() as asked:
        asked.execute("select 1")
    lacking = probes.unapplied()
    if lacking:
        yield Found(about, Weight.BROKEN, Say(f"还差 {len(lacking)} 步升级:{lacking[0]} …", f"{len(lacking)} migrations are missing: {lacking[0]} …"),
                    Say("先备份,再 lianfang migrate", "take a backup, then lianfang migrate"))  # fmt: skip
    yield _fine(about, Say(f"{connection.display_name} 能用", f"{connection.display_name} answers"))


def _disk() -> Iterable[Found]:
    about, free = Say("磁盘", "disk"), shutil.disk_usage(settings.HOME).free
    say = Say(f"剩余 {free / 2**30:.1f} GB", f"{free / 2**30:.1f} GB free")
    weight = Weight.BROKEN if free < LEAST_FREE else Weight.WATCH if free < LOW_FREE else Weight.FINE
    yield Found(about, weight, say, None if weight is Weight.FINE else Say("清理或扩容;满了就记不进存证日志", "make room: a full disk takes no log entries"))


def _vendor() -> Iterable[Found]:
    about = Say("前端文件", "front-end files")
    folder = Path(__file__).parents[1] / "frame" / "static" / "vendor"
    lacking = [name for name in ("tabler.min.css", "htmx.min.js", "cytoscape.min.js", "echarts.min.js") if not (folder / name).exists()]
    if lacking:
        yield Found(about, Weight.BROKEN, Say(f"缺 {'、'.join(lacking)}", f"missing: {', '.join(lacking)}"),
                    Say("sh lianfang/web/frame/assets/fetch.sh", "sh lianfang/web/frame/assets/fetch.sh"))  # fmt: skip
    else:
        yield _fine(about, Say("齐全", "all there"))


def _clock() -> Iterable[Found]:
    about, now = Say("时钟", "clock"), clock.now()
    last = log.last_made_at()
    if now.year < _BUILT_YEAR or (last is not None and last > now + timedelta(minutes=2)):
        yield Found(about, Weight.BROKEN, Say(f"时钟走慢了:现在 {now:%F %T} UTC,库里已有更晚的记录", f"the clock is behind: {now:%F %T} UTC, and there are later entries"),
                    Say("对时(NTP)后再开", "set the clock (NTP) before serving"))  # fmt: skip
    else:
        yield _fine(about, Say(f"{now:%F %T} UTC", f"{now:%F %T} UTC"))


def _guides() -> Iterable[Found]:
    from lianfang.engine.identify.guides import lint

    about, faults = Say("特征指南", "guides"), lint.lint(None)
    if faults:
        yield Found(about, Weight.BROKEN, Say(f"{len(faults)} 处错误,先看 {faults[0].where}", f"{len(faults)} faults, first {faults[0].where}"),
                    Say("lianfang guide lint", "lianfang guide lint"))  # fmt: skip
    else:
        yield _fine(about, Say("没有错误", "no faults"))


def _worker() -> Iterable[Found]:
    about, heard = Say("后台工作", "worker"), probes.last_beat()
    if heard is None or clock.now() - heard > SILENT_AFTER:
        since = "从未" if heard is None else f"{heard:%F %T} UTC 起"
        yield Found(about, Weight.WATCH, Say(f"{since}没有动静", f"not heard {'ever' if heard is None else f'since {heard:%F %T} UTC'}"),
                    Say("lianfang worker,或 lianfang serve(自带)", "lianfang worker, or lianfang serve, which brings one"))  # fmt: skip
    else:
        yield _fine(about, Say(f"{(clock.now() - heard).seconds} 秒前有动静", f"heard {(clock.now() - heard).seconds} s ago"))


def _log(deep: bool) -> Iterable[Found]:
    about, waiting = Say("存证日志", "evidence log"), log.n_waiting()
    home = Path(settings.HOME)
    if not (home / "log").is_dir():
        yield Found(about, Weight.WATCH, Say(f"还没有开始,{waiting} 条在等", f"not begun; {waiting} entries wait"), Say("启动后台工作", "start a worker"))
        return
    if not (home / "log.key").exists():
        yield Found(about, Weight.BROKEN, Say("日志在,签名密钥 log.key 不在", "the log is here, its signing key log.key is not"),
                    Say("把保管的 log.key 放回;不要让系统另造一把", "put the kept log.key back; do not let a new one be made"))  # fmt: skip
        return
    if deep:
        yield from _compared(about)
        return
    n_log, n_rows = log.heads()
    if n_rows > n_log:
        yield Found(about, Weight.WATCH, Say(f"数据库已到 {n_rows},检查点到 {n_log}", f"the database stands at {n_rows}, the checkpoint at {n_log}"),
                    Say("一分钟后再看;仍如此则 lianfang doctor --deep", "look again in a minute; if it stays so, lianfang doctor --deep"))  # fmt: skip
    elif n_log > n_rows:
        yield Found(about, Weight.BROKEN, Say(f"日志有 {n_log} 条,数据库只知道 {n_rows} 条", f"the log has {n_log} entries, the database knows {n_rows}"),
                    Say("数据库被回退过:从备份恢复,见 docs/production.md", "the database was set back: restore a backup, see docs/production.md"))  # fmt: skip
    else:
        yield _fine(about, Say(f"{n_log} 条,{waiting} 条在等", f"{n_log} entries, {waiting} waiting"))


def _compared(about: Say) -> Iterable[Found]:
    told = compare.compare(note.read_key(store.key_line()))
    if told.n_unknown:
        yield Found(about, Weight.BROKEN, Say(f"日志里有 {told.n_unknown} 条数据库不知道", f"the log has {told.n_unknown} entries the database knows nothing of"),
                    Say("数据库被回退过:从备份恢复", "the database was set back: restore a backup"))  # fmt: skip
    yield _fine(about, Say(f"逐条核对 {told.n_log} 条,全部相符", f"{told.n_log} entries compared one by one, all as signed"))
