"""How identifiers look inside folded text: small letters, plain digits, one character a place.

All of them are linear in practice: every repeat is bounded, and `find` reads a bounded text.
"""

from __future__ import annotations

import re

from lianfang.engine.terms.codes import IdentifierKind as Kind

ADDRESSES, NAMED, CODES, NUMBERS, ACCOUNTS = 1, 2, 4, 8, 16
"""Parts of `find`, as bits: `likely` says which of them may find something."""
ALL = 31

GAP = r"[^0-9a-z*\u3400-\u9fff\n,;:、!?()%¥$#&]{1,3}"
RUN = re.compile(
    rf"[0-9l](?<![0-9*][0-9l])(?<![a-z]l)(?:(?:{GAP})?(?:[0-9]|(?<=[0-9ol])[ol](?![a-km-np-z]))){{6,34}}x?(?!\*)"
)
GROUP = re.compile(r"[0-9olx]+")
UNIT = re.compile(r"\s{0,2}(?:元|块|万|%|年|月|人|次|笔|期)")
LETTERS = str.maketrans("ol", "01")

COLON = r"[\s:::=\-—~*_.,❤️♥➕+❣️💕👉➡>→·|丨/\\'\"“”‘’【】\[\]()<>号码是为]{0,8}"
WECHAT_WORD = (
    r"(?:微\s{0,2}信|薇\s{0,2}信|威信|徽信|溦信|维信|蔚信|卫星|v\s?信|v\s?x|w\s?x|wei\s?xin|we\s?chat|"
    r"薇|溦|徾|嶶|(?<![细略稍轻卑些显])微(?!商|博|粒|众|型|小|笑|妙|软|弱)|➕v|[加+十]\s{0,2}v|(?<![a-z0-9])v(?![a-z0-9]))"
)
WECHAT = re.compile(
    rf"{WECHAT_WORD}(?:同?号码?|id|群主?|客服)?{COLON}([a-z][a-z0-9_-]{{5,19}})(?![a-z0-9_@]|\.[a-z0-9])"
)
QQ = re.compile(
    rf"(?:(?<![a-z])q\s?q|扣\s?扣|企鹅|秋秋|蔻蔻|叩叩|球球|抠抠|丘丘|(?<![a-z])q(?=[::\s]*[1-9])|扣(?=[::]))"
    rf"(?:号码?|群号?|同?号)?{COLON}([1-9](?:[ \-.]?[0-9]){{4,10}})(?![0-9@*])"
)
NAME = re.compile(r"[a-z][a-z0-9_-]{5}")
SITE = re.compile(r"[抖斗快]|红书|小红薯|d\s?y|ks|xhs")
SITE_SIGN = re.compile(r"[抖斗快红]")
CALL = re.compile(r"[q扣鹅秋蔻叩球抠丘]")
LONG = re.compile(r"[0-9a-z-]{14}")
ALIPAY = re.compile(rf"(?:支付宝|alipay|支fu宝|zfb){COLON}(2088\d{{12}})(?!\d)")
SOCIAL = (
    (Kind.DOUYIN, re.compile(rf"(?:抖\s?音号?|抖\s?y号?|(?<![a-z])d\s?y号?|斗音号?)(?:id)?{COLON}([a-z0-9_.-]{{5,24}})")),
    (Kind.KUAISHOU, re.compile(rf"(?:快手(?:号|id)|ks号)(?:id)?{COLON}([a-z0-9_.-]{{5,24}})")),
    (Kind.XIAOHONGSHU, re.compile(rf"(?:小红书(?:号|id)?|小红薯(?:号|id)?|xhs号?|红书号)(?:id)?{COLON}([a-z0-9_.-]{{6,24}})")),
)  # fmt: skip
ACCOUNT = re.compile(
    rf"(?:账\s?[号户]|帐\s?[号户]|户号|卡号|收款账[号户]|银行卡|对公){COLON}((?:[0-9][ \-]?){{8,27}}[0-9])(?![0-9*])"
)

