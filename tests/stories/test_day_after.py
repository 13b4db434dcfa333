"""The day after: people have judged, new records came, and rings keep their names."""

import csv
import io
import shutil

import pyarrow.parquet as pq
import pytest

TABLES = ("records", "signals", "links", "rings", "ring_members")


def tables(folder):
    return {name: pq.read_table(folder / f"{name}.parquet") for name in TABLES}


def members(folder):
    """Give the ring of every record, and the records of every ring."""
    rows = pq.read_table(folder / "ring_members.parquet").to_pylist()
    ring = {(one["kind"], one["record_id"]): one["ring_id"] for one in rows}
    held = {}
    for who, name in ring.items():
        held.setdefault(name, set()).add(who)
    return ring, held


def judged(place, *rows):
    with place.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["left", "right", "answer", "by", "at", "reason"])
        writer.writerows([*row, "王审核", "2026-03-02T09:00", "听过录音"] for row in rows)
    return place


def first_pair_of_two_rings(folder):
    order = pq.read_table(folder / "rings.parquet")["ring_id"].to_pylist()
    _, held = members(folder)
    one, other = (sorted(held[name])[0] for name in order[:2])
    return one, other


def name(who):
    return f"{who[0]}:{who[1]}"


def split_days(source, folder):
    """Cut every table in two: the first days, and the days after."""
    for part in ("a", "b"):
        (folder / part).mkdir(parents=True)
    for file in sorted(source.iterdir()):
        rows = list(csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))
        head, rows = rows[0], rows[1:]
        at = len(rows) * 9 // 10
        for part, mine in (("a", rows[:at]), ("b", rows[at:])):
            # Names sort so that the first days stand before the second, as in one run over everything.
            with (folder / part / f"{part}_{file.name}").open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([head, *mine])
    return folder / "a", folder / "b"


@pytest.fixture(scope="module")
def days(command, small_run, tmp_path_factory):
    """Three runs: the first days (kept), all days at once, and the first days with the rest added."""
    home = tmp_path_factory.mktemp("days")
    first, later = split_days(small_run.tables, home / "in")
    both = home / "in" / "both"
    both.mkdir()
    for file in (*first.iterdir(), *later.iterdir()):
        shutil.copy(file, both / file.name)
    for words in (
        ("run", first, "--out", home / "first", "--keep"),
        ("run", both, "--out", home / "whole"),
        ("run", later, "--since", home / "first", "--out", home / "added"),
    ):
        answer = command(*words)
        assert answer.code == 0, answer.said
    return home


@pytest.mark.parametrize("table", TABLES)
def test_adding_a_day_gives_what_one_run_over_everything_gives(days, table):
    whole, added = (pq.read_table(days / run / f"{table}.parquet") for run in ("whole", "added"))
    if table in ("rings", "ring_members"):
        # A ring that is there already keeps its id; a run over everything knows of no earlier one.
        whole, added = unnamed(days / "whole", table), unnamed(days / "added", table)
        assert whole == added
    else:
        assert whole.num_rows == added.num_rows
        assert sorted(map(str, whole.to_pylist())) == sorted(map(str, added.to_pylist()))


def unnamed(folder, table):
    _, held = members(folder)
    seat = {ring: min(who) for ring, who in held.items()}
    rows = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return sorted(str({**one, "ring_id": seat[one["ring_id"]]}) for one in rows)


def test_rings_keep_their_names_when_data_is_added(days):
    _, before = members(days / "first")
    ring, _ = members(days / "added")
    assert len(before) >= 5
    for old, who in before.items():
        names = [ring[each] for each in who if each in ring]
        assert names, f"{old} vanished"
        assert max(set(names), key=names.count) == old or _merged(old, names, before, ring)


def _merged(old, names, before, ring):
    """Where two rings became one, the one name that stays is that of one of them."""
    return len(set(names)) == 1 and names[0] in before


