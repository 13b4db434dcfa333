import io
import json
import struct
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.engine.records import load, mapping, read, schema, zip_guard
from lianfang.engine.records.load import LoadOptions
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import DefinitionError, InputError

MOBILE, RESIDENT = "13800138000", "110101190001010014"
HEAD = "投诉编号,投诉内容,手机号,身份证号,代理人电话,收款账号,涉诉机构,发布时间,涉诉金额(元)"
ROW = f'T1,我要投诉,{MOBILE},{RESIDENT},一三九零零零零零零零零,6222021234567890128,测试银行,2026年1月2日 3:04,"1,234.50"'


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def reasons(loaded):
    return dict(loaded.rejects.by_reason)


def rows(loaded, kind=Kind.COMPLAINT):
    return loaded.table(kind).to_pylist()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_every_encoding_and_delimiter_gives_the_same_record(tmp_path, encoding, delimiter):
    text = "\r\n".join([HEAD, ROW.replace('"1,234.50"', "1234.50")]).replace(",", delimiter)
    loaded = load.load([written(tmp_path, "a.csv", text, encoding)])
    one = rows(loaded)[0]
    assert one["record_id"] == "T1" and one["person_mobile"] == MOBILE
    assert one["agent_mobile"] == "13900000000" and one["disputed_fen"] == 123450
    assert one["received_at"].isoformat() == "2026-01-01T19:04:00+00:00"
    assert one["institution"] == "测试银行" and loaded.counts == load.Counts(1, 1, 0)


def test_quotes_newlines_and_doubled_quotes_in_cells(tmp_path):
    text = 'id,text\n1,"一行\n又一行 ""引"" , 号"\n2,plain "quoted" word\n'
    loaded = load.load([written(tmp_path, "a.csv", text)])
    assert [one["text"] for one in rows(loaded)] == ['一行\n又一行 "引" , 号', 'plain "quoted" word']


def test_bad_cells_become_null_and_rejects_masked(tmp_path):
    text = "投诉编号,投诉内容,手机号,发布时间,金额\n1,好,12345678,昨天,很多\n"
    loaded = load.load([written(tmp_path, "a.csv", text)])
    one = rows(loaded)[0]
    assert one["person_mobile"] is None and one["received_at"] is None and one["disputed_fen"] is None
    told = loaded.rejects.table().to_pylist()
    assert {each["column"] for each in told} == {"手机号", "发布时间", "金额"}
    assert all(each["row"] == 1 and "12345678" not in (each["value"] or "") for each in told)


def test_short_rows_stay_long_and_empty_rows_go(tmp_path):
    text = "id,text,手机号\n1,短\n2,好,13800138000\n3,好,13800138000,多\n4,好,13800138000,,\n5,,\n"
    loaded = load.load([written(tmp_path, "a.csv", text)])
    assert [one["record_id"] for one in rows(loaded)] == ["1", "2", "4"]
    assert [one["source_row"] for one in rows(loaded)] == [1, 2, 4]
    assert loaded.counts == load.Counts(5, 3, 2)
    assert reasons(loaded) == {"short_row": 1, "long_row": 1, "no_usable_cell": 1}


def test_every_overlong_row_has_its_line_among_the_rejects(tmp_path, monkeypatch):
    monkeypatch.setattr("lianfang.engine.records.csv_file._SHOWN_AT_ONCE", 3)
    bad = "".join(f"C{n},催收太频繁,多一格\n" for n in range(10))
    loaded = load.load([written(tmp_path, "a.csv", "投诉编号,投诉内容\nK1,好\n" + bad)])
    assert (loaded.counts.n_in, loaded.counts.n_kept, loaded.counts.n_rejected) == (11, 1, 10)
    assert sorted(row["row"] for row in loaded.rejects.table().to_pylist() if row["reason"] == "long_row") == list(range(2, 12))


def test_a_running_number_is_no_id_where_a_real_one_stands(tmp_path):
    loaded = load.load([written(tmp_path, "a.csv", "序号,投诉编号,投诉内容\n1,TS9,催收太频繁\n2,TS8,利息太高\n")])
    assert [one["record_id"] for one in rows(loaded)] == ["TS9", "TS8"]
    alone = load.load([written(tmp_path, "b.csv", "序号,投诉内容\n1,催收太频繁\n")])
    assert [one["record_id"] for one in rows(alone)] == ["1"]


def test_an_open_quote_costs_its_line_only(tmp_path):
    loaded = load.load([written(tmp_path, "a.csv", 'id,text\n1,好\n2,"坏\n3,好\n')])
    assert [one["record_id"] for one in rows(loaded)] == ["1", "3"]
    assert loaded.counts == load.Counts(3, 2, 1)


