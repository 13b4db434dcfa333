"""Packs are whole, dated, sourced; a policy may only be stricter; every fault is named with its line."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from lianfang.engine.conduct import audit, contact, gate, listing, load, samples, standing
from lianfang.engine.conduct.history import History
from lianfang.engine.conduct.rules import Effect, JudgedIn
from lianfang.engine.conduct.verdict import State
from lianfang.engine.conduct.words import words
from lianfang.engine.tables.duck import DuckTables
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import DefinitionError

ALL = load.rules(load.ALL)
ROWS = {
    *(f"T{n}" for n in (1, 2, 3)), *(f"F{n}" for n in range(1, 6)), *(f"P{n}" for n in range(1, 10)), "D1", "D2", "D3", "C1", "C2", "C3",
    "R1", "R2", "R3", "V1", "V2", "V3", "V4", *(f"X{n}" for n in range(1, 9)), *(f"A{n}" for n in range(1, 10)), *(f"S{n}" for n in range(1, 6)),
    "I1", "I2", "I3", "M1", "H1", "H2", *(f"US{n}" for n in range(1, 12)), *(f"UK{n}" for n in range(1, 7)), "AU1",
}


def intent(**changed):
    return contact.read(samples.raw_of(words().sample, changed))


def test_every_row_of_the_sheet_is_a_rule():
    assert not ROWS - {rule.source.row for rule in ALL.all}


@pytest.mark.parametrize("each", samples.outcomes(ALL), ids=lambda each: f"{each.rule.id}@{each.sample.where.rsplit(':', 1)[1]}")
def test_sample(each):
    assert each.right


def test_the_audit_answers_the_samples_as_the_gate_does():
    tables, rows, wanted, spans = DuckTables(threads=2), [], {}, []
    for rule in ALL.contact:
        for number, sample in enumerate(rule.samples):
            base, lender = samples.base_of(rule), f"{rule.id}#{number}"
            own = [samples.raw_of(base, each) for each in (*sample.before, sample.give)]
            for raw in own:  # each sample is a lender of its own, so none counts another's contacts
                raw["creditor"] = lender if raw.get("creditor") else None
                raw["institution"] = lender if raw.get("institution") else None
                raw["agency"] = raw["agency"] and f"{lender}/{raw['agency']}"
                raw["collector_id"] = f"{lender}/{raw['collector_id']}"
            if any(standing.SUBJECT[span["fact"]] == "line_number" for span in sample.spans) or "line_registered" in rule.needs:
                continue  # a register of lines stands for the whole log
            if rule.needs:
                continue
            spans += [{**span, "creditor": lender} for span in sample.spans]
            rows += own
            rows[-1] = {name: value for name, value in rows[-1].items() if name not in sample.without}
            wanted[len(rows) - 1] = (rule.id, sample.finding, sample.unclear or not sample.finding or bool(sample.without))
    names = sorted({name for raw in rows for name in raw})
    table = pa.Table.from_pylist([{"record_no": no, **{name: raw.get(name) for name in names}} for no, raw in enumerate(rows)])
    made = audit.audit([table], tables, ALL, standing.Standing(standing.read(spans)))
    found = {(row["record_no"], row["rule"]): row["unclear"] for row in made.findings.select(["record_no", "rule", "unclear"]).to_pylist()}
    assert [no for no, (rule, finding, _) in wanted.items() if ((no, rule) in found) != finding] == []
    assert [no for no, (rule, _, unclear) in wanted.items() if not unclear and found[no, rule]] == []


def test_no_clause_is_verified_and_every_rule_names_its_basis():
    for rule in ALL.all:
        assert rule.source.verified is False
        assert re.match(r"READ|RECALL|SEED|LAW|PROPOSED|UNKNOWN", rule.source.basis), rule.id


def test_a_rule_stands_from_its_day_to_its_day():
    rule = ALL.get("CN.CBA26.T2")
    first = contact.micros("2026-01-30T00:00:00+08:00")
    assert rule.stands_at(first) and not rule.stands_at(first - 1)


def test_the_strictest_instrument_decides():
    verdict = gate.check(intent(at="2026-03-02 23:00"), History(ALL), ALL)
    assert "QUIET_HOURS" in verdict.codes
    assert verdict.deciding["QUIET_HOURS"].id == "CN.GBT45251.T1"
    missing = gate.check(intent(recording_id=None), History(ALL), ALL)
    assert missing.deciding["NO_RECORDING"].effect is Effect.SEVERE


STRICTER = """
source: ours
name: 甲银行
params:
  CN.GBT45251.F1: {limit: 2}
  CN.GBT45251.T1: {quiet_from: "21:00", quiet_until: "09:00"}
