import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lianfang.engine.terms.errors import InputError
from lianfang.simulate import evaluate, simulation
from lianfang.simulate.knobs import Knobs


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sim") / "s"
    made = simulation.simulate(Knobs(seed=5, people=800, institutions=4, days=60))
    simulation.write(made, folder, "parquet")
    return folder, made.labels.to_pylist()


def results(folder, members, levels, labels):
    folder.mkdir()
    names = ("ring_id", "kind", "record_id", "role")
    columns = zip(*members, strict=True) if members else [[]] * 4
    pq.write_table(
        pa.table({n: pa.array(list(c), pa.string()) for n, c in zip(names, columns, strict=True)}),
        folder / "ring_members.parquet",
    )
    rings = {
        "ring_id": pa.array(list(levels), pa.string()),
        "level": pa.array(list(levels.values()), pa.string()),
    }
    pq.write_table(pa.table(rings), folder / "rings.parquet")
    records = [(row["kind"], row["record_id"], None, "none") for row in labels]
    names = ("kind", "record_id", "activity", "level")
    pq.write_table(
        pa.table(
            {
                n: pa.array(list(c), pa.string())
                for n, c in zip(names, zip(*records, strict=True), strict=True)
            }
        ),
        folder / "records.parquet",
    )
    return folder


def test_the_truth_itself_scores_one_and_harms_nobody(truth, tmp_path):
    sim, labels = truth
    members = [(r["campaign_id"], r["kind"], r["record_id"], "") for r in labels if r["campaign_id"]]
    run = results(tmp_path / "run", members, {m[0]: "review" for m in members}, labels)
    report = evaluate.score(run, sim)
    assert (report.precision, report.precision_review, report.recall) == (1.0, 1.0, 1.0)
    assert all(c.recall == 1.0 and c.precision == 1.0 for c in report.campaigns)
    assert all(h.n_harmed == 0 for h in report.harms)


def test_one_ring_of_everything_has_full_recall_no_precision_and_harms_all(truth, tmp_path):
    sim, labels = truth
    members = [("R", r["kind"], r["record_id"], "") for r in labels]
    report = evaluate.score(results(tmp_path / "run", members, {"R": "review"}, labels), sim)
    assert report.recall == 1.0 and report.precision < 0.1
    assert all(h.harm_share == 1.0 for h in report.harms)


def test_a_ring_to_look_at_harms_nobody(truth, tmp_path):
    sim, labels = truth
    members = [(r["group_id"], r["kind"], r["record_id"], "") for r in labels if r["lookalike_kind"]]
    report = evaluate.score(results(tmp_path / "run", members, {m[0]: "look" for m in members}, labels), sim)
    assert all(h.n_harmed == 0 for h in report.harms)
    assert sum(h.n_in_look for h in report.harms) > 0
    assert report.precision is None and report.precision_strict == 0.0


def test_no_rings_find_nothing(truth, tmp_path):
    sim, labels = truth
    report = evaluate.score(results(tmp_path / "run", [], {}, labels), sim)
    assert report.recall == 0.0 and report.precision is None


def test_pairs_are_counted_as_a_list_of_pairs_would(truth, tmp_path):
    sim, labels = truth
    chosen = [r for r in labels if r["campaign_id"]][::3] + [r for r in labels if not r["campaign_id"]][::9]
    members = [(f"R{n % 3}", r["kind"], r["record_id"], "") for n, r in enumerate(chosen)]
    report = evaluate.score(
        results(tmp_path / "run", members, dict.fromkeys(("R0", "R1", "R2"), "look"), labels), sim
    )
    campaigns = {r["group_id"] for r in labels if r["campaign_id"]}
    homes = {p["person_ref"]: p["group_id"] for p in pq.read_table(sim / "people.parquet").to_pylist()}
    right = wrong = 0
    for ring in range(3):
        inside = chosen[ring::3]
        for i, a in enumerate(inside):
            for b in inside[:i]:
                home_a = a["campaign_id"] or (
                    homes.get(a["person_ref"]) if homes.get(a["person_ref"]) in campaigns else None
                )
                home_b = b["campaign_id"] or (
                    homes.get(b["person_ref"]) if homes.get(b["person_ref"]) in campaigns else None
                )
                if a["campaign_id"] and a["campaign_id"] == b["campaign_id"]:
                    right += 1
                elif home_a and home_a == home_b:
                    pass
                elif a["person_ref"] and a["person_ref"] == b["person_ref"]:
                    pass
                elif a["lookalike_kind"] and b["lookalike_kind"] and a["group_id"] == b["group_id"]:
                    pass
                else:
                    wrong += 1
    assert report.precision == pytest.approx(right / (right + wrong))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError):
        evaluate.score(tmp_path, tmp_path)