def test_secrets_are_refused_at_the_door(tmp_path):
    text = "id,text,登录密码,CVV2,设备指纹,指纹\n1,我的密码是:abc123 谢谢,p@ss,123,ab12cd34ef,xx\n"
    loaded = load.load([written(tmp_path, "a.csv", text)])
    one = rows(loaded)[0]
    assert one["text"] == "我的密码是:*** 谢谢" and one["device_id"] == "ab12cd34ef"
    assert reasons(loaded) == {"secret_column": 3, "secret_in_text": 1}
    assert "p@ss" not in str(loaded.rejects.table().to_pylist()) and "p@ss" not in str(one)


def test_a_column_of_three_digits_beside_cards_is_a_secret(tmp_path):
    lines = [f"6222021234567890128,{100 + n},好的" for n in range(30)]
    loaded = load.load([written(tmp_path, "a.csv", "卡号,xyz,text\n" + "\n".join(lines))])
    assert reasons(loaded)["secret_column"] == 1


def test_heimao_workbook(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["title", "content", "[投诉对象]", "[投诉要求]", "href", "keyword", "投诉进度", "涉诉金额"])
    sheet.append(
        [
            "利息",
            "利息太高",
            "测试贷款",
            "退款,道歉",
            "https://example.com/complaint/view/17399900001/",
            "高利贷",
            "已回复",
            "1.2万",
        ]
    )
    book.save(tmp_path / "h.xlsx")
    one = rows(load.load([tmp_path / "h.xlsx"]))[0]
    assert one["record_id"] == "17399900001" and one["institution"] == "测试贷款"
    assert one["demand"] == "退款,道歉" and one["disputed_fen"] == 1_200_000 and one["state"] == "已回复"


def test_a_title_above_the_header_and_lost_digits_in_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["投诉明细表"])
    sheet.append(["投诉单号", "投诉内容", "联系电话", "银行卡号", "投诉时间"])
    sheet.append([1, "好", 13800138000, 6222021234567890128, 46024.5])
    book.save(tmp_path / "t.xlsx")
    loaded = load.load([tmp_path / "t.xlsx"])
    one = rows(loaded)[0]
    assert one["record_id"] == "1" and one["person_mobile"] == MOBILE and one["person_bank_card"] is None
    assert one["received_at"].isoformat() == "2026-01-02T04:00:00+00:00"
    assert reasons(loaded) == {"before_header": 1, "lost_precision": 1}
    assert loaded.counts == load.Counts(2, 1, 1)


def test_a_workbook_named_csv_is_known_by_its_content(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["id", "text"])
    book.active.append(["1", "=1+1"])
    book.save(tmp_path / "x.xlsx")
    (tmp_path / "x.xlsx").rename(tmp_path / "x.csv")
    loaded = load.load([tmp_path / "x.csv"])
    assert loaded.counts.n_in == 1


