"""What a run promises: the same bytes, documented columns, nobody's number on the page."""

import csv
import io
import itertools
import json
import stat

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lianfang.engine.identify.run import shapes

TABLES = ("records", "signals", "links", "rings", "ring_members")


def bytes_of(folder):
    return {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES} | {
        name: (folder / name).read_bytes() for name in ("report.html", "rejects.csv")
    }


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_input_makes_the_same_bytes(command, small_run, tmp_path, threads):
    assert command("run", small_run.tables, "--out", tmp_path / "out", "--threads", threads).code == 0
    first, second = bytes_of(small_run.results), bytes_of(tmp_path / "out")
    assert [name for name in first if first[name] != second[name]] == []


def test_where_the_input_stands_changes_nothing(command, small_run, tmp_path):
    import shutil

    moved = tmp_path / "elsewhere" / "tables"
    shutil.copytree(small_run.tables, moved)
    files = sorted(moved.iterdir(), reverse=True)
    assert command("run", *files, "--out", tmp_path / "out").code == 0
    first, second = bytes_of(small_run.results), bytes_of(tmp_path / "out")
    assert [name for name in first if first[name] != second[name]] == []


def test_columns_are_those_written_down(small_run):
    for name, shape in shapes.shapes().items():
        found = pq.read_schema(small_run.results / f"{name}.parquet")
        plain = {at.name: at.type.value_type if pa.types.is_dictionary(at.type) else at.type for at in found}
        assert plain == {at.name: at.type for at in shape.schema}, name
        assert list(plain) == [column.name for column in shape.columns]
    made = {each.name for each in small_run.results.iterdir()}
    assert made == {*(f"{name}.parquet" for name in TABLES), "rejects.csv", "run.json", "report.html"}


def test_results_agree_with_each_other(small_run):
    tables = {name: pq.read_table(small_run.results / f"{name}.parquet") for name in TABLES}
    ids = set(zip(tables["records"]["kind"].to_pylist(), tables["records"]["record_id"].to_pylist(), strict=True))
    assert len(ids) == tables["records"].num_rows, "a record's name is its own"
    for name, kind, record in (
        ("signals", "kind", "record_id"), ("links", "left_kind", "left_id"), ("links", "right_kind", "right_id"),
        ("ring_members", "kind", "record_id"),
    ):  # fmt: skip
        held = set(zip(tables[name][kind].to_pylist(), tables[name][record].to_pylist(), strict=True))
        assert held <= ids, name
    # Contacts and records of a member's own are shown with a ring and not counted in its size.
    counted = tables["ring_members"].filter(pc.invert(pc.is_in(tables["ring_members"]["role"], pa.array(["own"]))))
    sizes = {one["ring_id"]: one["count_all"] for one in counted.group_by("ring_id").aggregate([([], "count_all")]).to_pylist()}
    assert sizes == dict(zip(tables["rings"]["ring_id"].to_pylist(), tables["rings"]["n_records"].to_pylist(), strict=True))
    assert set(tables["records"]["level"].to_pylist()) <= {"none", "look", "review"}
    assert set(tables["signals"]["strength"].to_pylist()) <= {"strong", "medium", "weak", "guard"}
    story = json.loads((small_run.results / "run.json").read_text("utf-8"))
    for name in TABLES:
        assert story["counts"][name] == tables[name].num_rows
    assert story["rows"]["in"] == story["rows"]["kept"] + story["rows"]["rejected"] == tables["records"].num_rows
    assert {"read", "fold", "links", "fuzzy", "signs", "rings", "write", "page"} <= {one["step"] for one in story["steps"]}
    assert all(one["peak_mb"] > 0 and one["seconds"] >= 0 for one in story["steps"])
    assert all(len(one["sha256"]) == 64 for one in story["inputs"]) and len(story["guides_sha256"]) == 64


def test_spans_point_at_the_words_they_name(small_run):
    texts = {}
    from lianfang.engine.identify.signals import body
    from lianfang.engine.records import load

    loaded = load.load([small_run.tables])
    for kind in loaded.tables:
        table = loaded.table(kind)
        ids = table["record_id"].to_pylist()
        texts |= {(str(kind), one): text for one, text in zip(ids, body.bodies(str(kind), table).to_pylist(), strict=True)}
    n_compared = 0
    for one in pq.read_table(small_run.results / "signals.parquet").to_pylist():
        if one["span_start"] is None or "*" in one["matched"]:
            continue
        raw = texts[one["kind"], one["record_id"]][one["span_start"]:one["span_end"]]
        assert raw == one["matched"], one
        n_compared += 1
    assert n_compared > 50


