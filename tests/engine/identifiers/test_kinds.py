import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.identifiers import checks, kinds, mask
from lianfang.engine.terms.codes import IdentifierKind as K

MOBILES = ["+86 138-0013-8000", "0086 13800138000", "86-138 0013 8000", "138 0013 8000",
           "壹叁捌零零壹叁捌零零零", "①③⑧⓪⓪①③⑧⓪⓪⓪", "一三八〇〇一三八〇〇〇", "138oo138ooo", "l38OOl38OOO",
           "013800138000", "1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣", "13800138000.0", "\u200b138\u200b00138000", "(138)0013.8000",
           "𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎", "幺三八零零幺三八零零零", "❶❸❽00138000", "⑴⑶⑻00138000"]  # fmt: skip

READ = [
    (K.LANDLINE, "(021)62345678", "02162345678"),
    (K.LANDLINE, "010-62345678转801", "01062345678-801"),
    (K.LANDLINE, "+86-755-82345678", "075582345678"),
    (K.LANDLINE, "400-800-8888", "4008008888"),
    (K.LANDLINE, "95588", "95588"),
    (K.LANDLINE, "12378", "12378"),
    (K.RESIDENT_ID, "110101000101001", "110101190001010014"),
    (K.RESIDENT_ID, "110101 19000101 0014", "110101190001010014"),
    (K.BANK_CARD, "6222 0212 3456 7890 128", "6222021234567890128"),
    (K.BANK_ACCOUNT, "3100 6600 1234 5678", "3100660012345678"),
    (K.BANK_ACCOUNT, "Pay@Example.com", "pay@example.com"),
    (K.WECHAT_ID, "微信:Abc_123", "abc_123"),
    (K.WECHAT_ID, "138 0013 8000", "13800138000"),
    (K.QQ, "123456@qq.com", "123456"),
    (K.ALIPAY, "2088123412341234", "2088123412341234"),
    (K.DOUYIN, "@Some.Body_1", "some.body_1"),
    (K.EMAIL, " A.B@Example.COM ", "a.b@example.com"),
    (K.URL, "HXXP://Www.Example.com:80/A?b=C#d", "http://www.example.com/A?b=C"),
    (K.URL, "例子.中国/路", "http://xn--fsqu00a.xn--fiqs8s/%E8%B7%AF"),
    (K.DOMAIN, "https://a.b.example.com.cn/x", "example.com.cn"),
    (K.DOMAIN, "foo.github.io", "foo.github.io"),
    (K.IP, "1.2.3.4:80", "1.2.3.4"),
    (K.IP, "[2001:DB8::1]:443", "2001:db8::1"),
    (K.IP, "::ffff:1.2.3.4", "1.2.3.4"),
    (K.DEVICE_ID, "AABBCCDD-0000-1111-2222-333344445555", "aabbccdd-0000-1111-2222-333344445555"),
    (K.DEVICE_ID, "490154203237518", "490154203237518"),
    (K.PLATE, "京a·12345", "京A12345"),
    (K.PLATE, "粤BD12345", "粤BD12345"),
    (K.APP_PACKAGE, "com.example.loan", "com.example.loan"),
    (K.SHA256, "SHA256:" + "AB" * 32, "ab" * 32),
]
UNREAD = [
    (K.MOBILE, "138****8000"), (K.MOBILE, "12800138000"), (K.MOBILE, "1380013800"), (K.MOBILE, "转13800138000"),
    (K.LANDLINE, "62345678"), (K.RESIDENT_ID, "110101190001010015"), (K.RESIDENT_ID, "990101190001010014"),
    (K.RESIDENT_ID, "110101190002300013"), (K.BANK_CARD, "6222021234567890123"), (K.BANK_CARD, "0000000000000000"),
    (K.WECHAT_ID, "unknown"), (K.WECHAT_ID, "ab"), (K.EMAIL, "a@b"), (K.URL, "file:///etc/passwd"),
    (K.URL, "javascript:alert(1)"), (K.DOMAIN, "com.cn"), (K.IP, "256.1.1.1"), (K.IP, "0.0.0.0"),
    (K.DEVICE_ID, "00000000-0000-0000-0000-000000000000"), (K.DEVICE_ID, "9774d56d682e549c"),
    (K.DEVICE_ID, "490154203237519"), (K.PLATE, "京I12345"), (K.SHA256, "ab" * 31), (K.USCC, "913100000000000000"),
]  # fmt: skip


def uscc(first17: str) -> str:
    return next(first17 + one for one in checks.USCC_LETTERS if checks.is_uscc(first17 + one))


