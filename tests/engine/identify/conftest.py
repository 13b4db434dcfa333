"""A small book of guides for the tests of this room, written to a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lianfang.engine.identify.guides import guide

SETS = """
source: "written for the tests"
sets:
  product: {name: {zh: 贷款产品, en: loan product}, words: [贷款, 信用贷, 备用金]}
  ease: {name: {zh: 门槛低, en: no hurdles}, words: [无抵押, 秒批, 黑户可做, 当天放款]}
  call: {name: {zh: 招揽, en: call to act}, words: [加微信, 联系我, 私信]}
  halt: {name: {zh: 停催, en: stop collection}, words: [停息挂账, 停息, 挂账, 停催]}
  own: {name: {zh: 自己欠款, en: own debt}, words: [我欠, 我的贷款, 本人逾期]}
  deny: {name: {zh: 代办, en: for others}, words: [代办, 可代做]}
  deposit: {name: {zh: 保证金, en: deposit}, words: [保证金, 解冻费]}
"""
GUARDS = """
source: "written for the tests"
guards:
  - id: own_debt
    name: {zh: 说自己的债, en: own debt}
    why: {zh: 在说自己的债务, en: talks about his own debt}
    activities: [all]
    clauses:
      - {id: own, name: {zh: 自己欠款, en: own debt}, strength: strong, any: [own]}
      - {id: deny, name: {zh: 代办, en: for others}, strength: strong, any: [deny]}
    when: "own"
    unless: "deny"
    lowers_to: none
    samples: {hit: ["我欠银行钱"], miss: ["专业代办"]}
"""
BROKER = """
id: LF-G-0801
version: 1.0.0
activity: BG08
title: {zh: 贷款中介广告, en: Loan broker advert}
definition: {zh: 招揽贷款, en: solicits loans}
not: [{zh: 银行自己的广告, en: a lender's own advert}]
kinds: [post, tip, complaint]
clauses:
  - {id: offer, name: {zh: 贷款加门槛低, en: loan without hurdles}, strength: strong, near: {sets: [product, ease], within: 12}}
  - {id: talk, name: {zh: 招揽, en: call to act}, strength: medium, any: [call, "=滴滴我"]}
  - {id: many, name: {zh: 多种产品, en: many products}, strength: weak, any: [product, ease], at_least: 3}
  - {id: freeze, name: {zh: 解冻, en: unfreeze}, strength: medium, pattern: '保证金.{0,6}解冻', needs: [deposit]}
  - {id: way, name: {zh: 联系方式, en: way to reach}, strength: medium, identifier: {kinds: [mobile, wechat_id, url], at_least: 1, masked: true}}
  - {id: long, name: {zh: 够长, en: long enough}, strength: weak, length: {at_least: 30}}
gates:
  look: "1 of strong or 2 of medium or 2 of weak"
  review: "1 of strong and 1 of medium"
evidence: [{zh: 截图, en: a screenshot}]
response: {lender: {zh: 核实, en: check}, association: {zh: 提示, en: warn}, regulator: {zh: 转办, en: refer}}
advice: {zh: 不要给人手续费, en: pay no fee}
legal: [{instrument: 广告法, clause: null, verified: false, note: ""}]
source: "written for the tests"
samples:
  hit: [{text: "无抵押贷款秒批加微信", level: review}, "信用贷当天放款", "备用金无抵押秒批"]
  miss: ["今天天气不错", "我想问贷款利率", "贷款合同在哪里看"]
  guarded: [{text: "我欠了网贷,有人说无抵押贷款秒批", guard: own_debt, level: none}]
"""
HALT = """
id: LF-G-0201
version: 1.0.0
activity: BG02
title: {zh: 停息挂账, en: Stop interest}
definition: {zh: 招揽停催, en: sells a stop to collection}
not: [{zh: 自己问, en: a debtor asking}]
kinds: [post, complaint]
clauses:
  - {id: words, name: {zh: 停催词, en: stop words}, strength: medium, any: [halt], at_least: 2}
  - {id: word, name: {zh: 停催词, en: stop word}, strength: weak, any: [halt]}
  - {id: much, name: {zh: 索要多, en: asks much}, strength: strong, expr: "demanded_fen > 5 * disputed_fen and disputed_fen > 0"}
  - {id: agents, name: {zh: 同一代理, en: one agent}, strength: strong, count: {distinct: person, by: agent_mobile, days: 90, at_least: 3}}
  - {id: same, name: {zh: 同一模板, en: one template}, strength: medium, similar: {size: 3, institutions: 2}}
  - {id: storm, name: {zh: 多渠道, en: many channels}, strength: weak, sequence: {same: facts, distinct: channel, at_least: 3, hours: 48}}
gates:
  look: "words or much or (agents and not same) or (same and storm)"
  review: "1 of strong and (1 of medium or word)"
guards: [own_debt]
evidence: [{zh: 截图, en: a screenshot}]
response: {lender: {zh: 核实, en: check}, association: {zh: 提示, en: warn}, regulator: {zh: 转办, en: refer}}
advice: {zh: 直接找银行协商, en: talk to your bank}
legal: [{instrument: 刑法, clause: null, verified: false, note: ""}]
source: "written for the tests"
samples:
  hit: [{text: "停息又停催,挂账也行"}, {record: {text: "要求停催", demanded_fen: 600, disputed_fen: 100}, kind: complaint, level: review}]
  miss: ["今天天气不错", "停下来看看"]
  guarded: [{text: "本人逾期,想停息,也想停催", guard: own_debt, level: none}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, words in {"sets": SETS, "guards": GUARDS, "broker": BROKER, "halt": HALT}.items():
        (tmp_path / f"{name}.yaml").write_text(words, encoding="utf-8")
    return tmp_path


@pytest.fixture
def book(folder: Path) -> guide.GuideBook:
    return guide.load(folder, shipped=False)


@pytest.fixture
def faults_of(folder: Path) -> Callable[[str], list[str]]:
    """Write one more file and give the faults found in it as `line code`."""

    def faults(words: str) -> list[str]:
        from lianfang.engine.identify.guides import lint

        (folder / "tried.yaml").write_text(words, encoding="utf-8")
        found = lint.lint(folder, shipped=False)
        return [f"{each.where.rpartition(':')[2]} {each.code}" for each in found if "tried" in each.where]

    return faults
