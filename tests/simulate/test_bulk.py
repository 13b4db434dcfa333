import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lianfang.simulate import bulk


def test_bulk_has_the_asked_rows_length_and_rings(tmp_path):
    table = pq.read_table(bulk.bulk(8_000, tmp_path / "a.parquet", 3))
    ring = pq.read_table(tmp_path / "a.rings.parquet")["ring"].to_numpy()
    assert table.num_rows == len(ring) == 8_000
    assert pc.count_distinct(table["record_id"]).as_py() == 8_000
    assert 105 < pc.mean(pc.utf8_length(table["text"])).as_py() < 135
    assert 0.04 < (ring >= 0).mean() <= 0.05
    alone = table["agent_mobile"].combine_chunks().is_valid().to_numpy(zero_copy_only=False)[ring < 0]
    assert not alone.any()


def test_bulk_is_the_same_for_the_same_seed(tmp_path):
    one, two = (bulk.bulk(3_000, tmp_path / f"{n}.parquet", 3).read_bytes() for n in (1, 2))
    assert one == two
    assert bulk.bulk(3_000, tmp_path / "3.parquet", 4).read_bytes() != one


def test_members_of_a_bulk_ring_share_an_agents_number(tmp_path):
    table = pq.read_table(bulk.bulk(8_000, tmp_path / "a.parquet", 3))
    ring = pq.read_table(tmp_path / "a.rings.parquet")["ring"].to_numpy()
    largest = np.bincount(ring[ring >= 0]).argmax()
    shared = table.filter(pc.equal(pq.read_table(tmp_path / "a.rings.parquet")["ring"], int(largest)))
    assert pc.count_distinct(shared["agent_mobile"]).as_py() <= 2