@pytest.mark.parametrize("raw", MOBILES)
def test_a_mobile_in_every_costume(raw):
    assert kinds.parse(K.MOBILE, raw) == "13800138000"


@pytest.mark.parametrize(("kind", "raw", "normal"), READ)
def test_read_and_normal_is_its_own_normal(kind, raw, normal):
    assert kinds.parse(kind, raw) == normal == kinds.parse(kind, normal)


@pytest.mark.parametrize(("kind", "raw"), UNREAD)
def test_what_is_no_identifier_is_none(kind, raw):
    assert kinds.parse(kind, raw) is None


def test_credit_code_check_digit():
    code = uscc("91310000000000000")
    assert kinds.parse(K.USCC, code.lower()) == code
    assert kinds.parse(K.USCC, code[:-1] + ("0" if code[-1] != "0" else "1")) is None


def test_private_addresses_are_marked():
    assert (
        kinds.is_private_ip("10.0.0.1")
        and kinds.is_private_ip("100.64.1.1")
        and kinds.is_private_ip("fe80::1")
    )
    assert not kinds.is_private_ip("8.8.8.8")


def normal_values():
    digits = st.text(st.sampled_from("0123456789"), min_size=17, max_size=17)

    def card(first):
        first = "62" + first[2:]
        return next(first + one for one in "0123456789" if checks.is_luhn(first + one))

    days = st.dates(
        min_value=__import__("datetime").date(1900, 1, 1), max_value=__import__("datetime").date(1909, 1, 1)
    )
    ids = st.builds(lambda day, n: f"110101{day:%Y%m%d}{n:03d}", days, st.integers(0, 999))
    word = st.text(st.sampled_from("abcxyz019_"), min_size=5, max_size=15).map("a".__add__)
    return st.one_of(
        st.tuples(
            st.just(K.MOBILE), st.integers(3, 9).flatmap(lambda n: digits.map(lambda d: f"1{n}{d[:9]}"))
        ),
        st.tuples(st.just(K.RESIDENT_ID), ids.map(lambda one: one + checks.id_check_digit(one))),
        st.tuples(st.just(K.BANK_CARD), digits.map(card)),
        st.tuples(st.just(K.WECHAT_ID), word.filter(lambda one: any(c.isdigit() for c in one))),
        st.tuples(st.just(K.QQ), digits.map(lambda d: "1" + d[:8])),
        st.tuples(st.just(K.EMAIL), word.map(lambda one: f"{one}@example.com")),
        st.tuples(st.just(K.IP), st.ip_addresses(v=4).map(str).filter(lambda one: one != "0.0.0.0")),
        st.tuples(st.just(K.SHA256), st.binary(min_size=32, max_size=32).map(bytes.hex)),
    )


@settings(max_examples=60, deadline=None)
@given(normal_values())
def test_normal_forms_parse_to_themselves_and_masks_do_not_parse(pair):
    kind, value = pair
    assert kinds.parse(kind, value) == value
    masked = mask.mask(kind, value)
    assert "*" in masked and value not in masked and kinds.parse(kind, masked) is None


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(list(K)), st.lists(st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from([raw for _, raw, _ in READ] + [raw for _, raw in UNREAD] + MOBILES),
    normal_values().map(lambda pair: pair[1])), max_size=8))  # fmt: skip
def test_a_column_reads_as_its_cells(kind, cells):
    cells = [None if one is None else one.encode("utf-8", "ignore").decode() for one in cells]
    values, bad = kinds.parse_column(kind, pa.array(cells, pa.string()))
    expected = [None if one is None else kinds.parse(kind, one) for one in cells]
    assert values.to_pylist() == expected
    assert bad.to_pylist() == [
        value is None and not kinds.is_empty(one) for one, value in zip(cells, expected, strict=True)
    ]
    sliced, _ = kinds.parse_column(kind, pa.array(["x", *cells], pa.string())[1:])
    assert sliced.to_pylist() == expected


@pytest.mark.parametrize(("kind", "value", "shown"), [
    (K.MOBILE, "13800138000", "138****8000"), (K.EMAIL, "someone@example.com", "s***@example.com"),
    (K.URL, "https://example.com/a/b", "https://example.com/***"), (K.IP, "1.2.3.4", "1.2.*.*"),
    (K.DOMAIN, "example.com", "example.com"), (K.PLATE, "京A12345", "京A***45"),
    (K.RESIDENT_ID, "110101190001010014", "1101**********0014"),
])  # fmt: skip
def test_masks(kind, value, shown):
    assert mask.mask(kind, value) == shown


def test_short_values_show_almost_nothing():
    assert mask.mask_any("abc") == "a***" and mask.mask_any("") == "***"
