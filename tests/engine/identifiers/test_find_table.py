"""The table path gives what `find` gives, and `find` gives what it always gave."""

import hashlib
import random

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.identifiers import costume, find, likely

PIECES = (
    "我在网点办的信用卡", "多扣了12,345.67元", "涉及8275元。", "2026-01-02 14:30:05", "2026年1月2日", "2026/01/02 - 2026/03/04",
    "年化23.95%", "分48期", "工单编号20240115001234567890123", "订单号202401150012345678", "等了7周,跑了3趟。", "一万二千三百元", "下午3点APP闪退",
    "版本v1.2.3.4", "扣款50000元", "账户余额123456元", "信用卡尾号1234", "录音2024.01.02", "短信CELLPHONE", "微信转账5000", "卡号后四位1234",
    "138****0000", "6222 0212 3456 **** 128", "公司", "。公司,", "我爱你", "QQ音乐会员", "抖音12秒", "快手直播", "合同书12345", "京东白条A款",
    "银监会12378", "95588", "10:20-11:30", "1:2:3:4:5:6", "ETC办卡", "a.py", "e.g. this", "No.1", "3.5G", "第1.2.3条", "(1)(2)(3)",
    "13800138000", "138-0013-8000", "一三八零零一三八零零零", "l38 0013 8000", "138ｏ0138ｏｏｏ", "🯱🯳🯸00138000", "1③8-零零一三 八零零零",
    "+86 13800138000", "017951 13800138000", "1\u200b3800138000", "13800138000oab", "13800138000ol", "010234567899*", "021-62345678",
    "400-800-1234", "110101190001010014", "11010119000101001X", "440524188001010014", "6222021234567890128", "6222 0212 3456 7890 128",
    "账号:123456789012", "账 号 1 2 3 4 5 6 7 8 9", "银行卡 6222 0000 111", "对公:110 0000 222", "支付宝2088123412341234", "zfb:2088123412341235",
    "微信号:abc_123", "微 信 id abc123", "vx:abc_123", "vabc1234", "加V abc123", "薇❤️:abc_123", "wei xin:hello_88", "wechat-id9988", "卫星号:qwe789",
    "qq:123456", "扣扣 123456789", "扣:1234567", "企鹅号:一二三四五六七八", "q 7654321", "球球群号 1-2-3-4-5", "抖音号:dy88abc", "抖音号:88abc12",
    "d y:991122", "ks号 ks_88abc", "小红书 12345678", "xhs:88.99-a", "看abc点com", "看abc点 com", "abc[.]top/", "abc(点)vip", "abc。com",
    "hxxp://evil-site.top/a?b=1", "http://1.2.3.4/x", "www.example.com.cn", "例子.中国", "https://Example.com/AbC", "t.cn/AbCd", "com.fake.loan.app",
    "abc@qq.com", "邮箱abc艾特qq点com", "abc#163.com", "IP 11.22.33.44", "2001:db8::1", "1:2:3:4:5:6:7:8", "fe80:0:0:0:1:2:3:4",
    "京A·12345", "沪AD12345", "粤B1234学", "粤 B12345", "imei:490154203237518", "设备标识 ab12cd34ef56ab78", "序列号:C02XK0AAJGH5zz1",
    "550e8400-e29b-41d4-a716-446655440000", "91350100M000100Y43", "ab" * 32, "০১২৩", "ＱＱ：１２３４５６", "ａｂｃ．ｃｏｍ", "𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎", "𠮷",
)  # fmt: skip
JOINTS = ("", "", ",", "。", " ", "\n", ":", "*", "-", "元", "x", "点", "a", "7", "/", "👉")


def made(n: int, seed: int) -> list[str]:
    dice = random.Random(seed)
    texts = []
    for _ in range(n):
        parts = []
        for _ in range(dice.randrange(1, 6)):
            parts += [PIECES[dice.randrange(len(PIECES))], JOINTS[dice.randrange(len(JOINTS))]]
        texts.append("".join(parts))
    return [*PIECES, *texts]


def drawn(table: pa.Table) -> list[tuple]:
    return [tuple(row.values()) for row in table.to_pylist()]


