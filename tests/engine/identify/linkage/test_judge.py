import pyarrow as pa
import pytest

from lianfang.engine.identify.linkage import judge
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import DefinitionError

HEAD = "left,right,answer,by,at,reason\n"


def table(first, ids):
    return pa.table({"record_no": pa.array(range(first, first + len(ids)), pa.int64()), "record_id": pa.array(ids)})


TABLES = {Kind.COMPLAINT: table(0, ["a", "b", "c"]), Kind.TIP: table(3, ["a", "t"])}


def verdicts(text):
    return judge.resolve(judge.read((HEAD + text).encode()), TABLES)


def test_same_and_different_become_pairs():
    told = verdicts("b,tip:a,same,李,2026-03-02,同一代理\nc,complaint:a,different,李,2026-03-02T08:00,无关\n")
    assert told.same == ((1, 3),)
    assert told.different == ((0, 2),)
    assert told.reasons[0].zh == "李 于 2026-03-02 判定两者属于同一团伙:同一代理"


def test_the_latest_stands_and_unsure_leaves():
    told = verdicts("b,c,same,李,2026-03-02,甲\nc,b,different,王,2026-03-01,乙\n")
    assert (told.same, told.different) == (((1, 2),), ())
    told = verdicts("b,c,same,李,2026-03-02,甲\nc,b,unsure,王,2026-03-05,乙\n")
    assert (told.same, told.different) == ((), ())


def test_a_later_line_wins_at_the_same_moment():
    assert verdicts("b,c,same,李,2026-03-02,甲\nb,c,different,李,2026-03-02,乙\n").different == ((1, 2),)


def test_records_of_other_runs_are_no_fault():
    told = verdicts("b,zzz,same,李,2026-03-02,甲\n")
    assert told.same == ()
    assert [one.right for one in told.unmet] == ["zzz"]


def test_an_id_of_two_kinds_must_say_which():
    with pytest.raises(DefinitionError) as caught:
        verdicts("a,c,same,李,2026-03-02,甲\n")
    assert "complaint" in caught.value.faults[0].say.zh
    assert "complaint:a" in caught.value.faults[0].fix.zh


def test_all_faults_are_named_at_once():
    with pytest.raises(DefinitionError) as caught:
        judge.read((HEAD + ",x,same,李,2026-03-02,理由\nx,x,same,李,2026-03-02,理由\nx,y,maybe,,yesterday,\n").encode())
    faults = caught.value.faults
    assert [fault.where for fault in faults] == [f"judgements.csv:{line}" for line in (2, 3, 4, 4, 4, 4)]


def test_missing_columns_are_all_named():
    with pytest.raises(DefinitionError) as caught:
        judge.read(b"left,right\na,b\n")
    assert len(caught.value.faults) == 4


def test_chinese_headers_gb18030_and_semicolons():
    text = "左;右;结论;研判人;时间;理由\nb;c;不同;李;2026/03/02;无关\n"
    (one,) = judge.read(text.encode("gb18030"))
    assert one.answer is judge.Answer.DIFFERENT
    assert one.at.isoformat() == "2026-03-01T16:00:00+00:00"


def test_an_empty_file_lacks_columns_and_a_header_alone_is_fine():
    with pytest.raises(DefinitionError):
        judge.read(b"")
    assert judge.read(HEAD.encode()) == ()


def test_judged_pairs_are_links():
    found = judge.links(verdicts("b,c,same,李,2026-03-02,甲\n")).to_pylist()
    assert [(row["left"], row["right"], row["by"]) for row in found] == [(1, 2, "judgement")]
