"""Bad input through the real command line: told what, where and what next; nothing half-written."""

import csv
import io
import json
import re
import resource
import time
import zipfile

import openpyxl
import pyarrow.parquet as pq
import pytest

HEAD = "投诉编号,投诉内容,手机号"
GOOD = f"{HEAD}\nT1,我要投诉你们乱收费,13800138000\nT2,还款以后没有更新,13900139000\n"
BALANCE = re.compile(r"读入 (\d+) 行 = 留下 (\d+) \+ 拒收 (\d+)")
CHINESE = re.compile("[一-鿿]")


def put(folder, name, content):
    place = folder / name
    place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return place


def balance(answer):
    assert answer.code == 0, answer.said
    n_in, kept, rejected = map(int, BALANCE.search(answer.out).groups())
    assert n_in == kept + rejected
    return n_in, kept, rejected


def rejects(folder):
    text = (folder / "rejects.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def records(folder):
    return pq.read_table(folder / "records.parquet").to_pylist()


def refused(command, folder, *words, code=2):
    """Say the refusal in both languages: what, where, what next; nothing may be left behind."""
    before = sorted(each.name for each in folder.iterdir())
    out = folder / "out"
    chinese = command("run", *words, "--out", out)
    english = command("run", *words, "--out", out, "--lang", "en")
    for answer, error, where, after in ((chinese, "错误 E-", "位置", "下一步"), (english, "error E-", "where", "next")):
        assert answer.code == code, answer.said
        lines = [line for line in answer.err.splitlines() if not line.startswith("[")]
        assert lines[0].startswith(error), answer.err
        assert any(line.startswith(f"  {where}: ") for line in lines), answer.err
        assert any(line.startswith(f"  {after}: ") for line in lines), answer.err
        assert "Traceback" not in answer.said and "内部错误" not in answer.said and "internal fault" not in answer.said
    assert CHINESE.search(chinese.err.splitlines()[0])
    named = english.err
    for word in map(str, words):
        named = named.replace(word, "").replace(word.rpartition("/")[2], "")
    assert not CHINESE.search(named), english.err
    assert sorted(each.name for each in folder.iterdir()) == before
    return chinese, english


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet", "a.ndjson"])
def test_an_empty_file_is_refused(command, tmp_path, name):
    chinese, _ = refused(command, tmp_path, put(tmp_path, name, b""))
    assert "空" in chinese.err and name in chinese.err


def test_a_header_alone_gives_empty_results(command, tmp_path):
    answer = command("run", put(tmp_path, "a.csv", HEAD + "\n"), "--out", tmp_path / "out")
    assert balance(answer) == (0, 0, 0)
    assert records(tmp_path / "out") == []
    assert [one["reason"] for one in rejects(tmp_path / "out")] == ["empty_table"]
    assert "没有发现团伙" in (tmp_path / "out" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_texts_of_every_usual_encoding_are_read_the_same(command, tmp_path, encoding):
    file = put(tmp_path, "a.csv", GOOD.replace("\n", "\r\n").encode(encoding))
    assert balance(command("run", file, "--out", tmp_path / "out")) == (2, 2, 0)
    assert [one["record_id"] for one in records(tmp_path / "out")] == ["T1", "T2"]
    assert rejects(tmp_path / "out") == []


def test_gb18030_with_its_own_mark_is_read(command, tmp_path):
    file = put(tmp_path, "a.csv", ("\ufeff" + GOOD).encode("gb18030"))
    assert balance(command("run", file, "--out", tmp_path / "out")) == (2, 2, 0)
    assert [one["record_id"] for one in records(tmp_path / "out")] == ["T1", "T2"]


def test_bytes_of_no_encoding_are_refused(command, tmp_path):
    letters = bytes(range(0xA0, 0x100)) + bytes(range(0x80, 0xA0))
    garbage = b"id,text\n" + b"\n".join(b"%d,%s" % (n, letters[n::7] + b"\xff\xfe\x80 ") for n in range(300))
    file = put(tmp_path, "a.csv", garbage)
    chinese, _ = refused(command, tmp_path, file)
    assert "编码" in chinese.err


def test_a_latin_text_is_never_dropped_silently(command, tmp_path):
    file = put(tmp_path, "a.csv", "id,text\n1,café à la crème déjà vu\n2,naïve façade\n".encode("latin-1"))
    answer = command("run", file, "--out", tmp_path / "out")
    if answer.code == 0:
        assert balance(answer)[0] == 2 and rejects(tmp_path / "out")
    else:
        assert "编码" in answer.err


def test_a_cell_of_ten_megabytes_is_cut_and_told(command, tmp_path):
    long = "我要投诉乱收费。" * (10 * (1 << 20) // 24)
    file = put(tmp_path, "a.csv", f"{HEAD}\nT1,{long},13800138000\nT2,普通,13900139000\n")
    began = time.perf_counter()
    assert balance(command("run", file, "--out", tmp_path / "out")) == (2, 2, 0)
    assert time.perf_counter() - began < 60
    assert {one["reason"] for one in rejects(tmp_path / "out")} == {"too_long"}
    assert (tmp_path / "out" / "report.html").stat().st_size < 2_000_000


def test_five_hundred_columns_are_read_and_the_unknown_ones_told(command, tmp_path):
    extra = [f"杂项{n}" for n in range(497)]
    file = put(tmp_path, "a.csv", ",".join([HEAD, *extra]) + "\nT1,我要投诉,13800138000" + ",x" * 497 + "\n")
    assert balance(command("run", file, "--out", tmp_path / "out")) == (1, 1, 0)
    told = rejects(tmp_path / "out")
    assert len(told) == 497 and {one["reason"] for one in told} == {"unknown_column"}


FORMULAS = ["=HYPERLINK(\"http://x.example/\",\"点\")", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1+1", "＝1+1"]


def test_formulas_stay_text_and_rejects_opened_again_hold_no_live_one(command, tmp_path):
    rows = [[f"T{n}", formula, formula] for n, formula in enumerate(FORMULAS)]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([[*HEAD.split(","), "=cmd|'/C calc'!A1"], *([*row, "x"] for row in rows)])
    assert balance(command("run", put(tmp_path, "a.csv", buffer.getvalue()), "--out", tmp_path / "out"))[0] == 6
    told = rejects(tmp_path / "out")
    assert len(told) >= 6
    for one in told:
        for value in one.values():
            assert not re.match(r"\s*[=+\-@|%＝＋－＠]", value), one
    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO((tmp_path / "out" / "rejects.csv").read_text("utf-8-sig"))):
        book.active.append(row)
    assert not [cell for row in book.active for cell in row if cell.data_type == "f"]
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "<script>alert" not in page


def test_formulas_in_a_workbook_are_not_worked_out(command, tmp_path):
    book = openpyxl.Workbook()
    for row in [HEAD.split(","), ["T1", "=1+1", "13800138000"], ["T2", "一句话", "=HYPERLINK(\"http://x\")"]]:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert balance(command("run", tmp_path / "a.xlsx", "--out", tmp_path / "out"))[0] == 2


def workbook(folder, sheet, name="bomb.xlsx", **more):
    book = openpyxl.Workbook()
    book.active.append(["id", "text"])
    book.save(folder / "plain.xlsx")
    with zipfile.ZipFile(folder / "plain.xlsx") as old, zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != "xl/worksheets/sheet1.xml":
                new.writestr(part, more.get(part, old.read(part)))
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as stream:
            for piece in sheet:
                stream.write(piece)
    (folder / "plain.xlsx").unlink()
    return folder / name


def test_a_zip_bomb_is_refused_without_unpacking_it(command, tmp_path):
    bomb = workbook(tmp_path, (b" " * (1 << 20) for _ in range(512)))
    assert bomb.stat().st_size < 2 << 20
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    chinese, _ = refused(command, tmp_path, bomb)
    assert "E-RECORDS-12" in chinese.err
    assert time.perf_counter() - began < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10


def test_entities_in_a_workbook_are_refused(command, tmp_path):
    secret = put(tmp_path, "secret", "内部机密")
    sheet = (f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file://{secret}">]>'
             '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
             '<c r="A1" t="inlineStr"><is><t>&x;</t></is></c></row></sheetData></worksheet>')  # fmt: skip
    chinese, _ = refused(command, tmp_path, workbook(tmp_path, [sheet.encode()]))
    assert "E-RECORDS-13" in chinese.err and "内部机密" not in chinese.err


def test_one_broken_file_among_good_ones_is_told_and_left(command, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    put(folder, "a.csv", GOOD)
    put(folder, "b.xlsx", b"PK\x03\x04broken")
    put(folder, "c.csv", GOOD.replace("T1", "T3").replace("T2", "T4"))
    put(folder, "README.md", "# 说明")
    answer = command("run", folder, "--out", tmp_path / "out")
    assert balance(answer) == (4, 4, 0)
    assert {(one["file"], one["reason"]) for one in rejects(tmp_path / "out")} == {
        ("b.xlsx", "unreadable_file"), ("README.md", "not_a_table")}  # fmt: skip
    assert "b.xlsx" in answer.said, "a file left out must be told on the terminal"


@pytest.mark.parametrize("inside", [{}, {"a.md": "# 说明"}, {".hidden.csv": GOOD}])
def test_a_folder_without_tables_is_refused(command, tmp_path, inside):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, content in inside.items():
        put(folder, name, content)
    refused(command, tmp_path, folder)


def test_ids_that_stand_twice_are_told_apart(command, tmp_path):
    file = put(tmp_path, "a.csv", GOOD.replace("T2", "T1"))
    assert balance(command("run", file, "--out", tmp_path / "out")) == (2, 2, 0)
    assert [one["record_id"] for one in records(tmp_path / "out")] == ["T1", "T1~2"]


def test_a_file_that_is_not_there_is_refused(command, tmp_path):
    chinese, english = refused(command, tmp_path, tmp_path / "nowhere.csv")
    assert "没有这个文件" in chinese.err and "no such file" in english.err.lower()


def test_a_foreign_folder_is_never_replaced(command, tmp_path):
    file, out = put(tmp_path, "a.csv", GOOD), tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("三年心血")
    for extra in ([], ["--force"]):
        chinese, _ = refused(command, tmp_path, file, *extra)
        assert "E-OUT-02" in chinese.err
        assert (out / "thesis.txt").read_text() == "三年心血"


def test_a_folder_that_only_looks_like_results_is_not_replaced(command, tmp_path):
    file, out = put(tmp_path, "a.csv", GOOD), tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text('{"scripts": "somebody else\'s"}')
    (out / "src.py").write_text("1")
    chinese, _ = refused(command, tmp_path, file, "--force")
    assert "E-OUT-02" in chinese.err and (out / "src.py").exists()


def test_earlier_results_are_replaced_only_when_told(command, tmp_path):
    file, out = put(tmp_path, "a.csv", GOOD), tmp_path / "out"
    balance(command("run", file, "--out", out))
    first = (out / "records.parquet").read_bytes()
    chinese, english = refused(command, tmp_path, file)
    assert "E-OUT-01" in chinese.err and "--force" in chinese.err and "--force" in english.err
    assert (out / "records.parquet").read_bytes() == first
    put(tmp_path, "a.csv", GOOD + "T9,又一条,13700137000\n")
    assert balance(command("run", file, "--out", out, "--force")) == (3, 3, 0)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.csv", "out"]


def test_results_cannot_stand_where_nothing_can_be_written(command, tmp_path):
    file = put(tmp_path, "a.csv", GOOD)
    put(tmp_path, "afile", b"x")
    for place in (tmp_path / "afile" / "out", "/proc/nowhere/out"):
        for language, next_word in (("zh", "下一步"), ("en", "next")):
            answer = command("run", file, "--out", place, "--lang", language)
            assert answer.code == 2 and "E-DISK-01" in answer.err and next_word in answer.err, answer.said
            if language == "en":
                assert not CHINESE.search(answer.err), answer.err


def test_a_name_of_a_table_that_holds_markup_harms_no_page(command, tmp_path):
    text = "</script><script>alert(1)</script><img src=x onerror=alert(1)>专业停息挂账加微信abc12345"
    file = put(tmp_path, "a.csv", f"id,text,涉诉机构\n1,{text},<b>行</b>\n2,{text},<b>行</b>\n")
    balance(command("run", file, "--out", tmp_path / "out"))
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "<script>alert" not in page and "<img src=x" not in page and "<b>行" not in page


TEN_FAULTS = """id: LF-G-08
version: one
activity: BG99
title: {zh: 只有中文}
definition: {zh: 定义, en: definition}
colour: red
kinds: [poem]
clauses:
  - {id: offer, name: {zh: 甲, en: a}, strength: mighty, any: [no_such_set]}
  - {id: pat, name: {zh: 乙, en: b}, strength: weak, pattern: '(?=保证金)x'}
  - {id: money, name: {zh: 丙, en: c}, strength: medium, expr: "no_such_field > 5"}
  - {id: unused, name: {zh: 丁, en: d}, strength: weak, any: ["=词"]}
gates:
  look: "1 of strong and and"
  review: "9 of strong"
source: "s"
samples: {hit: [], miss: []}
"""


def test_ten_faults_of_a_guide_are_told_at_once_with_their_lines(command, tmp_path):
    guide = put(tmp_path, "bad.yaml", TEN_FAULTS)
    for language in ("zh", "en"):
        answer = command("guide", "lint", "--guides", tmp_path, "--lang", language)
        assert answer.code == 2
        told = re.findall(rf"^{re.escape(str(guide))}:(\d+): (E-GUIDE-\d+) (.+)$", answer.out, re.MULTILINE)
        assert len(told) >= 10, answer.out
        lines = {int(line) for line, _, _ in told}
        assert {3, 4, 6, 7, 9, 10, 14, 15} <= lines, answer.out
        assert answer.out.count("    → ") == len(told)
    out = tmp_path / "out"
    file = put(tmp_path, "a.csv", GOOD)
    answer = command("run", file, "--out", out, "--guides", guide)
    assert answer.code == 2 and not out.exists() and f"{guide}:" in answer.err
    assert len(re.findall(r"E-GUIDE-\d+", answer.err)) >= 5


GUIDE = """id: LF-G-9901
version: 1.0.0
activity: BG08
title: {zh: 试, en: trial}
definition: {zh: 试, en: trial}
not: [{zh: 无, en: none}]
kinds: [post, tip, complaint]
clauses:
  - {id: talk, name: {zh: 甲, en: a}, strength: strong, any: ["=乱收费"]}
  - {id: pat, name: {zh: 乙, en: b}, strength: medium, pattern: 'PATTERN', needs: [loan_product]}
gates: {look: "1 of strong", review: "1 of strong and 1 of medium"}
evidence: [{zh: 证, en: e}]
response: {lender: {zh: 甲, en: a}, association: {zh: 乙, en: b}, regulator: {zh: 丙, en: c}}
advice: {zh: 劝, en: advice}
legal: []
source: "s"
samples: {hit: [{text: "乱收费", level: look}], miss: ["好"], guarded: []}
"""


def test_a_catastrophic_pattern_costs_no_time(command, tmp_path):
    guides = tmp_path / "guides"
    guides.mkdir()
    put(guides, "g.yaml", GUIDE.replace("PATTERN", "(贷+)+(款+)*x$"))
    file = put(tmp_path, "a.csv", f"id,text\n1,乱收费贷款{'贷' * 5000}款{'款' * 5000}\n2,普通\n")
    began = time.perf_counter()
    balance(command("run", file, "--out", tmp_path / "out", "--guides", guides))
    assert time.perf_counter() - began < 30
    found = pq.read_table(tmp_path / "out" / "signals.parquet").to_pylist()
    assert "LF-G-9901" in {one["guide"] for one in found}


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?<=贷)款", "贷{1,1000}{1,1000}"])
def test_a_pattern_re2_cannot_run_is_refused_with_its_line(command, tmp_path, pattern):
    guides = tmp_path / "guides"
    guides.mkdir()
    place = put(guides, "g.yaml", GUIDE.replace("PATTERN", pattern))
    chinese, _ = refused(command, tmp_path, put(tmp_path, "a.csv", GOOD), "--guides", guides)
    assert f"{place}:10" in chinese.err and "E-GUIDE-12" in chinese.err


def test_faults_of_a_judgement_file_are_all_told(command, tmp_path):
    file = put(tmp_path, "a.csv", GOOD)
    judged = put(tmp_path, "j.csv", "left,right,answer,by,at,reason\nT1,T1,maybe,,yesterday,\nT1,T2,same,王,2026-03-02T09:00,同一人\n")
    chinese, english = refused(command, tmp_path, file, "--judgements", judged)
    assert chinese.err.count(f"{judged}:2") >= 4 and english.err.count(f"{judged}:2") >= 4


def test_a_mapping_that_names_no_field_is_refused_with_its_line(command, tmp_path):
    file = put(tmp_path, "a.csv", GOOD)
    mapping = put(tmp_path, "m.yaml", "kind: complaint\ncolumns:\n  投诉编号: record_id\n  投诉内容: txet\n")
    chinese, _ = refused(command, tmp_path, file, "--mapping", mapping)
    assert f"{mapping}:4" in chinese.err and "text" in chinese.err


def test_c3_columns_are_refused_and_written_nowhere(command, tmp_path):
    file = put(tmp_path, "a.csv", f"{HEAD},登录密码,CVV\nT1,我要投诉,13800138000,Qwerty!8839,917\n")
    assert balance(command("run", file, "--out", tmp_path / "out", "--keep")) == (1, 1, 0)
    assert [(one["column"], one["reason"]) for one in rejects(tmp_path / "out")] == [
        ("登录密码", "secret_column"), ("CVV", "secret_column")]  # fmt: skip
    for place in (tmp_path / "out").rglob("*"):
        if place.is_file():
            assert b"Qwerty!8839" not in place.read_bytes(), place


def test_every_file_of_a_bad_run_is_still_json_and_parquet(command, tmp_path):
    file = put(tmp_path, "a.csv", GOOD + "T3,只有两格\nT4,一,二,三,四\n,,\n")
    n_in, kept, rejected = balance(command("run", file, "--out", tmp_path / "out"))
    assert (n_in, kept, rejected) == (5, 3, 2)
    story = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert story["rows"] == {"in": 5, "kept": 3, "rejected": 2}
    assert len(records(tmp_path / "out")) == 3