# --- canaries: one number of every sort in every field, and in free text ----------------------------

MOBILE, AGENT, CALLBACK, RESIDENT = "13712345678", "13698765432", "13987651234", "11010519491231002X"
CARD, ACCOUNT, EMAIL, WECHAT, QQ = "6222021234567890128", "6217001234567890123", "canary.bird@example.com", "wxcanary_77", "739182465"
PERSON, DEVICE, IP = "欧阳金丝", "a1b2c3d4e5f60718", "203.0.113.77"
CANARIES = {
    "mobile": MOBILE, "agent": AGENT, "callback": CALLBACK, "resident": RESIDENT, "card": CARD, "account": ACCOUNT,
    "email": EMAIL, "wechat": WECHAT, "qq": QQ, "name": PERSON,
}  # fmt: skip
BAD = {"bad mobile": "1371234567899", "bad resident": "110105194912310099"}


def canary_rows():
    spoken = (
        f"专业停息挂账，不成功不收费，征信修复。加微信{WECHAT}，QQ {QQ}，电话{AGENT}，或 137 1234 5678，一三七壹贰三四伍陆七八，"
        f"身份证{RESIDENT}，卡号{CARD}，打到{ACCOUNT}，邮箱{EMAIL}。{PERSON}本人委托。"
    )
    for n in range(12):
        yield {
            "投诉编号": f"C{n:03d}", "投诉内容": spoken + "请退还全部利息。" * (n % 3), "投诉人姓名": PERSON if n % 2 else f"王{'甲乙丙丁戊己庚辛壬癸子丑'[n]}",
            "手机号": MOBILE if n % 2 else f"1380013{n:04d}", "身份证号": RESIDENT if n % 2 else "", "银行卡号": CARD if n % 2 else "",
            "回拨电话": CALLBACK, "代理人姓名": "司马代理", "代理人电话": AGENT, "代理人微信": WECHAT, "收款账号": ACCOUNT,
            "设备号": DEVICE, "IP": IP, "邮箱": EMAIL, "涉诉机构": f"测试银行{n % 3}", "投诉时间": f"2026-01-{n + 1:02d} 10:00:00",
            "备用联系人": MOBILE,
        }  # fmt: skip
    for n, bad in enumerate(BAD.values()):
        yield {"投诉编号": f"B{n}", "投诉内容": "普通的话", "手机号": bad, "身份证号": bad, "银行卡号": bad, "投诉时间": PERSON, "IP": AGENT}