def test_parquet_keeps_its_types_and_ndjson_its_keys(tmp_path):
    table = pa.table({
        "complaint_id": ["a", "b"], "text": ["好", "坏"], "disputed_fen": pa.array([5, None], pa.int64()),
        "received_at": pa.array([0, 1], pa.timestamp("us", tz="UTC")), "person_mobile": [138_0013_8000, None],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "a.parquet")
    lines = [
        json.dumps({"post_id": 1, "host": "x", "text": "好", "n_views": 3, "author_name": "u"}),
        "not json",
        "{}",
    ]
    written(tmp_path, "b.ndjson", "\n".join(lines))
    loaded = load.load([tmp_path])
    complaint = rows(loaded)[0]
    assert complaint["disputed_fen"] == 5 and complaint["person_mobile"] == MOBILE
    post = rows(loaded, Kind.POST)[0]
    assert post["n_views"] == 3 and post["record_no"] == 2
    assert loaded.counts == load.Counts(5, 3, 2)


def test_doubled_ids_and_headers(tmp_path):
    loaded = load.load([written(tmp_path, "a.csv", "id,text,text\nx,一,甲\nx,二,乙\nx~2,三,丙\n,四,丁\n")])
    assert [one["record_id"] for one in rows(loaded)] == ["x", "x~3", "x~2", "a#4"]
    assert [one["text"] for one in rows(loaded)] == ["一", "二", "三", "四"]


def test_numbers_do_not_depend_on_the_order_of_paths(tmp_path):
    one, two = written(tmp_path, "b.csv", "id,text\n1,一\n"), written(tmp_path, "a.csv", "id,text\n2,二\n")
    first, second = load.load([one, two]), load.load([two, one])
    assert rows(first) == rows(second) and rows(first)[0]["record_id"] == "2"


def test_one_broken_file_among_good_ones(tmp_path):
    written(tmp_path, "a.csv", "id,text\n1,好\n")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 broken")
    (tmp_path / "c.csv").write_bytes(b"")
    loaded = load.load([tmp_path])
    assert loaded.counts == load.Counts(1, 1, 0) and reasons(loaded) == {"unreadable_file": 2}
    for name in ("b.parquet", "c.csv"):
        with pytest.raises(InputError) as fault:
            load.load([tmp_path / name])
        assert fault.value.where == name and fault.value.fix and fault.value.code.startswith("E-RECORDS-")


@pytest.mark.parametrize(
    "held", [b"", b"\x89PNG\r\n\x1a\n" + bytes(64), b"\x1f\x8b\x08abc", bytes(range(256)) * 40]
)
def test_what_is_no_table_is_refused(tmp_path, held):
    path = tmp_path / "x.csv"
    path.write_bytes(held)
    with pytest.raises(InputError):
        load.load([path])


def test_header_only_is_an_empty_table_and_is_told(tmp_path):
    loaded = load.load([written(tmp_path, "a.csv", HEAD + "\n")])
    assert loaded.counts == load.Counts(0, 0, 0) and reasons(loaded) == {"empty_table": 1}


def test_a_cell_of_ten_megabytes_and_500_columns(tmp_path):
    names = ["id", "text", *(f"c{n}" for n in range(498))]
    text = ",".join(names) + "\n1," + "长" * 3_500_000 + "," * 498 + "\n2,好" + "," * 498 + "\n"
    loaded = load.load([written(tmp_path, "a.csv", text)])
    assert [len(one["text"]) for one in rows(loaded)] == [100_000, 1] and reasons(loaded) == {
        "too_long": 1,
        "unknown_column": 498,
    }


def test_nul_and_broken_bytes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(
        "id,text\n1,好\0的\n".encode() + b"2,\xff\xfe bad\n" + "3,正常的文字很多很多很多很多\n".encode() * 20
    )
    loaded = load.load([path])
    assert rows(loaded)[0]["text"] == "好的" and reasons(loaded) == {"nul_bytes": 1, "bad_bytes": 1}


def test_one_giant_line(tmp_path):
    path = written(tmp_path, "a.csv", "x" * 3_000_000)
    loaded = load.load([path])
    assert loaded.counts.n_in <= 1


def test_formulas_stay_text_and_are_harmless_in_rejects(tmp_path):
    text = "id,text,手机号\n1,=cmd|' /C calc'!A0,=1+1\n2,好,+SUM(A1)\n3,好,@x\n"
    loaded = load.load([written(tmp_path, "a.csv", text)])
    assert rows(loaded)[0]["text"].startswith("=cmd")
    loaded.rejects.write_csv(tmp_path / "rejects.csv")
    for line in (tmp_path / "rejects.csv").read_text("utf-8-sig").splitlines()[1:]:
        assert not any(cell.strip('"')[:1] in "=+@-" and cell.strip('"') for cell in line.split(","))


def bomb(path: Path, held: bytes, name: str = "xl/worksheets/sheet1.xml", lie: bool = False) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr(name, held)
    if lie:
        raw = bytearray(path.read_bytes())
        at = raw.rfind(b"PK\x01\x02")
        raw[at + 24 : at + 28] = struct.pack("<I", 1_000)
        path.write_bytes(bytes(raw))
    return path


@pytest.mark.parametrize(
    ("held", "lie"),
    [
        (b"\0" * (30 << 20), False),
        (b"\0" * (30 << 20), True),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', False),
        (b'<sheetData><row><c r="A1"/><c r="XFD1048576"/></row></sheetData>', False),
    ],
)
def test_bombs_entities_and_far_cells_are_refused(tmp_path, held, lie):
    with pytest.raises(InputError):
        load.load([bomb(tmp_path / "b.xlsx", held, lie=lie)])


def test_too_many_parts_and_other_archives_are_refused(tmp_path):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        for n in range(zip_guard.MAX_PARTS + 1):
            archive.writestr(f"p{n}", "")
    (tmp_path / "many.xlsx").write_bytes(held.getvalue())
    with zipfile.ZipFile(tmp_path / "doc.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    for name in ("many.xlsx", "doc.xlsx"):
        with pytest.raises(InputError):
            load.load([tmp_path / name])


def test_mapping_file_with_many_faults_tells_all(tmp_path):
    text = "kind: nothing\nwhat: 1\ncolumns:\n  甲: no_field\n  乙: {field: text, unit: mile}\n"
    path = written(tmp_path, "m.yaml", text)
    table = written(tmp_path, "a.csv", "甲,乙\n1,好\n")
    with pytest.raises(DefinitionError) as fault:
        load.load([table], LoadOptions(mapping_files=(path,)))
    assert {one.where.rsplit(":", 1)[1] for one in fault.value.faults} == {"1", "2", "5"}
    path.write_text("kind: complaint\ncolumns:\n  甲: agent_mobil\n  丙: text\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as fault:
        load.load([table], LoadOptions(mapping_files=(path,)))
    assert "agent_mobile" in fault.value.faults[0].fix.zh
    path.write_text("kind: complaint\ncolumns:\n  丙: text\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as fault:
        load.load([table], LoadOptions(mapping_files=(path,)))
    assert fault.value.code == "E-MAPPING-05"


def test_a_mapping_file_written_out_reads_back(tmp_path):
    from lianfang.cli import columns

    table = written(tmp_path, "a.csv", HEAD + ",备忘\n" + ROW + ",x\n")
    assert columns.columns(table, None, tmp_path / "m.yaml") == 0
    told = (tmp_path / "m.yaml").read_text("utf-8").replace('"备忘": null', '"备忘": keyword')
    (tmp_path / "m.yaml").write_text(told, encoding="utf-8")
    one = rows(load.load([table], LoadOptions(mapping_files=(tmp_path / "m.yaml",))))[0]
    assert one["keyword"] == "x" and one["disputed_fen"] == 123450


def test_big_loads_wait_on_disk_with_the_same_rows(tmp_path):
    lines = "".join(f"{n},好{n}\n" for n in range(5_000))
    table = written(tmp_path, "a.csv", "id,text\n" + lines)
    small = load.load([table])
    big = load.load([table], LoadOptions(folder=tmp_path / "parts", memory_bytes=1))
    assert isinstance(big.tables[Kind.COMPLAINT], Path)
    assert big.table(Kind.COMPLAINT).equals(small.table(Kind.COMPLAINT))


def test_row_digest_is_sha256_of_the_cells(tmp_path):
    import hashlib

    one = rows(load.load([written(tmp_path, "a.csv", "id,text,x\n1,好,\n")]))[0]
    assert one["row_sha256"] == hashlib.sha256("1\x1f好\x1f\x1f".encode()).hexdigest()


CELL = st.text(st.sampled_from("ab1,\"\n\r\t 好'=|;"), max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELL, min_size=1, max_size=5), max_size=12))
def test_accounts_balance_for_any_rows(tmp_path, table):
    import csv

    path = tmp_path / "any.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["id", "text", "手机号"], *table])
    loaded = load.load([path])
    told = sum(
        one["reason"] in {"long_row", "no_usable_cell", "open_quote", "before_header"}
        for one in loaded.rejects.table().to_pylist()
    )
    assert loaded.counts.n_in == loaded.counts.n_kept + loaded.counts.n_rejected
    assert loaded.counts.n_rejected == told and loaded.counts.n_kept == sum(
        loaded.table(kind).num_rows for kind in loaded.tables
    )
    with path.open(newline="", encoding="utf-8") as stream:
        expected = sum(bool(row) and row != [""] for row in csv.reader(stream)) - 1
    assert loaded.counts.n_in == expected


def test_kinds_are_recognised_from_headers():
    cases = {
        Kind.CONTACT: ["催收员", "被叫号码", "通话时间", "催记", "催收机构"],
        Kind.POST: ["平台", "标题", "内容", "作者", "链接", "阅读量", "发布时间"],
        Kind.APPLICATION: ["申请编号", "姓名", "身份证号", "工作单位", "申请金额(万元)", "放款日期"],
        Kind.OBJECTION: ["异议编号", "异议人", "身份证号", "异议理由", "代理人电话"],
        Kind.TIP: ["线索编号", "举报内容", "涉案账号", "举报时间"],
        Kind.COMPLAINT: ["id", "text"],
    }
    for kind, names in cases.items():
        assert mapping.recognise(names).kind is kind, kind
    for kind, shape in schema.load().items():
        assert mapping.recognise(["record_id", *(one.name for one in shape.fields)]).kind is kind
        assert all(
            use.how in ("name", "alias")
            for use in mapping.recognise([one.name for one in shape.fields]).columns
        )


def test_nameless_columns_are_known_by_their_values(tmp_path):
    lines = f"{MOBILE},{RESIDENT},这是一段比较长的投诉正文内容,2026-01-02\n" * 5
    found = mapping.recognise(("列1", "列2", "列3", "列4"), [line.split(",") for line in lines.splitlines()])
    assert [one.field for one in found.columns] == [
        "person_mobile",
        "person_resident_id",
        "text",
        "received_at",
    ]
    loaded = load.load([written(tmp_path, "a.csv", lines)])
    assert loaded.counts.n_kept == 5 and rows(loaded)[0]["person_mobile"] == MOBILE


def test_a_missing_path_is_told():
    with pytest.raises(InputError):
        read.walk([Path("no/such/file.csv")])
