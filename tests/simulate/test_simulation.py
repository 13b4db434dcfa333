import dataclasses

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import InputError, SettingError
from lianfang.simulate import audit, campaigns, demo, leak, lookalikes, simulation
from lianfang.simulate.knobs import Knobs

SMALL = Knobs(seed=11, people=1_500, institutions=6, days=120)


@pytest.fixture(scope="module")
def made():
    return simulation.simulate(SMALL)


def digests(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_same_seed_gives_same_bytes(tmp_path, form):
    knobs = dataclasses.replace(SMALL, people=400)
    for name in ("a", "b"):
        simulation.write(simulation.simulate(knobs), tmp_path / name, form)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_another_seed_gives_other_tables(made):
    other = simulation.simulate(dataclasses.replace(SMALL, seed=12))
    assert other.tables[Kind.COMPLAINT]["text"].to_pylist() != made.tables[Kind.COMPLAINT]["text"].to_pylist()


def test_every_record_has_one_label(made):
    ids = {(kind.value, i) for kind, t in made.tables.items() for i in t["record_id"].to_pylist()}
    labels = list(zip(made.labels["kind"].to_pylist(), made.labels["record_id"].to_pylist(), strict=True))
    assert set(labels) == ids and len(labels) == len(ids)


def test_all_campaign_and_lookalike_kinds_appear(made):
    assert set(made.labels["campaign_kind"].drop_null().to_pylist()) == {k.name for k in campaigns.KINDS}
    assert set(made.labels["lookalike_kind"].drop_null().to_pylist()) == {k.name for k in lookalikes.KINDS}


def test_lookalikes_are_never_abnormal(made):
    lookalike = pc.is_valid(made.labels["lookalike_kind"])
    assert pc.any(made.labels.filter(lookalike)["is_abnormal"]).as_py() is False


def test_campaigns_table_counts_its_records(made):
    counted = made.labels.group_by("group_id").aggregate([("record_id", "count")]).to_pylist()
    wanted = {row["group_id"]: row["record_id_count"] for row in counted if row["group_id"]}
    assert {r["group_id"]: r["n_records"] for r in made.campaigns.to_pylist()} == wanted


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_audit_holds_at_several_seeds(seed):
    found = audit.audit(simulation.simulate(dataclasses.replace(SMALL, seed=seed, people=3_000)))
    assert [check.name.en for check in found.checks if not check.holds] == []


def test_a_planted_leak_in_the_order_is_noticed(made):
    tables, labels = planted(made)
    assert not leak.leak(tables, labels).is_tight
    assert leak.leak(made.tables, made.labels).is_tight


def planted(made):
    """Put abnormal complaints at the end of the file, as a careless simulator would."""
    table = made.tables[Kind.COMPLAINT]
    of_kind = made.labels.filter(pc.equal(made.labels["kind"], "complaint"))
    order = pc.sort_indices(of_kind["is_abnormal"].cast(pa.int8()))
    return {Kind.COMPLAINT: table.take(order)}, made.labels


def test_a_failing_check_fails_the_audit(made):
    table = made.tables[Kind.COMPLAINT]
    minus = pc.negate(table["disputed_fen"])
    spoiled = table.set_column(table.column_names.index("disputed_fen"), "disputed_fen", minus)
    found = audit.audit(dataclasses.replace(made, tables={**made.tables, Kind.COMPLAINT: spoiled}))
    assert not found.holds


def near_letters(knobs):
    simulated = simulation.simulate(knobs)
    of_kind = simulated.labels.filter(pc.equal(simulated.labels["kind"], "complaint"))
    sent = of_kind["is_abnormal"]
    texts = simulated.tables[Kind.COMPLAINT].filter(sent)["text"].to_pylist()
    return audit.near_share(texts, of_kind.filter(sent)["person_ref"].to_pylist())


def test_paraphrase_makes_letters_less_alike():
    low, high = (near_letters(dataclasses.replace(SMALL, paraphrase=p)) for p in (0.0, 0.7))
    assert low > 0.8 > 0.4 > high


def test_churn_gives_agents_more_numbers():
    def numbers(churn):
        table = simulation.simulate(dataclasses.replace(SMALL, churn=churn)).tables[Kind.COMPLAINT]
        return pc.count_distinct(table["agent_mobile"]).as_py()

    assert numbers(0.0) < numbers(1.0)


def test_fault_raises_the_share_of_lender_faults():
    def share(fault):
        return pc.mean(
            simulation.simulate(dataclasses.replace(SMALL, fault=fault)).labels["lender_fault"]
        ).as_py()

    assert share(0.05) < share(0.9)


def test_overlap_lets_clients_complain_alone_and_strangers_copy():
    def roles(overlap):
        return simulation.simulate(dataclasses.replace(SMALL, overlap=overlap)).labels["role"].to_pylist()

    assert "client_alone" not in roles(0.0) and "copier" not in roles(0.05)
    assert {"client_alone", "copier"} <= set(roles(0.5))


def test_noise_disguises_adverts():
    def plain(noise):
        texts = (
            simulation.simulate(dataclasses.replace(SMALL, noise=noise)).tables[Kind.POST]["text"].to_pylist()
        )
        return sum("微信" in text for text in texts)

    assert plain(0.0) > plain(1.0)


def test_a_setting_out_of_bounds_is_refused():
    with pytest.raises(SettingError):
        Knobs(people=10)


def test_a_folder_with_other_things_is_left_alone(tmp_path, made):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    with pytest.raises(InputError):
        simulation.write(made, tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep"


def test_the_demo_is_small_and_keeps_truth_out_of_its_tables(tmp_path):
    files = demo.demo(tmp_path / "demo")
    assert {path.parent.name for path in files if path.name.startswith("labels")} == {"demo"}
    assert (tmp_path / "demo" / "tables" / "complaints.csv").is_file()