@pytest.fixture(scope="module")
def canary_run(command, tmp_path_factory):
    home = tmp_path_factory.mktemp("canary")
    rows = list(canary_rows())
    with (home / "a.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), restval="")
        writer.writeheader()
        writer.writerows(rows)
    answer = command("run", home / "a.csv", "--out", home / "out", "--keep")
    assert answer.code == 0, answer.said
    return home


def told(home):
    """Everything a run hands to people who need not know a number whole."""
    out = home / "out"
    for name in ("report.html", "rejects.csv", "run.json"):
        yield name, (out / name).read_text("utf-8")
    for name in TABLES:
        table = pq.read_table(out / f"{name}.parquet")
        columns = [at for at in table.column_names if at not in ("record_id", "left_id", "right_id")]
        for column in columns:
            yield f"{name}.{column}", "\n".join(str(value) for value in table[column].to_pylist())


def digits(text):
    return "".join(sign for sign in text if sign.isdigit())


def test_no_number_or_name_of_a_person_is_shown_whole(canary_run):
    raw = (canary_run / "a.csv").read_text("utf-8")
    for canary in (*CANARIES.values(), *BAD.values()):
        assert canary in raw, "the negative control: the input has it"
    found = list(told(canary_run))
    rings = pq.read_table(canary_run / "out" / "rings.parquet")
    assert rings.num_rows, "without a ring the page shows little, and the test proves nothing"
    assert "***" in dict(found)["report.html"]
    shown = [
        (place, name)
        for (place, text), (name, canary) in itertools.product(found, {**CANARIES, **BAD}.items())
        if canary in text or (canary.isdigit() and canary in text.replace(" ", "").replace("-", ""))
    ]
    assert shown == []
    for place, text in found:
        for costume in ("137 1234 5678", "一三七壹贰三四伍陆七八"):
            assert costume not in text, place
        assert "司马代理" not in text or place.startswith("records"), place


def test_the_kept_state_is_its_owners_alone(canary_run):
    state = canary_run / "out" / "state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    held = b"".join(each.read_bytes() for each in state.rglob("*") if each.is_file())
    assert MOBILE.encode() in held, "the state holds whole records: that is why it is closed"


# --- what a stranger brings --------------------------------------------------------------------------


def test_a_complaint_site_workbook_is_read(command, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["title", "content", "[投诉对象]", "[投诉要求]", "href", "keyword"])
    for n in range(3):
        book.active.append([f"暴力催收{n}", "一天打我十几个电话，威胁我家人", "某某消费金融", "道歉,停止催收,赔偿",
                            f"https://example.com/complaint/view/1730000000{n}/", "暴力催收"])  # fmt: skip
    book.save(tmp_path / "a.xlsx")
    shown = command("columns", tmp_path / "a.xlsx")
    assert shown.code == 0 and "institution" in shown.out and "demand" in shown.out
    answer = command("run", tmp_path / "a.xlsx", "--out", tmp_path / "out")
    assert answer.code == 0, answer.said
    found = pq.read_table(tmp_path / "out" / "records.parquet").to_pylist()
    assert [one["record_id"] for one in found] == ["17300000000", "17300000001", "17300000002"]
    assert {one["kind"] for one in found} == {"complaint"}


def test_a_plain_list_of_texts_is_read(command, tmp_path):
    (tmp_path / "a.csv").write_text("id,text\r\na,专业停息挂账不成功不收费加微信abc12345\r\nb,今天天气很好\r\n", "utf-8")
    answer = command("run", tmp_path / "a.csv", "--out", tmp_path / "out", "--lang", "en")
    assert answer.code == 0 and "rows in 2 = kept 2 + rejected 0" in answer.out
    found = {one["record_id"]: one["level"] for one in pq.read_table(tmp_path / "out" / "records.parquet").to_pylist()}
    assert found["a"] in ("look", "review") and found["b"] == "none"


def test_columns_write_a_mapping_that_can_be_edited_and_used(command, tmp_path):
    (tmp_path / "a.csv").write_text("工单甲,话,哪家,手机号\nX1,专业停息挂账不成功不收费加微信abc12345,甲行,13800138000\n", "utf-8")
    mapping = tmp_path / "m.yaml"
    shown = command("columns", tmp_path / "a.csv", "--kind", "complaint", "--write", mapping)
    assert shown.code == 0 and mapping.exists(), shown.said
    assert "13800138000" not in shown.out, "a sample is shown masked"
    again = command("columns", tmp_path / "a.csv", "--kind", "complaint", "--write", mapping)
    assert again.code != 0, "an edited mapping is never overwritten"
    written = mapping.read_text("utf-8")
    lines = []
    for line in written.splitlines():
        for header, field in (("工单甲", "record_id"), ("话", "text"), ("哪家", "institution")):
            if line.strip().strip('"').startswith(header):
                line = f'  "{header}": {field}'
        lines.append(line)
    mapping.write_text("\n".join(lines) + "\n", "utf-8")
    answer = command("run", tmp_path / "a.csv", "--mapping", mapping, "--out", tmp_path / "out")
    assert answer.code == 0, answer.said
    (found,) = pq.read_table(tmp_path / "out" / "records.parquet").to_pylist()
    assert found["record_id"] == "X1" and found["level"] in ("look", "review")


def test_every_output_reads_as_a_table_of_a_spreadsheet(small_run):
    text = (small_run.results / "rejects.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert next(csv.reader(io.StringIO(text.decode("utf-8-sig")))) == [
        "file", "row", "column", "value", "reason", "reason_zh", "reason_en"]  # fmt: skip