def one_by_one(texts: list[str]) -> list[tuple]:
    return [
        (row, one.kind.value, one.value, one.start, one.end, one.hidden)
        for row, text in enumerate(texts)
        for one in find.find(text)
    ]


ORDINARY = (
    "涉及8275元。要求:退还12,345.67元;多扣3.50元,年化23.95%。", "2026-01-02 14:30:05打来,2026年1月2日、2026/01/02 - 2026/03/04又打",
    "工单编号20240115001234567890123,订单号202401150012345678", "一万二千三百四十五元六角,等了7周,跑了3趟,分48期", "下午3点APP闪退,5点VIP通道排队",
    "信用卡尾号1234,扣款50000元,账户余额123456元,卡号后四位1234", "138****0000和6222 0212 3456 **** 128", "QQ音乐会员,抖音12秒,快手直播,合同书12345",
    "我打了12378、95588和10086。公司不理我。网络不好,我爱你中国", "工号1435,10:20-11:30来电,版本2.0,第1.2.3条,(1)(2)(3)",
)  # fmt: skip


def test_amounts_dates_and_hours_make_no_text_worth_a_read():
    assert likely.parts(pa.array(ORDINARY)).tolist() == [0] * len(ORDINARY)


def test_find_gives_what_it_always_gave():
    found = one_by_one(made(4_000, 11))
    assert hashlib.sha256(repr(found).encode()).hexdigest()[:16] == "5e57cbd0cb79f7ad"


def test_the_table_path_finds_the_same():
    texts = made(4_000, 12)
    assert drawn(find.find_table(pa.array(texts))) == one_by_one(texts)


SOUPS = (
    "0123456789olxOLI*- .,a", "0123456789一二三〇零①③𝟎 -.*lo➖", "abcvxwq扣微信薇号id:-_ 0123456789是为+加", "qQ扣鹅企球群号:- .0123456789一二*@",
    "抖音快手小红书薯xhsdy号id:.-_0123456789", "账帐户卡号银行对公:- 0123456789三四*", "abc点com.cn[](){}/:@#艾特1qtopw中国公司网络。",
    "京沪粤云A·B. -0123456789oi学", "0123456789abcdef:.-", "支付宝zfb2088alipay:0", "设备号imei序列:-0123456789abcdef", "ht/p: w.例子a1",
)  # fmt: skip
WRITTEN = st.lists(
    st.one_of(
        st.sampled_from(PIECES), st.sampled_from(JOINTS), st.sampled_from(ORDINARY), st.text(max_size=5),
        st.sampled_from(SOUPS).flatmap(lambda soup: st.text(st.sampled_from(soup), max_size=24)),
    ),
    max_size=5,
).map(lambda parts: "".join(parts).encode("utf-8", "ignore").decode())  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(WRITTEN, max_size=6))
def test_no_row_and_no_part_is_hidden_from_find(texts):
    assert drawn(find.find_table(pa.array(texts, pa.string()))) == one_by_one(texts)


def test_every_digit_of_every_script_reads_in_a_column_as_alone():
    odd = [
        one for one in map(chr, (*range(0x80, 0xD800), *range(0xE000, 0x20000))) if not "㐀" <= one <= "龿"
    ]
    odd += map(chr, costume.SPOKEN)
    folded = [(one, costume.fold(one)) for one in odd]
    digits = [one for one, plain in folded if plain.digits.isdecimal()]
    letters = [one for one, plain in folded if "a" <= plain.text <= "z"]
    gaps = odd[::97]
    texts = [f"1380013800{one}" for one in digits] + [f"vx:{one}bc_123" for one in letters]
    texts += [f"138{one}00138000" for one in gaps]
    assert drawn(find.find_table(pa.array(texts))) == one_by_one(texts)


def test_parts_of_a_column_read_as_the_whole():
    texts = pa.array(["无", None, "打13800138000", "vx:abc_123"])
    assert find.find_table(texts.slice(2))["row"].to_pylist() == [0, 1]
    assert find.find_table(texts.cast(pa.large_string()))["row"].to_pylist() == [2, 3]
    assert find.find_table(pa.array([], pa.string())).num_rows == 0
