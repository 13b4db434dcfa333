"""What the demo's people wrote in its cases: one story that fits the ring, the self-check and the decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lianfang.engine.terms.errors import NotFound
from lianfang.web.identify import access as identify

COMPLAINTS = ("complaint", "objection")
GROUNDS = "团伙没有命中特征指南;回访本人得知有人收费代办投诉,由分析员认定"
ANSWERS = {
    "S1": (True, "核对录音和短信记录:一次催收短信在约定时段之外发出,属实"),
    "S2": (False, "核对合同、费用明细和告知短信,利率和费用均按约定披露"),
    "S3": (False, "投诉所称的多收利息逐笔核对账单,没有;催收时段一事见第一问"),
    "S4": (False, "受理和答复时间逐件核对,都在期限之内,没有漏办"),
    "S5": (False, "只要过身份核验和授权委托书,没有要法律之外的材料"),
    "S6": (True, "按预留电话逐一联系本人,接通六成,回访记录已入库"),
}
REMEDY = "已向收到该短信的客户致歉,停用该时段的批量短信,并培训承办人员"
GUARDS = {
    "G1": (False, "回访中没有人称还款困难;日后提出的,另行受理"),
    "G2": (False, "要求退还的利息和费用逐笔核对,合同有约定,请求不成立"),
    "G3": (True, "自查查实一次超时段短信;相应标准不计,投诉中涉及此事的照常办理"),
    "G4": (False, "投诉时填写的代理关系都不是亲属,也没有提交亲属证明"),
    "G5": (False, "代理人没有出示律师执业证,也没有律所函"),
    "G6": (False, "同一事实此前已受理并答复,不是首次多渠道投诉"),
    "G7": (False, "没有向媒体反映的情形"),
    "G8": (False, "与公开的自助模板比对过,文字不是照抄"),
}
PAID = "三名接通的客户称代办方按退款额三成收费,并嘱咐不要告诉机构"
CALLS = ("本人回访记录", "客户,接通,本人怎么说\n甲,是,代办方写的投诉;按退款额三成收费\n乙,是,同上\n丙,是,同上\n丁,否,\n戊,否,\n")
HANDLING = "按同一口径答复:本人诉求照常受理并按期答复,不与代理人谈判费用"
DISPUTED = "当事人称其中一名客户由子女代为投诉,没有收费代理,请求重新核对"
CORRECTION = "由子女代为投诉的一件不再列入本认定,其余各件维持原决定"
REASONS = {
    "abnormal": "共用标识与本人回访相互印证:客户互不相识,代办方按结果收费并隐瞒;超时段短信一次已另行处理,不影响认定",
    "not_abnormal": "接通的客户只占六成,其余的人是否经同一代办方没有直接证据,不宜一并认定",
    "insufficient": "未接通的客户占四成,回访应当补齐之后再表决",
    "upheld": "子女代办一说没有提交材料,原决定依据的证据没有变化",
    "corrected": "核对当事人补交的户口簿,一名客户确由子女代为投诉,没有收费;其余各件证据没有变化",
    "removed": "补交材料显示代办方没有收费,原决定所依据的标准不再成立",
}


def matters(rings: Sequence[Any]) -> list[tuple[Any, str]]:
    """Give what applications are made about: rings with complaints first, each with an activity, twice where none shows."""
    about = [ring for ring in rings if any(one["kind"] in COMPLAINTS for one in _members(ring))]
    rest = [ring for ring in rings if ring not in about]
    first = [(ring, (ring.activity_codes or ["BG01"])[0]) for ring in about]
    again = [(ring, "BG04") for ring in about if not ring.activity_codes]
    return first + again + [(ring, (ring.activity_codes or ["BG01"])[0]) for ring in rest]


def complaint_of(ring: Any) -> str:
    """Give the code of a complaint of the ring, or of its first record where nobody complained."""
    members = _members(ring)
    found = next((one["record_id"] for one in members if one["kind"] in COMPLAINTS), "")
    return found or next((one["record_id"] for one in members), ring.ring_id)


def facts(ring: Any) -> str:
    """Tell the facts as the ring has them, and what the people called said."""
    return f"团伙 {ring.ring_id}:{ring.n_people} 人、{ring.n_records} 条记录。{ring.why_zh}回访本人,三人称投诉由收费代办方代写。"


def shared_marks(ring: Any) -> tuple[str, str]:
    """Make the exhibit that lists what the ring's people share, masked as everywhere."""
    try:
        reasons = identify.picture(ring)["reasons"]
    except NotFound:
        reasons = []
    rows = [f"{one['zh']},{one['n_people']}" for one in reasons[:20]] or [f"{ring.why_zh},{ring.n_people}"]
    return "共用标识对照表", "\n".join(["共用什么,人数", *rows]) + "\n"


def _members(ring: Any) -> list[dict[str, Any]]:
    try:
        members: list[dict[str, Any]] = identify.picture(ring)["members"]
    except NotFound:
        members = []
    return members