def test_a_result_can_be_added_to_again_and_again(command, days, tmp_path):
    (tmp_path / "c.csv").write_text("id,text\nZ1,今天天气很好\n", "utf-8")
    answer = command("run", tmp_path / "c.csv", "--since", days / "added", "--out", tmp_path / "out")
    assert answer.code == 0, answer.said
    before, after = tables(days / "added"), tables(tmp_path / "out")
    assert after["records"].num_rows == before["records"].num_rows + 1
    assert after["rings"].equals(before["rings"]) and after["ring_members"].equals(before["ring_members"])


def test_results_without_a_state_cannot_be_added_to(command, small_run, tmp_path):
    (tmp_path / "c.csv").write_text("id,text\nZ1,今天天气很好\n", "utf-8")
    answer = command("run", tmp_path / "c.csv", "--since", small_run.results, "--out", tmp_path / "out")
    assert answer.code == 2 and "E-SINCE-01" in answer.err and "--keep" in answer.err
    assert not (tmp_path / "out").exists()


def test_results_are_not_added_to_under_other_guides(command, days, tmp_path):
    guides = tmp_path / "guides"
    guides.mkdir()
    assert command("guide", "new", "LF-G-9902", "--activity", "BG08", "--folder", guides).code == 0
    (tmp_path / "c.csv").write_text("id,text\nZ1,今天天气很好\n", "utf-8")
    answer = command("run", tmp_path / "c.csv", "--since", days / "first", "--out", tmp_path / "out", "--guides", guides)
    assert answer.code == 2 and "E-SINCE-02" in answer.err


def test_a_result_may_be_replaced_by_its_own_next_day(command, days, tmp_path):
    home = tmp_path / "kept"
    shutil.copytree(days / "first", home)
    answer = command("run", days / "in" / "b", "--since", home, "--out", home, "--force")
    assert answer.code == 0, answer.said
    assert tables(home)["records"].equals(tables(days / "added")["records"])


def test_the_judged_same_stay_together_and_the_judged_different_apart(command, small_run, tmp_path):
    one, other = first_pair_of_two_rings(small_run.results)
    ring, held = members(small_run.results)
    assert ring[one] != ring[other]
    same = judged(tmp_path / "same.csv", (name(one), name(other), "same"))
    assert command("run", small_run.tables, "--judgements", same, "--out", tmp_path / "joined").code == 0
    joined, _ = members(tmp_path / "joined")
    assert joined[one] == joined[other]
    links = pq.read_table(tmp_path / "joined" / "links.parquet").to_pylist()
    assert [row for row in links if row["by"] == "judgement" and "王审核" in row["why_zh"]]

    mine = sorted(held[ring[one]])
    apart = judged(tmp_path / "apart.csv", (name(mine[0]), name(mine[-1]), "different"))
    assert command("run", small_run.tables, "--judgements", apart, "--out", tmp_path / "cut").code == 0
    cut, _ = members(tmp_path / "cut")
    assert cut.get(mine[0]) is None or cut.get(mine[0]) != cut.get(mine[-1])


def test_judgements_are_obeyed_in_the_next_run_too(command, days, tmp_path):
    _, held = members(days / "first")
    mine = sorted(next(who for who in held.values() if len(who) >= 4))
    apart = judged(tmp_path / "apart.csv", (name(mine[0]), name(mine[-1]), "different"))
    words = ("run", days / "in" / "b", "--since", days / "first", "--judgements", apart, "--out", tmp_path / "out")
    assert command(*words).code == 0
    cut, _ = members(tmp_path / "out")
    assert cut.get(mine[0]) is None or cut.get(mine[0]) != cut.get(mine[-1])
    # The same judgement over everything at once gives the same rings.
    both = days / "in" / "both"
    assert command("run", both, "--judgements", apart, "--out", tmp_path / "whole").code == 0
    assert unnamed(tmp_path / "whole", "ring_members") == unnamed(tmp_path / "out", "ring_members")


def test_a_judgement_of_records_this_run_lacks_is_no_fault_but_is_told(command, small_run, tmp_path):
    file = judged(tmp_path / "j.csv", ("complaint:NOBODY", "complaint:NOONE", "same"))
    answer = command("run", small_run.tables, "--judgements", file, "--out", tmp_path / "out")
    assert answer.code == 0
    assert "研判" in answer.said and "1" in answer.said