effects:
  CN.CBA26.F3: block
rules:
  - id: OWN.1
    row: own
    code: SUNDAY
    name: {zh: 周日不联系, en: No contact on Sundays}
    scope: "$out"
    forbid: "local_weekday = 7"
    effect: block
    basis: PROPOSED
    samples: [{at: "2026-03-01 10:00", finding: true}, {at: "2026-03-02 10:00", finding: false}]
"""


def test_a_policy_makes_stricter():
    rules = load.rules(own=load.policy(STRICTER, "own.yaml"))
    assert all(one.right for one in samples.outcomes(rules) if one.rule.id == "OWN.1")
    assert rules.get("CN.GBT45251.F1").history.limit == 2 and rules.get("CN.CBA26.F3").effect is Effect.BLOCK
    assert "QUIET_HOURS" in gate.check(intent(at="2026-03-02 21:00"), History(rules), rules).codes
    assert "SUNDAY" in gate.check(intent(at="2026-03-01 10:00"), History(rules), rules).codes
    assert rules.sha256 != load.rules().sha256


def test_a_looser_policy_is_refused_with_every_fault():
    own = load.policy("""
params:
  CN.GBT45251.F1: {limit: 4, nothing: 1}
  CN.GBT45251.T1: {quiet_from: "23:00"}
  CN.NOWHERE: {limit: 1}
effects: {CN.CBA26.R1: warn, NO.RULE: block}
default_zone: Mars/Base
""", "own.yaml")
    with pytest.raises(DefinitionError) as no:
        load.rules(own=own)
    assert [fault.where for fault in no.value.faults] == [
        "own.yaml:3", "own.yaml:3", "own.yaml:4", "own.yaml:5", "own.yaml:6", "own.yaml:6", "own.yaml"]


def test_a_policy_with_strange_parts_is_refused():
    with pytest.raises(DefinitionError):
        load.policy("disable: [CN.CBA26.R1]", "own.yaml")
    with pytest.raises(DefinitionError):
        load.rules(("nowhere",))


BAD = """
source: s
pack: bad
zone: Asia/Shanghai
instrument: {zh: 甲, en: a}
rules:
  - {id: B1, row: x, code: C, name: {zh: 甲,乙, en: a}, effect: block, basis: PROPOSED, forbid: "n_persons < 2", samples: [{finding: true}]}
  - {id: B2, row: x, code: C, name: {zh: 甲, en: a}, effect: perhaps, basis: PROPOSED, forbid: "answered = true", samples: [{finding: true}, {colour: red, finding: false}]}
  - {id: B3, row: x, code: C, name: {zh: 甲, en: a}, effect: block, basis: PROPOSED, forbid: "nowhere = 1"}
  - {id: B4, row: x, code: C, name: {zh: 甲, en: a}, effect: block, basis: PROPOSED, history: {key: street, window: {calendar_days: 1}, at_most: 3}}
  - {id: B5, row: x, code: C, effect: block, basis: PROPOSED, colour: red}
  - {id: B6, row: x, code: C, name: {zh: 甲, en: a}, effect: block, basis: PROPOSED, params: {limit: {value: three}}, history: {key: debtor, window: {moons: 1}, at_most: $limit}}
  - just text
