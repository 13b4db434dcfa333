import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.text import lexicon, plain, scan, shingles

known = plain.known()
WORDS = [
    *(word.text for word in known.words),
    "加v",
    "债",
    "贷",
    "1",
    "a",
    "12378",
    "利息",
    "微信 支付",
    "pos机",
    "",
]
PHRASES = scan.Phrases(WORDS)
FEW = scan.Phrases(["停息挂账", "征信修复", "加微信", "退保", "贷款"])
WRITTEN = sorted({one.form for group in known.heads.values() for one in group})
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(WRITTEN),
        st.sampled_from(WORDS),
        st.sampled_from(sorted(lexicon.splits())),
        st.sampled_from(sorted(known.stands_for)),
        st.sampled_from(list("   ，。、·*|_+%❤️🍊💳➕🌟1三一零十vwx微薇信\n\u200b\u3000①ﷺ")),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=25,
).map("".join)


def rows_of(table):
    columns = (table.row, table.word_no, table.start, table.end, table.fstart, table.fend, table.evasion)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def one_by_one(phrases, texts):
    return [
        (row, hit.word_no, hit.start, hit.end, hit.fstart, hit.fend, hit.evasion)
        for row, text in enumerate(texts)
        for hit in phrases.find(text or "")
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(TEXTS, st.none()), max_size=12))
def test_a_table_is_scanned_as_its_texts_are(texts):
    column = pa.array(texts, pa.string())
    assert rows_of(scan.scan_table(PHRASES, column)) == one_by_one(PHRASES, texts)
    folds = shingles.fold_column(column, with_spans=True)
    for row, text in enumerate(texts):
        raw = text or ""
        made = plain.plain(raw)
        assert folds.text(row) == made.text
        cells = raw.encode()
        places = folds.spans[folds.offsets[row] : folds.offsets[row + 1]].tolist()
        assert [len(cells[:start].decode()) for start, _ in places] == list(made.starts)
        assert [len(cells[:end].decode()) for _, end in places] == list(made.ends)


@pytest.mark.parametrize(
    ("raw", "evasion"),
    [
        ("办理停息挂账", False),
        ("办理停 息 挂 账", True),
        ("停熄挂账", True),
        ("ＶＩＰ 退保", False),
        ("退·保", True),
        ("退\u200b保", True),
        ("徵信修復", True),
        ("我 要 办理 征信 修复 和 退保 业务 请 问", False),
        ("我 要 办理 征 信 修 复 这 个 业务", True),
    ],
)
def test_evasion_is_told_from_spelling(raw, evasion):
    hits = FEW.find(raw)
    assert hits and all(hit.evasion == evasion for hit in hits)
    assert all(raw[hit.start : hit.end] == hit.matched_raw for hit in hits)


def test_latin_phrases_end_where_letters_end():
    phrases = scan.Phrases(["app", "12378"])
    assert not phrases.find("apple 0123780 pineapp")
    assert [hit.word_no for hit in phrases.find("下载app拨打12378")] == [0, 1]


def test_threads_and_chunks_never_change_the_answer():
    texts = [f"第{n}位 停熄挂账 加薇信,征信修复{n % 7}" for n in range(3000)]
    whole = pa.array(texts)
    want = rows_of(scan.scan_table(FEW, whole, threads=1))
    parts = pa.chunked_array([whole.slice(0, 700), whole.slice(700, 1), whole.slice(701)])
    assert rows_of(scan.scan_table(FEW, whole, threads=4)) == want
    assert rows_of(scan.scan_table(FEW, parts, threads=3)) == want
    assert rows_of(scan.scan_table(FEW, whole.cast(pa.large_string()))) == want
    assert rows_of(scan.scan_table(FEW, whole.dictionary_encode())) == want


@pytest.mark.parametrize(
    "column",
    [
        pa.array([], pa.string()),
        pa.chunked_array([], pa.string()),
        pa.array([None, ""], pa.string()),
        pa.nulls(3),
    ],
)
def test_nothing_in_nothing_out(column):
    assert len(scan.scan_table(FEW, column)) == 0
    points, offsets = shingles.fold_table(column)
    assert len(points) == 0 and offsets.tolist() == [0] * (len(column) + 1)


def test_a_huge_cell_is_scanned():
    texts = ["正常", "贷款买房,停熄挂账 " * 120_000, "退保"]
    table = scan.scan_table(FEW, pa.array(texts))
    assert np.bincount(table.row).tolist() == [0, 240_000, 1]
    assert table.end[-2] <= len(texts[1])


def test_many_characters_from_one_are_given_room():
    texts = ["ﷺ" * 5000 + "退保"]
    assert rows_of(scan.scan_table(FEW, pa.array(texts))) == one_by_one(FEW, texts)


def test_broken_utf8_is_read_with_replacement():
    cells = [
        "退保".encode(),
        b"\xe9\x80",
        b"\xff\xe9\x80\x80\xe4\xbf\x9d",
        b"\xed\xa0\x80\xe9\x80\x80\xe4\xbf\x9d",
    ]
    want = one_by_one(FEW, [cell.decode("utf-8", "replace") for cell in cells])
    binary = pa.array(cells, pa.binary())
    unchecked = pa.Array.from_buffers(pa.string(), len(cells), binary.buffers())
    assert rows_of(scan.scan_table(FEW, binary)) == want
    assert rows_of(scan.scan_table(FEW, unchecked)) == want


def test_no_phrases_no_hits():
    assert len(scan.scan_table(scan.Phrases([]), pa.array(["停熄挂账"]))) == 0


def test_likeness_of_wordings():
    assert shingles.similarity("停息挂账协商", "停息挂账协商") == 1.0
    assert shingles.similarity("", "停息") == 0.0
    assert 0 < shingles.similarity("我要投诉银行多收利息", "我要投诉银行多收费用") < 1
