"""A log read for an audit is the log the records room reads: the same cells, the same refusals."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from lianfang.engine.conduct import audit, load
from lianfang.engine.conduct.contact import COLUMNS
from lianfang.engine.conduct.intake import Intake
from lianfang.engine.records import load as records
from lianfang.engine.tables.duck import DuckTables
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import DefinitionError, InputError

WORDS = {
    "通话ID": ["c1", "c2", "c3", "", " c4 "], "催收时间": ["2026-03-02 10:00:00", "2026/3/2 9:05", "昨天", ""],
    "机构名称": ["甲银行", " 甲银行", "乙", "-"], "催收机构": ["甲催", "", None], "号码": ["13812345678", "138-1234-5678", "+86 13812345678", "12", "13812345678/13912345679"],
    "客户编号": ["D1", "D2", " D1 "], "接通": ["是", "否", "maybe", ""], "通话时长": ["30", "1:05", "三十", ""],
    "渠道": ["电话", "短信", "外访"], "录音编号": ["R1", " ", "R2 ", None], "被叫号码类型": ["x"], "披露": ["机构、工号", "机构;来意"],
}


def rows(seed: int, n: int) -> list[dict[str, str | None]]:
    chance = random.Random(seed)
    made: list[dict[str, str | None]] = [{name: chance.choice(listed) for name, listed in WORDS.items()} for _ in range(n)]
    made.insert(n // 2, dict.fromkeys(WORDS))
    return made


def written(folder: Path, form: str, seed: int) -> Path:
    table = pa.Table.from_pylist(rows(seed, 300))
    place = folder / f"催记.{form.partition('-')[0]}"
    if form == "csv":
        pyarrow.csv.write_csv(table, place)
    elif form == "parquet-words":
        table = pa.table({name: table[name].dictionary_encode() for name in table.column_names})
        pq.write_table(table, place, row_group_size=70)
    else:
        pq.write_table(table, place, row_group_size=70)
    return place


@pytest.mark.parametrize("form", ["csv", "parquet", "parquet-words"])
@pytest.mark.parametrize("seed", range(4))
def test_the_same_cells_and_refusals_as_the_records_room(form: str, seed: int, tmp_path: Path) -> None:
    place = written(tmp_path, form, seed)
    theirs = records.load([place], records.LoadOptions(Kind.CONTACT))
    taken = Intake([place])
    ours = pa.concat_tables(
        [pa.table({name: one[name].cast(pa.string()) if pa.types.is_dictionary(one[name].type) else one[name] for name in one.column_names}) for one in taken.batches()],
        promote_options="permissive")
    assert taken.counts == theirs.counts and taken.counts.n_rejected == 1
    whole = theirs.table(Kind.CONTACT)
    for name in COLUMNS:
        if name in ours.column_names and name != "record_id":
            assert ours[name].to_pylist() == whole[name].to_pylist(), name
        elif name != "record_id":
            assert whole[name].null_count == whole.num_rows, name
    assert ours["record_id"].to_pylist() == [one.partition("~")[0] for one in whole["record_id"].to_pylist()]
    key = lambda row: (row["file"], row["row"] or 0, row["column"], row["reason"])  # noqa: E731
    assert sorted(taken.rejects.table().to_pylist(), key=key) == sorted(theirs.rejects.table().to_pylist(), key=key)
    assert [(one.file, one.sha256, one.counts) for one in taken.files] == [(one.file, one.sha256, one.counts) for one in theirs.files]


def test_an_audit_of_several_files_is_the_audit_of_their_records(tmp_path: Path) -> None:
    for seed, form in enumerate(("csv", "parquet")):
        written(tmp_path, form, seed)
    whole = records.load([tmp_path], records.LoadOptions(Kind.CONTACT)).table(Kind.CONTACT)
    rules = load.rules(default_zone="Asia/Shanghai")
    ours = audit.audit(Intake([tmp_path]).batches(), DuckTables(threads=1), rules)
    theirs = audit.audit([whole], DuckTables(threads=1), rules)
    drop = ["record_id"]
    assert ours.findings.drop_columns(drop).to_pylist() == theirs.findings.drop_columns(drop).to_pylist()
    assert ours.findings.num_rows and ours.oddities == theirs.oddities


def test_nothing_to_read_and_a_mapping_that_fits_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(Intake([tmp_path / "nowhere.csv"]).batches())
    written(tmp_path, "csv", 1)
    strange = tmp_path / "other.yaml"
    strange.write_text("source: test\nname: other\nkind: contact\ncolumns: {某列甲: at, 某列乙: channel}\n", encoding="utf-8")
    with pytest.raises(DefinitionError):
        list(Intake([tmp_path / "催记.csv"], (strange,)).batches())


def test_a_broken_file_among_good_ones_is_told(tmp_path: Path) -> None:
    good = written(tmp_path, "parquet", 1)
    raw = good.read_bytes()
    (tmp_path / "坏.parquet").write_bytes(raw[: len(raw) // 2])
    taken = Intake([tmp_path])
    assert sum(one.num_rows for one in taken.batches()) == 300
    assert "unreadable_file" in taken.rejects.by_reason