"""


def test_a_bad_pack_tells_all_faults_with_their_lines():
    faults = []
    load.read_pack(BAD, "bad.yaml", None, faults)
    lines = {int(fault.where.rsplit(":", 1)[1]) for fault in faults}
    assert lines >= {7, 8, 9, 10, 11, 12}
    text = " ".join(fault.say.en for fault in faults)
    for part in ("zh and en and nothing else", "coalesce", "not known here", "no such field", "must be one of", "both sides", "missing ['name']", "colour"):
        assert part in text, part


def test_every_rule_has_its_heading_on_the_docs_page():
    page = listing.rules_page(ALL)
    assert all(f"### {rule.id}\n" in page for rule in ALL.all)
    assert len([listing.told(rule) for rule in ALL.all]) == len(ALL.all)


def test_packs_name_their_source_and_judged_elsewhere_rules_need_no_expression():
    for name in load.ALL:
        assert shelf.yaml(shelf.path("conduct", f"{name}.yaml"))["source"]
    assert {rule.judged_in for rule in ALL.all} == set(JudgedIn)


def test_what_is_missing_refuses_with_a_code():
    whole = dict(words().sample, at="2026-03-02T10:00:00+08:00")
    rules = load.rules()
    for lost, code in (("tz", "E_NO_TZ"), ("channel", "E_NO_CHANNEL"), ("debtor_id", "E_NO_DEBTOR"), ("party_role", "E_NO_PARTY_ROLE"),
                       ("party_mobile", "E_NO_NUMBER"), ("at", "E_NO_MOMENT"), ("recording_id", "NO_RECORDING")):
        verdict = gate.check(contact.read({**whole, lost: None}), History(rules), rules)
        assert not verdict.allow and code in verdict.codes, lost
    assert gate.check(contact.read(whole), None, rules).codes[0] == "E_NO_HISTORY"
    assert not gate.check(contact.read({}), None, rules).allow
    assert gate.check(contact.read(whole), History(rules), rules).allow


def test_with_the_facts_there_no_rule_stays_unjudged_but_for_registers():
    rules = load.rules()
    verdict = gate.check(intent(), History(rules), rules)
    unjudged = [one.rule for one in verdict.judged if one.state is State.UNJUDGED]
    assert unjudged and all(rule.needs for rule in unjudged)


def test_counts_say_what_remains_and_when_it_resets():
    rules = load.rules()
    past = [intent(at=f"2026-03-02 {hour:02d}:00") for hour in (9, 10)]
    told = {one.code: one for one in gate.check(intent(at="2026-03-02 12:00"), History(rules, past), rules).remaining}
    assert (told["DAILY_EFFECTIVE_CAP"].used, told["DAILY_EFFECTIVE_CAP"].left, told["DAILY_EFFECTIVE_CAP"].resets_us) == (2, 1, None)
    past.append(intent(at="2026-03-02 11:00"))
    verdict = gate.check(intent(at="2026-03-02 12:00"), History(rules, past), rules)
    told = {one.code: one for one in verdict.remaining}
    assert told["DAILY_EFFECTIVE_CAP"].resets_us == contact.micros("2026-03-03T00:00:00+08:00") and not verdict.allow


def test_hardship_brings_an_offer_and_no_refusal():
    rules = load.rules()
    sign = standing.Span("hardship_sign", standing.debtor_key("甲银行", "D1"))
    verdict = gate.check(intent(), History(rules, (), standing.Standing((sign,))), rules)
    assert verdict.allow and verdict.offers[0].code == "OFFER_PLAN" and verdict.offers[0].most_months == 60


# Rule -> effect, number, window, key, first day in force, clause, as the sheet has them.
NUMBERS = {
    "CN.GBT45251.T1": ("block", None, None, None, "2025-02-28", None), "CN.NIFA24.T1": ("block", None, None, None, "2024-05-15", None),
    "CN.CBA26.T2": ("block", None, None, None, "2026-01-30", None),
    "CN.GBT45251.F1": ("block", 3, "calendar_days:1", "debtor", "2025-02-28", None), "CN.NIFA24.F2": ("block", 3, "calendar_days:1", "debtor", "2024-05-15", None),
    "CN.CBA26.F3": ("warn", 6, "calendar_days:1", "number", "2026-01-30", None), "LF.F4": ("warn", 2, "calendar_days:1", "debtor", None, None),
    "CN.CBA26.P4B": ("warn", 3, "ever", "debtor", "2026-01-30", None), "CN.CBA26.P7": ("block", 0, "ever", "number", "2026-01-30", None),
    "CN.GBT45251.P7": ("block", 0, "ever", "number", "2025-02-28", None), "CN.CBA26.P9": ("audit", None, None, None, "2026-01-30", None),
    "CN.CBA26.D1": ("severe", 1, "ever", "debtor_agency", "2026-01-30", None), "CN.CBA26.D1B": ("severe", 1, "ever", "debtor_agency", "2026-01-30", None),
    "CN.CARD11.D2": ("block", None, None, None, None, "69"), "CN.CARD11.R1": ("severe", None, None, None, None, "68"),
    "CN.CARD11.P1": ("block", None, None, None, None, "68"), "CN.CBA26.V1": ("block", None, None, None, "2026-01-30", "22"),
    "US.REGF.US1": ("warn", 7, "calendar_days:7", "debtor", "2021-11-30", "1006.14(b)(2)(i)(A)"), "US.REGF.US2": ("warn", 0, "calendar_days:7", "debtor", "2021-11-30", "1006.14(b)(2)(i)(B)"),
    "US.REGF.US4A": ("audit", 1, "rolling_minutes:5", "debtor", "2021-11-30", "comment to 1006.14"), "US.REGF.US4B": ("audit", 6, "calendar_days:1", "debtor", "2021-11-30", "comment to 1006.14"),
    "US.REGF.US6": ("block", None, None, None, "2021-11-30", "1006.6(b)(1)(i)"), "US.REGF.US7": ("block", None, None, None, "2021-11-30", "1006.6(e)"),
    "US.REGF.US8A": ("block", None, None, None, "2021-11-30", "1006.6(b)(2)"), "US.REGF.US8B": ("block", None, None, None, "2021-11-30", "1006.6(c)"),
    "US.REGF.US9B": ("block", 1, "ever", "debtor_number", "2021-11-30", "1006.10"), "UK.CONC7.UK1": ("warn", None, None, None, None, "7.9.4R"),
    "AU.RG96.AU1A": ("warn", 3, "calendar_days:7", "debtor", None, None), "AU.RG96.AU1B": ("warn", 10, "calendar_days:30", "debtor", None, None),
}
SEVERE = ("C1", "R1", "R2", "V2", "V3", "I2", "P8", "V4", *(f"X{n}" for n in range(1, 8)))
BLOCKED = ("P2", "P3", "P5", "P6", "P7", "C2", "V1", "D2", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "S1", "S2", "S3", "S4", "I3")


def test_every_number_of_the_sheet_stands_in_its_rule():
    for rule_id, (effect, limit, window, key, since, clause) in NUMBERS.items():
        told = listing.told(ALL.get(rule_id))
        counts = told["counts"] or {}
        assert (told["effect"], counts.get("at_most", counts.get("at_least")), counts.get("window"), counts.get("key"), told["effective_from"] if rule_id[:2] == "CN" else since,
                told["clause"]) == (effect, limit, window, key, since, clause), rule_id
    quiet = {one.id: {name: param.value for name, param in one.params.items()} for one in ALL.all if one.code == "QUIET_HOURS"}
    assert all(quiet[one] == {"quiet_from": "22:00", "quiet_until": "08:00"} for one in ("CN.GBT45251.T1", "CN.NIFA24.T1", "CN.CBA26.T2"))
    assert quiet["US.REGF.US6"] == {"from": "08:00", "until": "21:00"}


def test_every_effect_of_the_sheet_stands_in_its_rules():
    for row, effect in (*((row, "severe") for row in SEVERE), *((row, "block") for row in BLOCKED)):
        rules = [rule for rule in ALL.all if rule.source.row == row]
        assert rules and {rule.effect.value for rule in rules} == {effect}, row
