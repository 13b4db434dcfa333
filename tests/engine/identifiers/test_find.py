import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.identifiers import find, kinds, likely
from lianfang.engine.terms.codes import IdentifierKind as K

HIDDEN = [
    ("联系我1③8-零零一三 八零零零 谢谢", K.MOBILE, "13800138000"),
    ("一三八零零一三八零零零", K.MOBILE, "13800138000"),
    ("138O0138OOO", K.MOBILE, "13800138000"),
    ("1.3.8.0.0.1.3.8.0.0.0", K.MOBILE, "13800138000"),
    ("1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣", K.MOBILE, "13800138000"),
    ("幺三八➖零零幺三➖八零零零", K.MOBILE, "13800138000"),
    ("1\u200b3\u200b800138000", K.MOBILE, "13800138000"),
    ("vx:abc_123", K.WECHAT_ID, "abc_123"),
    ("薇❤️:abc_123", K.WECHAT_ID, "abc_123"),
    ("加V abc123", K.WECHAT_ID, "abc123"),
    ("加微abc123456", K.WECHAT_ID, "abc123456"),
    ("扣扣 123456789", K.QQ, "123456789"),
    ("企鹅号:一二三四五六七八", K.QQ, "12345678"),
    ("看abc点com", K.DOMAIN, "abc.com"),
    ("看abc[.]top/", K.DOMAIN, "abc.top"),
    ("abc。com", K.DOMAIN, "abc.com"),
    ("hxxp://evil-site.top/a", K.URL, "http://evil-site.top/a"),
    ("邮箱abc艾特qq点com", K.EMAIL, "abc@qq.com"),
]
PLAIN = [
    ("电话13800138000。", K.MOBILE, "13800138000"),
    ("打138-0013-8000", K.MOBILE, "13800138000"),
    ("微信号:abc_123", K.WECHAT_ID, "abc_123"),
    ("qq:123456", K.QQ, "123456"),
    ("身份证110101190001010014", K.RESIDENT_ID, "110101190001010014"),
    ("卡号6222 0212 3456 7890 128", K.BANK_CARD, "6222021234567890128"),
    ("电话021-62345678", K.LANDLINE, "02162345678"),
    ("访问www.example.com.cn。", K.DOMAIN, "example.com.cn"),
    ("见https://Example.com/AbC", K.URL, "https://example.com/AbC"),
    ("短链t.cn/AbCd", K.URL, "http://t.cn/AbCd"),
    ("装com.fake.loan.app", K.APP_PACKAGE, "com.fake.loan.app"),
    ("IP 11.22.33.44", K.IP, "11.22.33.44"),
    ("车京A·12345", K.PLATE, "京A12345"),
    ("账号:123456789012", K.BANK_ACCOUNT, "123456789012"),
    ("支付宝2088123412341234", K.ALIPAY, "2088123412341234"),
    ("抖音号:dy88abc", K.DOUYIN, "dy88abc"),
    ("小红书号: 12345678", K.XIAOHONGSHU, "12345678"),
    ("快手号:ks_88abc", K.KUAISHOU, "ks_88abc"),
    ("imei:490154203237518", K.DEVICE_ID, "490154203237518"),
    ("我 2001:db8::1 上网", K.IP, "2001:db8::1"),
    ("摘要" + "ab" * 32, K.SHA256, "ab" * 32),
]
NOTHING = [
    "138****0000", "138xxxx0000", "2024-01-15 14:30 订单15800元", "欠款13800138000元", "我打了12378和10086",
    "编号20240115001234567890123", "v1.2.3.4版本", "CELLPHONE 加 WECHAT", "我的微信好友很多", "一二三四五六七",
    "本金一万二千三百元,利息3%", "报告.docx 和 a.py", "扣款50000元", "QQ音乐会员", "",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "value"), HIDDEN)
def test_hidden_ones_are_found_and_said_to_be_hidden(text, kind, value):
    found = [one for one in find.find(text) if one.kind is kind]
    assert [(one.value, one.hidden) for one in found] == [(value, True)]


@pytest.mark.parametrize(("text", "kind", "value"), PLAIN)
def test_plain_ones_are_found(text, kind, value):
    found = [one for one in find.find(text) if one.kind is kind]
    assert [(one.value, one.hidden) for one in found] == [(value, False)]


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_is_found_where_nothing_is(text):
    assert find.find(text) == ()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(
    st.sampled_from([text for text, *_ in HIDDEN + PLAIN] + NOTHING), st.text(max_size=6),
    st.text(st.sampled_from("0123456789一二三点.com@vxq扣 -*:/"), max_size=14)), max_size=5).map("".join))  # fmt: skip
def test_the_kernel_never_hides_a_row_and_spans_are_raw(text):
    text = text.encode("utf-8", "ignore").decode()
    found = find.find(text)
    if found:
        assert likely.rows(pa.array([None, text, "好"])).tolist() == [1]
    for one in found:
        assert 0 <= one.start < one.end <= len(text) and kinds.parse(one.kind, one.value) == one.value


def test_a_table_of_texts_gives_rows_in_order():
    texts = pa.chunked_array([["无", "打13800138000", None], [], ["vx:abc_123 访问a.example.com"]])
    table = find.find_table(texts)
    assert table.select(["row", "kind", "value"]).to_pylist() == [
        {"row": 1, "kind": "mobile", "value": "13800138000"},
        {"row": 3, "kind": "wechat_id", "value": "abc_123"},
        {"row": 3, "kind": "domain", "value": "example.com"},
    ]


def test_a_megabyte_of_one_character_is_read_in_time():
    import time

    for one in ("1 ", "a.", "薇", "abc@"):
        start = time.process_time()
        find.find(one * (1_000_000 // len(one)))
        assert time.process_time() - start < 10, one
