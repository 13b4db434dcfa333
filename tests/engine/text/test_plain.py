import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.text import lexicon, plain

AROUND = {
    "debt": ("负债还不上怎么办,", "已经很久了,银行天天来电话"),
    "credit": ("逾期记录消除,", ",黑户也能办"),
    "contact": ("需要办理的咨询,", ",有老师一对一讲解"),
    "insurance": ("保险公司的", "全额拿回本金"),
}
# disguise, the word it hides, the context it is met in (None: any)
DISGUISES = [
    ("婷息挂账", "停息挂账", None), ("亭息挂帐", "停息挂账", None), ("停熄挂账", "停息挂账", None),
    ("蒸信修复", "征信修复", None), ("诚信修复", "征信", "credit"), ("怔信", "征信", "debt"),
    ("网袋", "网贷", "debt"), ("网戴", "网贷", "debt"), ("鱼期", "逾期", "debt"),
    ("余期", "逾期", "debt"), ("玉期", "逾期", "debt"), ("性用卡", "信用卡", "debt"),
    ("催手", "催收", "debt"), ("摧收", "催收", "debt"), ("tx挂账", "停息挂账", None),
    ("TXGZ", "停息挂账", "debt"), ("停xi挂账", "停息挂账", None), ("停息gua账", "停息挂账", None),
    ("zx修复", "征信修复", None), ("zhengxin", "征信", "debt"), ("fcs", "反催收", "debt"),
    ("xyk", "信用卡", "debt"), ("徵信修復", "征信修复", None), ("徵信洗白", "征信洗白", None),
    ("債務優化", "债务优化", None), ("協商還款", "协商还款", None), ("彳正亻言", "征信", None),
    ("亻责务", "债务", None), ("亻言用卡", "信用卡", None), ("氵去务", "法务", None),
    ("辶艮保", "退保", None), ("退💰", "退钱", None), ("💳逾期", "信用卡逾期", None),
    ("🏦协商", "银行协商", None), ("🐟期", "逾期", "debt"), ("🍊信", "征信", "debt"),
    ("停·息·挂·账", "停息挂账", None), ("停|息", "停息", None), ("退_保", "退保", None),
    ("停\u200b息\u200b挂账", "停息挂账", None), ("债努", "债务", "debt"), ("证信", "征信", "debt"),
    ("退侎", "退保", "insurance"), ("①⑧⓪", "180", None), ("一八零", "180", None),
    ("壹捌零", "180", None), ("账挂息停", "停息挂账", None), ("停，息，挂，账", "停息挂账", None),
    ("停+息+挂+账", "停息挂账", None), ("📞❌", "停催", "debt"),
    ("加薇信", "加微信", None), ("威信号", "微信号", None), ("加vx", "加微信", None),
    ("vx号", "微信", None), ("ㄨx", "微信", None), ("加扣扣", "加qq", None), ("加企鹅", "加qq", None),
    ("伽V", "加微信", None), ("夾V", "加微信", None), ("加嘉", "加微信", "contact"),
    ("加徽", "加微信", None), ("加薇", "加微信", None), ("煮頁", "主页", None), ("煮叶", "主页", None),
    ("看主", "主页", "contact"), ("si我", "私我", None), ("絲我", "私我", None),
    ("斯聊", "私聊", None), ("薰的来", "懂的来", None), ("加薇❤️信", "加微信", None),
    ("加 微 信", "加微信", None), ("绿泡泡", "微信", None), ("卫星", "微信", "contact"),
    ("围新", "微信", "contact"), ("V❤", "微信", "contact"), ("薇♥", "微信", "contact"),
    ("➕🌟", "加微信", "contact"), ("🛰️", "微信", "contact"), ("yq", "逾期", None), ("wd", "网贷", None),
]  # fmt: skip
BESIDE = {"yq": "贷款yq三个月", "wd": "wd逾期了"}


@pytest.mark.parametrize(("written", "word", "context"), DISGUISES)
def test_every_disguise_of_the_domain_sheet_is_read(written, word, context):
    before, after = AROUND.get(context, ("", ""))
    raw = BESIDE.get(written, before + written + after)
    made = plain.plain(raw)
    assert word in made.text
    at = made.text.index(word)
    low, high = made.span(at, at + len(word))
    assert raw[low:high] in raw and high > low


@pytest.mark.parametrize(
    "raw",
    [
        "今天去买了一条鱼,老板说期待下次再来",
        "超市的网袋两块钱一个,装橘子正好",
        "卫星发射成功,大家都很高兴",
        "由于期限到了我把手机还给他",
        "我在重新用卡支付,没有问题",
        "他参加嘉年华的时候看主要演员",
        "未信号灯处请减速,注意信息安全",
        "企鹅在南极生活",
        "老师的要求很严格,语气也重",
        "货款已经打到公账,请查收",
        "与其着急,不如休息",
        "加微信是好友才能转账",
        "这件衣服是V领的",
        "访问 www.wx-yq.com 看看",
        "西瓜账单上写着三块五",
    ],
)
def test_ordinary_sentences_keep_their_words(raw):
    assert plain.plain(raw).disguised == ()


def test_numbers_in_words_stay_words():
    assert plain.plain("三万五千一百二十").text == "三万五千一百二十"
    assert plain.plain("电话壹叁捌零零壹叁捌零零零").text == "电话13800138000"


def test_sentences_stay_apart():
    assert "退保" not in plain.plain("我要退。保险公司不理").text


def test_masks_of_other_corpora_survive():
    assert plain.plain("详询 NAME 经理 CELLPHONE").text == "详询name经理cellphone"


def test_a_disguise_points_at_what_was_written():
    raw = "代办 zx修复,加V❤️信"
    made = plain.plain(raw)
    first, *_ = made.disguised
    assert (raw[first.raw_start : first.raw_end], first.word) == ("zx修复", "征信修复")
    low, high = made.span(made.text.index("征信"), made.text.index("征信") + 2)
    assert raw[low:high] == "zx"


known = plain.known()
WRITTEN = sorted({one.form for group in known.heads.values() for one in group})
PIECES = st.one_of(
    st.sampled_from(WRITTEN),
    st.sampled_from(sorted(lexicon.splits())),
    st.sampled_from(sorted(known.stands_for)),
    st.sampled_from(list(" ，。、·*|_+%❤️🍊💳➕🌟1三一零十vwx微薇信\n\u200b\ud800\u3000①ﷺ")),
    st.characters(),
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_every_folded_character_has_its_raw_span(raw):
    made = plain.plain(raw)
    assert len(made.text) == len(made.starts) == len(made.ends)
    assert all(0 <= start < end <= len(raw) for start, end in zip(made.starts, made.ends, strict=True))
    assert list(made.starts) == sorted(made.starts)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_folding_twice_is_folding_once(raw):
    once = plain.fold(raw)
    # a character put together from its parts is shorter, so a stop beside it may go the next time
    if not any(parts[0] in raw for parts in lexicon.splits()):
        assert plain.fold(once) == once


def test_every_glyph_in_the_lexicon_is_a_known_word():
    for word in known.words:
        assert plain.fold(word.text) == word.text
