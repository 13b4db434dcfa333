"""One text is answered by a process that loads nothing made for columns."""

import subprocess
import sys

HEAVY = ("numpy", "numba", "pyarrow", "duckdb", "pandas", "tldextract", "requests")


def loaded(code: str, cache: str) -> list[str]:
    ask = (
        f"{code}\nimport sys\nprint('loaded', *(name for name in {(*HEAVY, 'yaml')} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask],
        capture_output=True, text=True, check=True, env={"LIANFANG_CACHE": cache, "PYTHONUTF8": "1"},
    )  # fmt: skip
    return done.stdout.splitlines()[-1].split()[1:]


def test_finding_in_one_text_loads_no_room_of_columns(tmp_path):
    code = "from lianfang.engine.identifiers import find\nfind.find('打13800138000,微信号:abc_123,卡号6222021234567890128')"
    assert loaded(code, str(tmp_path)) == []


def test_checking_one_text_loads_no_room_of_columns_and_reads_no_yaml(tmp_path):
    code = (
        "from lianfang.cli import check\ncheck.check('请加微信 wx_abc123 办理退息 13800138000,停.息/挂.账')"
    )
    assert not set(loaded(code, str(tmp_path))) & set(HEAVY)
    assert loaded(code, str(tmp_path)) == []