AT = r"(?:@|\s?(?:\[at\]|\(at\)|艾特|圈a|#(?=qq|163|126))\s?)"
DOT = r"(?:\.|\s?(?:点|\[\.\]|\(\.\)|\[点\]|\(点\)|\[dot\]|\(dot\))\s?)"
JOINED = re.compile(
    r"[a-z0-9][.@][a-z0-9]|[a-z0-9]\s?(?:点|艾特|圈a|#)\s?[a-z0-9]|\[\.|\(\.|[\[(](?:点|dot|at)|/\s?/|www\.|\.(?:中国|公司|网|我爱你|在线|商城)"
)
EMAIL = re.compile(
    rf"(?<![a-z0-9._%+-])([a-z0-9_][a-z0-9._%+-]{{0,63}}){AT}((?:[a-z0-9-]{{1,63}}{DOT}){{1,3}}[a-z]{{2,10}})(?![a-z0-9])"
)
URL = re.compile(
    r"(?:h\s?[tx]{2}\s?ps?\s?[::]\s?/\s?/|www\.)[a-z0-9.\-_%\u4e00-\u9fff\[\]]{3,120}(?::\d{2,5})?(?:[/?#][!-~]{0,400})?"
)
TOPS = (
    "com|cn|net|org|cc|top|vip|xyz|club|info|shop|site|online|store|app|ltd|work|fun|live|link|wang|"
    "ink|icu|pro|biz|tv|me|co|io|asia|tech|cloud|space|website|group|love|red|hk|tw|us|in|pw|la|so"
)
DOMAIN = re.compile(
    rf"(?<![a-z0-9@._/-])((?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?{DOT}){{1,4}}(?:{TOPS}))"
    rf"(?![a-z0-9_@-]|\.[a-z])((?:/[!-~]{{0,300}})?)"
)
IDN = re.compile(
    r"(?<![\w.])([\u4e00-\u9fffa-z0-9-]{1,30}\.(?:中国|公司|网络|我爱你|在线|商城|网址))(?![\u4e00-\u9fff])"
)
IDN_TOP = re.compile(r"\.(?:中国|公司|网|我爱你|在线|商城)")
PACKAGE = re.compile(
    r"(?<![a-z0-9@._/-])((?:com|cn|net|org|io|me|top|app)(?:\.[a-z][a-z0-9_]*){2,6})(?![a-z0-9_.-]*/)"
)
IPV4 = re.compile(r"(?<![0-9.])((?:\d{1,3}\.){3}\d{1,3})(?![0-9]|\.\d)")
IPV6 = re.compile(
    r"(?<![0-9a-z:.])((?:[0-9a-f]{1,4}:){2,7}[0-9a-f]{0,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6})(?![0-9a-z:])"
)
UUID = re.compile(r"(?<![0-9a-z])([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9a-z])")
SHA256 = re.compile(r"(?<![0-9a-z])([0-9a-f]{64})(?![0-9a-z])")
DEVICE = re.compile(
    rf"(?:imei|meid|设备(?:号|id|编号|码|标识)|oaid|idfa|序列号){COLON}([0-9a-z-]{{14,64}})(?![0-9a-z])"
)
USCC = re.compile(r"(?<![0-9a-z])([0-9any][0-9a-hj-npqrtuwxy][0-9]{6}[0-9a-hj-npqrtuwxy]{10})(?![0-9a-z])")
PLATE = re.compile(
    r"([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][a-z][\s·.•-]?[a-hj-np-z0-9]{5,6})(?![a-z0-9])"
)
CODE_SHAPES = ((SHA256, Kind.SHA256), (UUID, Kind.DEVICE_ID), (DEVICE, Kind.DEVICE_ID),
               (USCC, Kind.USCC), (PLATE, Kind.PLATE))  # fmt: skip
VERSION = re.compile(r"(?:版本|version|ver|v)[\s号::.]{0,3}$")
