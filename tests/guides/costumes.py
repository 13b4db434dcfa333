"""Disguises an advert may wear, authored by hand after the domain sheet; each is one function."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

SOUNDS = {
    "征信": "蒸信", "逾期": "鱼期", "网贷": "网袋", "贷款": "袋款", "信用卡": "性用卡", "催收": "摧收", "退保": "腿保",
    "微信": "威信", "停息挂账": "婷熄挂帐", "债务": "责务", "协商": "斜商", "投诉": "头诉", "退费": "退废", "私信": "丝信",
}  # fmt: skip
PINYIN = {
    "征信": "zheng信", "逾期": "yu期", "网贷": "网dai", "贷款": "dai款", "信用卡": "xin用卡", "催收": "cui收", "退保": "tui保",
    "停息挂账": "停xi挂账", "债务": "zhai务", "协商": "xie商", "微信": "wei信", "投诉": "tou诉", "维权": "wei权",
}  # fmt: skip
INITIALS = {
    "征信修复": "zxxf", "停息挂账": "txgz", "反催收": "fcs", "逾期": "yq", "网贷": "wd", "信用卡": "xyk", "退保": "tb",
    "微信": "vx", "贷款": "dk", "代理维权": "dlwq", "债务": "zw",
}  # fmt: skip
SPLITS = {"征": "彳正", "债": "亻责", "信": "亻言", "贷": "亻弋贝", "停": "亻亭", "保": "亻呆", "法": "氵去", "代": "亻弋", "洗": "氵先"}
EMOJI = {"信用卡": "💳", "银行": "🏦", "钱": "💰", "电话": "📞", "加微信": "➕微信", "房": "🏠", "车": "🚗", "免费": "🆓"}
SHAPES = {"挂账": "挂帐", "债": "责", "征信": "证信", "退保": "退堡", "催": "摧", "贷": "货", "卡": "咔"}
TRADITIONAL = str.maketrans(
    "征信务贷款债协商维权银账户额钱还会这们开发报证办单转联网络号码专业团队优务导师验证员区审费缴纳无须电话购订车险点击链请",
    "徵信務貸款債協商維權銀賬戶額錢還會這們開發報證辦單轉聯網絡號碼專業團隊優務導師驗證員區審費繳納無須電話購訂車險點擊鏈請",
)
DIGITS = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
NUMERALS = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
KEYS = (
    "停息挂账 征信修复 全额退保 代理退保 代理维权 债务优化 债务重组 反催收 停催停诉 信用卡 征信 逾期 洗白 贷款 网贷 退保 退费 退息 "
    "协商 催收 债务 背债 白户 投诉 撤诉 曝光 无抵押 放款 提现 垫还 套现 加微信 微信 私信 保证金 解冻 验证码 转账 客服 公安 涉嫌 洗钱 "
    "密码器 积分 航班 抽选 荐股 四件套 保险 保单 收费 垫付 屏幕共享 额度 账户 班主任 孙子"
).split()
_ANY_KEY = re.compile("|".join(sorted(KEYS, key=len, reverse=True)))
_WAYS = re.compile(r"https?://\S+|[A-Za-z]*\d{5,}")  # addresses and numbers stay as they are


def swapped(text: str, words: Mapping[str, str]) -> str:
    """Put other spellings in place of words, longest first."""
    found = re.compile("|".join(sorted(words, key=len, reverse=True)))
    return found.sub(lambda one: words[one[0]], text)


def between(text: str, mark: str) -> str:
    """Put a mark between the characters of every key word."""
    return _ANY_KEY.sub(lambda one: mark.join(one[0]), text)


def spaced(text: str) -> str:
    """Put a space between all Chinese characters."""
    return re.sub(r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])", " ", text)


def backwards(text: str) -> str:
    """Write key words of four or more characters backwards."""
    return _ANY_KEY.sub(lambda one: one[0][::-1] if len(one[0]) >= 4 else one[0], text)


def wide(text: str) -> str:
    """Write letters and digits full-width, addresses excepted."""
    return "".join(part if _WAYS.fullmatch(part) and "http" in part else part.translate(WIDE) for part in re.split(f"({_WAYS.pattern})", text))


def mixed(text: str) -> str:
    """Wear three at once: a sound, a zero-width joiner, full width."""
    return wide(between(swapped(text, {"逾期": "鱼期", "网贷": "网袋", "微信": "威信", "催收": "摧收"}), "\u200b"))


COSTUMES: Mapping[str, Callable[[str], str]] = {
    "sound": lambda text: swapped(text, SOUNDS),
    "pinyin": lambda text: swapped(text, PINYIN),
    "initials": lambda text: swapped(text, INITIALS),
    "split": lambda text: swapped(text, SPLITS),
    "emoji": lambda text: swapped(text, EMOJI),
    "shape": lambda text: swapped(text, SHAPES),
    "traditional": lambda text: text.translate(TRADITIONAL),
    "dots": lambda text: between(text, "·"),
    "bars": lambda text: between(text, "|"),
    "underscores": lambda text: between(text, "_"),
    "zero width": lambda text: between(text, "\u200b"),
    "spaces": spaced,
    "circled digits": lambda text: text.translate(DIGITS),
    "capital numerals": lambda text: text.translate(NUMERALS),
    "full width": wide,
    "backwards": backwards,
    "mixed": mixed,
}
