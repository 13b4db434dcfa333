"""People, agents and firms alike without a shared identifier, compared by Splink.

Blocks are made here (a name's sound with one more sign, a firm's core), so that Splink meets only rows
that could be one; probabilities are fixed in `data/rings/fuzzy.yaml`. A name is always needed and
never enough. Two customers found alike count as one person; they never make strangers a ring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.linkage import likeness
from lianfang.engine.terms.codes import Kind

Ints = npt.NDArray[np.int64]
_STAMP = pa.timestamp("us", tz="UTC")
LINK = pa.schema([
    ("left", pa.int64()), ("right", pa.int64()), ("by", pa.string()), ("key_masked", pa.string()),
    ("n_sharing", pa.int32()), ("weight_bits", pa.float64()), ("left_at", _STAMP), ("right_at", _STAMP),
    ("why_zh", pa.string()), ("why_en", pa.string()),
])  # fmt: skip
_TIME = {
    Kind.COMPLAINT: "received_at", Kind.CONTACT: "at", Kind.POST: "posted_at",
    Kind.APPLICATION: "applied_at", Kind.OBJECTION: "received_at", Kind.TIP: "received_at",
}  # fmt: skip
_SAID = {
    "name": ("姓名", "name"), "mobile": ("手机号", "mobile"), "address": ("地址", "address"),
    "birth": ("出生日期", "birthday"), "tail": ("证件尾号", "id's last digits"), "wechat": ("微信号", "WeChat"),
    "firm": ("机构", "firm"), "core": ("字号", "core name"), "region": ("地区", "region"), "uscc": ("信用代码", "code"),
}  # fmt: skip
_HOW = {"exact": ("相同", "same"), "like": ("相近", "alike"), "one_off": ("差一位", "one off"), "else": ("不同", "different")}


@dataclass(frozen=True)
class _Plan:
    """One thing that is compared: its columns, its blocks, its link name."""

    by: str
    model: str
    columns: Mapping[str, str]
    blocks: tuple[tuple[str, ...], ...]


_PERSON = _Plan(
    "fuzzy_person", "person",
    {"name": "person_name", "mobile": "person_mobile", "address": "person_address", "id": "person_resident_id"},
    (("sound", "birth"), ("sound", "place"), ("sound", "mobile_head"), ("sound", "mobile_tail"), ("sound", "tail")),
)  # fmt: skip
_AGENT = _Plan(
    "fuzzy_agent", "agent",
    {"name": "agent_name", "mobile": "agent_mobile", "wechat": "agent_wechat", "firm": "agent_firm"},
    (("sound", "firm"), ("sound", "mobile_head"), ("sound", "mobile_tail"), ("sound", "wechat_head")),
)  # fmt: skip
_FIRMS = (("fuzzy_firm", "agent_firm", "agent_uscc"), ("fuzzy_employer", "employer", "employer_uscc"), ("fuzzy_dealer", "dealer", None))


def links(tables: Mapping[Kind, pa.Table], only: Sequence[str] | None = None) -> pa.Table:
    """Link records whose people, agents or firms are alike.

    Args:
        tables: record tables by kind.
        only: link names to make (fuzzy_person, fuzzy_agent, fuzzy_firm, fuzzy_employer, fuzzy_dealer).

    Returns:
        Rows of table `link`, left < right, sorted by (left, right, by).

    Shape:
        reads  person_*, agent_*, employer*, dealer of records that have them
        makes  fuzzy_person (one person), fuzzy_agent (one agent), fuzzy_firm (agents of one firm),
               fuzzy_employer, fuzzy_dealer (one firm); star-shaped for firms, pairs for people

    Units:
        weight_bits: log2 odds after the prior for people and agents.

    Source:
        Fellegi and Sunter through Splink 5; fixed m and u (`data/rings/fuzzy.yaml`).
    """
    made = [LINK.empty_table()]
    for plan in (_PERSON, _AGENT):
        if only is None or plan.by in only:
            made.append(_people(tables, plan))
    for by, name, uscc in _FIRMS:
        if only is None or by in only:
            made.append(_firms(tables, by, name, uscc))
    return pa.concat_tables(made).sort_by([("left", "ascending"), ("right", "ascending"), ("by", "ascending")])


def _gathered(tables: Mapping[Kind, pa.Table], columns: Mapping[str, str], needed: str) -> pa.Table:
    """Put the wanted columns of all kinds under one another, rows without the needed one left out."""
    parts = []
    for kind in sorted(tables):
        table = tables[kind]
        if columns[needed] not in table.column_names:
            continue
        at = table[_TIME[kind]] if _TIME[kind] in table.column_names else pa.nulls(table.num_rows, _STAMP)
        part = {"record_no": table["record_no"], "at": at.cast(_STAMP)}
        for name, column in columns.items():
            there = column in table.column_names
            part[name] = table[column].cast(pa.string()) if there else pa.nulls(table.num_rows, pa.string())
        part = pa.table(part)
        parts.append(part.filter(pc.is_valid(part[needed])))
    return pa.concat_tables(parts).combine_chunks() if parts else pa.table({})


def _people(tables: Mapping[Kind, pa.Table], plan: _Plan) -> pa.Table:
    """Compare people or agents; a pair of different rows becomes a link of their first records."""
    columns = plan.columns
    rows = _gathered(tables, columns, "name")
    if not rows.num_rows:
        return LINK.empty_table()
    rows = rows.set_column(rows.column_names.index("name"), "name", likeness.plain_names(rows["name"].combine_chunks()))
    rows = rows.filter(pc.is_valid(rows["name"]))
    rows = rows.group_by(list(columns), use_threads=False).aggregate([("record_no", "min"), ("at", "min"), ("record_no", "count")])
    rows = _signs(rows.rename_columns([*columns, "record_no", "at", "n_records"]), plan)
    rows = rows.filter(pa.array(_met(rows, plan.blocks)))
    if rows.num_rows < 2:
        return LINK.empty_table()
    found = _compared(rows, plan.model, plan.blocks)
    return _pair_links(rows, found, plan)


def _signs(rows: pa.Table, plan: _Plan) -> pa.Table:
    """Add what blocks and comparisons need: sound, heads and tails of numbers, birthday, place."""
    rows = rows.append_column("unique_id", rows["record_no"])
    rows = rows.append_column("sound", pa.array(likeness.sound_keys(rows["name"].combine_chunks())))

    def cut(name: str, start: int, stop: int | None, least: int) -> pa.ChunkedArray:
        fit = pc.greater_equal(pc.utf8_length(rows[name]), least)
        return pc.if_else(fit, pc.utf8_slice_codeunits(rows[name], start, stop), pa.scalar(None, pa.string()))

    more = {"mobile_head": cut("mobile", 0, 7, 11), "mobile_tail": cut("mobile", 5, 11, 11)}
    if plan.model == "person":
        address = pc.replace_substring_regex(rows["address"], r"[\s,,.。]", "")
        rows = rows.set_column(rows.column_names.index("address"), "address", address)
        more |= {"birth": cut("id", 6, 14, 18), "tail": cut("id", 14, 18, 18), "place": cut("address", 0, 9, 6)}
    else:
        more["wechat_head"] = cut("wechat", 0, 5, 6)
        core = likeness.cores(rows["firm"].combine_chunks())[0]
        rows = rows.set_column(rows.column_names.index("firm"), "firm", core)
    for name, column in more.items():
        rows = rows.append_column(name, column)
    return rows


def _met(rows: pa.Table, blocks: tuple[tuple[str, ...], ...]) -> npt.NDArray[np.bool_]:
    """Say which rows share a block with a few others; crowded blocks say nothing."""
    most = likeness.settings()["most_block"]
    met = np.zeros(rows.num_rows, np.bool_)
    for block in blocks:
        key, there = np.zeros(rows.num_rows, np.int64), np.ones(rows.num_rows, np.bool_)
        for name in block:
            column = rows[name].combine_chunks()
            code = pc.fill_null(column.dictionary_encode().indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
            there &= code >= 0
            key = key * (int(code.max(initial=0)) + 2) + code + 1
        order = np.argsort(key[there], kind="stable")
        line = key[there][order]
        starts = np.flatnonzero(np.diff(line, prepend=line[:1] - 1))
        sizes = np.diff(np.append(starts, line.size))
        good = np.empty(line.size, np.bool_)
        good[order] = np.repeat((sizes > 1) & (sizes <= most), sizes)
        met[np.flatnonzero(there)[good]] = True
    return met


def _compared(rows: pa.Table, model: str, blocks: tuple[tuple[str, ...], ...]) -> pa.Table:
    """Let Splink score the rows that meet in a block."""
    # Splink brings DuckDB and takes a second to load: only when there is something to compare.
    import splink

    api = splink.DuckDBAPI()
    linker = splink.Linker(api.register(rows), _model(model, blocks), log_level=None, validate_settings=False)
    scored = linker.inference.predict(threshold_match_weight=likeness.settings()["least_bits"], warning_mode="never")
    found: pa.Table = scored.as_pyarrow_table()  # type: ignore[no-untyped-call]
    api.duckdb_con.close()
    order = [("unique_id_l", "ascending"), ("unique_id_r", "ascending")]
    return found.sort_by(order).combine_chunks()


def _model(model: str, blocks: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    read = likeness.settings()
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "probability_two_random_records_match": read["prior"][model],
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": " and ".join(f"l.{name} = r.{name}" for name in block), "sql_dialect": "duckdb"} for block in blocks
        ],
        "comparisons": [_comparison(name, levels) for name, levels in read[model].items()],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": True,
    }


def _comparison(name: str, levels: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    left, right = f"{name}_l", f"{name}_r"
    tests = {
        "exact": f"{left} = {right}",
        "one_off": f"damerau_levenshtein({left}, {right}) <= 1",
        "like": f"jaro_winkler_similarity({left}, {right}) >= 0.92",
        "else": "ELSE",
    }
    if name in ("name", "core"):
        tests["like"] = "sound_l = sound_r"
    made: list[dict[str, Any]] = [{"sql_condition": f"{left} IS NULL OR {right} IS NULL", "label_for_charts": "null", "is_null_level": True}]
    made += [
        {"sql_condition": tests[one["level"]], "label_for_charts": one["level"], "m_probability": one["m"], "u_probability": one["u"]}
        for one in levels
    ]
    return {"output_column_name": name, "comparison_levels": made}


def _pair_links(rows: pa.Table, found: pa.Table, plan: _Plan) -> pa.Table:
    """Turn scored pairs into links; the same mobile or id is no news, a name that differs no link."""
    names = list(likeness.settings()[plan.model])
    top = {name: len(likeness.settings()[plan.model][name]) - 1 for name in names}
    gamma = {name: found[f"gamma_{name}"].to_numpy() for name in names}
    keep = gamma["name"] > 0
    exact = {name: gamma[name] == top[name] for name in names}
    if plan.model == "person":
        keep &= ~(exact["mobile"] | (exact["birth"] & exact["tail"]))
        # Somebody with another birthday is somebody else, however alike the rest.
        keep &= gamma["birth"] != 0
    else:
        keep &= ~(exact["mobile"] | exact["wechat"])
    other = np.zeros(len(keep), np.bool_)
    for name in names:
        other |= (gamma[name] > 0) if name != "name" else False
    kept = found.filter(pa.array(keep & other))
    if not kept.num_rows:
        return LINK.empty_table()
    whys = [_why(names, levels, plan) for levels in zip(*(kept[f"gamma_{name}"].to_pylist() for name in names), strict=True)]
    ends = [kept["unique_id_l"].to_numpy(), kept["unique_id_r"].to_numpy()]
    left, right = np.minimum(*ends), np.maximum(*ends)
    number = rows["record_no"].combine_chunks()
    place = pc.index_in(pa.array(left), number)
    shown = [(name or "")[:1] + "**" for name in rows["name"].combine_chunks().take(place).to_pylist()]
    return pa.table({
        "left": left, "right": right, "by": [plan.by] * len(left),
        "key_masked": [f"{name} {two}" for name, two in zip(shown, right.tolist(), strict=True)],
        "n_sharing": np.full(len(left), 2), "weight_bits": np.round(kept["match_weight"].to_numpy(), 3),
        "left_at": rows["at"].combine_chunks().take(place),
        "right_at": rows["at"].combine_chunks().take(pc.index_in(pa.array(right), number)),
        "why_zh": [one[0] for one in whys], "why_en": [one[1] for one in whys],
    }).cast(LINK)  # fmt: skip


def _why(names: Sequence[str], levels: Sequence[int], plan: _Plan) -> tuple[str, str]:
    zh, en = [], []
    for name, gamma in zip(names, levels, strict=True):
        if gamma < 0:
            continue
        how = likeness.settings()[plan.model][name][::-1][gamma]["level"]
        zh.append(_SAID[name][0] + _HOW[how][0])
        en.append(f"{_SAID[name][1]} {_HOW[how][1]}")
    who = ("像同一人", "like one person") if plan.model == "person" else ("像同一代理人", "like one agent")
    return f"{who[0]}:{'、'.join(zh)}", f"{who[1]}: {', '.join(en)}"


def _firms(tables: Mapping[Kind, pa.Table], by: str, name: str, uscc: str | None) -> pa.Table:
    """Link records that name one firm, however written; star-shaped by the first record."""
    rows = _gathered(tables, {"name": name, "uscc": uscc or "-"}, "name")
    if rows.num_rows < 2:
        return LINK.empty_table()
    core, region = likeness.cores(rows["name"].combine_chunks())
    rows = rows.append_column("core", core).append_column("region", region)
    rows = rows.filter(pc.is_valid(rows["core"]))
    if rows.num_rows < 2:
        return LINK.empty_table()
    firms = rows.group_by(["core", "region", "uscc"], use_threads=False).aggregate([("record_no", "min")])
    firms = firms.rename_columns(["core", "region", "uscc", "unique_id"])
    firms = firms.append_column("sound", pa.array(likeness.sound_keys(firms["core"].combine_chunks())))
    met = firms.filter(pa.array(_met(firms, (("sound",),))))
    pairs = _compared(met, "firm", (("sound",),)) if met.num_rows > 1 else None
    return _firm_links(rows, firms, pairs, by)


def _firm_links(rows: pa.Table, firms: pa.Table, pairs: pa.Table | None, by: str) -> pa.Table:
    """Put the records of firms found to be one into one group and link them to its first."""
    first = firms["unique_id"].to_pylist()
    head = {one: one for one in first}

    def root(one: int) -> int:
        while head[one] != one:
            one = head[one]
        return one

    if pairs is not None:
        for one, two in zip(pairs["unique_id_l"].to_pylist(), pairs["unique_id_r"].to_pylist(), strict=True):
            low, high = sorted((root(one), root(two)))
            head[high] = low
    keys = ["core", "region", "uscc"]
    named = firms.select([*keys, "unique_id"]).to_pylist()
    group = {tuple(one[key] for key in keys): root(one["unique_id"]) for one in named}
    told = zip(*(rows[key].to_pylist() for key in keys), strict=True)
    left = np.array([group[one] for one in told], np.int64)
    right = rows["record_no"].to_numpy()
    _, place, size = np.unique(left, return_inverse=True, return_counts=True)
    n = size[place.reshape(-1)]
    keep = (right != left) & (n <= likeness.settings()["most_records"])
    if not keep.any():
        return LINK.empty_table()
    bits = np.maximum(0.5, likeness.settings()["weights"][by] - 0.5 * np.log2(n[keep] / 2.0))
    at = rows["at"].combine_chunks()
    number = rows["record_no"].combine_chunks()
    firm = rows["core"].combine_chunks().take(pc.index_in(pa.array(left[keep]), number)).to_pylist()
    return pa.table({
        "left": left[keep], "right": right[keep], "by": [by] * int(keep.sum()), "key_masked": firm,
        "n_sharing": n[keep], "weight_bits": np.round(bits, 3),
        "left_at": at.take(pc.index_in(pa.array(left[keep]), number)), "right_at": at.filter(pa.array(keep)),
        "why_zh": [f"名称相近的机构 {one}({size} 条记录)" for one, size in zip(firm, n[keep].tolist(), strict=True)],
        "why_en": [f"firms alike by name {one} ({size} records)" for one, size in zip(firm, n[keep].tolist(), strict=True)],
    }).cast(LINK)  # fmt: skip
