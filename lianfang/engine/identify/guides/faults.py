"""Every sentence said about a broken guide: what is wrong and how to mend it, in both languages."""

from __future__ import annotations

from lianfang.engine.terms.errors import Fault, Say

#: name: (code, what is wrong zh, en, how to mend it zh, en, may the guide still run)
CATALOGUE: dict[str, tuple[str, str, str, str, str, bool]] = {
    "unreadable": (
        "E-GUIDE-01",
        "文件读不了:{why}",
        "the file cannot be read: {why}",
        "改成合法的 UTF-8 YAML;缩进用空格,含冒号逗号的文字加引号",
        "make it valid UTF-8 YAML; indent with spaces, quote text with colons or commas",
        False,
    ),
    "unknown_key": (
        "E-GUIDE-02",
        "不认识的字段 {name}",
        "unknown key {name}",
        "可用的是:{known}",
        "the known ones are: {known}",
        False,
    ),
    "comma": (
        "E-GUIDE-02",
        "文字被逗号切断,后半句「{name}」丢了",
        "an unquoted comma cut the text; “{name}” is lost",
        "给含逗号的整句文字加引号:{{zh: \"…,…\", en: \"…, …\"}}",
        "quote the whole sentence: {{zh: \"…,…\", en: \"…, …\"}}",
        False,
    ),
    "duplicate_key": (
        "E-GUIDE-02",
        "字段 {name} 写了两次,前一个会丢失",
        "key {name} is written twice; the first would be lost",
        "删掉一个或合并",
        "delete one, or join them",
        False,
    ),
    "missing": (
        "E-GUIDE-03",
        "缺少 {name}",
        "{name} is missing",
        "补上 {name}:{hint}",
        "add {name}: {hint}",
        False,
    ),
    "missing_prose": (
        "E-GUIDE-03",
        "缺少 {name}",
        "{name} is missing",
        "补上 {name}:{hint}",
        "add {name}: {hint}",
        True,
    ),
    "wrong_value": (
        "E-GUIDE-04",
        "{name} 的值 {value} 不对",
        "{name} has the wrong value {value}",
        "应为:{hint}",
        "it should be: {hint}",
        False,
    ),
    "one_language": (
        "E-GUIDE-05",
        "{name} 缺少{language}",
        "{name} has no {language}",
        "写成 {{zh: …, en: …}},两种语言都要有",
        "write {{zh: …, en: …}}, both languages",
        False,
    ),
    "duplicate_id": (
        "E-GUIDE-06",
        "编号 {name} 重复,另一处在 {other}",
        "id {name} is used twice; the other is at {other}",
        "换一个没用过的编号",
        "take an unused id",
        False,
    ),
    "unknown_activity": (
        "E-GUIDE-07",
        "没有这种活动:{name}",
        "no such activity: {name}",
        "用 BG01 到 BG10",
        "use BG01 to BG10",
        False,
    ),
    "unknown_set": (
        "E-GUIDE-08",
        "没有名为 {name} 的词组",
        "no phrase set is called {name}",
        "在 lexicon/sets 里定义它,或者写成字面短语 \"={name}\"{near_zh}",
        "define it in lexicon/sets, or write a literal phrase \"={name}\"{near_en}",
        False,
    ),
    "bad_gate": (
        "E-GUIDE-09",
        "门槛 {name} 读不懂:{why_zh}",
        "gate {name} cannot be read: {why_en}",
        "写法如 \"1 of strong and (talk or 2 of weak)\"",
        "write like \"1 of strong and (talk or 2 of weak)\"",
        False,
    ),
    "never_met": (
        "E-GUIDE-10",
        "门槛 {name} 永远达不到:{gate}",
        "gate {name} can never be met: {gate}",
        "数一数各强度有几个特征项;降低数目或补特征项",
        "count the clauses of each strength; lower the number or add clauses",
        False,
    ),
    "always_met": (
        "E-GUIDE-10",
        "门槛 {name} 什么都没命中也成立:{gate}",
        "gate {name} is met by nothing at all: {gate}",
        "至少要求一个特征项成立,不要只写 not",
        "ask for at least one clause, not for `not` alone",
        False,
    ),
    "unused_clause": (
        "E-GUIDE-11",
        "特征项 {name} 没有被任何门槛用到",
        "clause {name} is used by no gate",
        "在门槛里用它,或者删掉",
        "use it in a gate, or delete it",
        True,
    ),
    "bad_pattern": (
        "E-GUIDE-12",
        "RE2 不接受这个正则:{why}",
        "RE2 refuses this pattern: {why}",
        "不能用回溯引用和前后预查;改用词组与 near",
        "no back-references or look-arounds; use phrase sets and near",
        False,
    ),
    "no_needs": (
        "E-GUIDE-13",
        "正则 {name} 没有 needs,会在每条记录上跑",
        "pattern {name} has no needs: it would run on every record",
        "写 needs: [词组],先用词组筛一遍",
        "write needs: [phrase set], so that words choose the records first",
        False,
    ),
    "bad_expression": (
        "E-GUIDE-14",
        "表达式不成立:{why_zh}",
        "the expression does not hold: {why_en}",
        "字段名见 lianfang/data/schema;只能用列出的函数",
        "fields are listed in lianfang/data/schema; only listed functions",
        False,
    ),
    "unknown_field": (
        "E-GUIDE-14",
        "记录种类 {kind} 没有字段 {name}",
        "records of kind {kind} have no field {name}",
        "用这种记录的字段{near_zh}",
        "use a field of that kind{near_en}",
        False,
    ),
    "unknown_guard": (
        "E-GUIDE-15",
        "没有名为 {name} 的保护项",
        "no guard is called {name}",
        "在 guides/guards.yaml 里定义它{near_zh}",
        "define it in guides/guards.yaml{near_en}",
        False,
    ),
    "few_samples": (
        "E-GUIDE-16",
        "{name} 样例只有 {count} 个,至少要 {least} 个",
        "only {count} samples of {name}; at least {least} are needed",
        "自己写样例放进 samples.{name};不要复制真实记录",
        "write samples into samples.{name} yourself; never copy real records",
        True,
    ),
    "no_source": (
        "E-GUIDE-17",
        "没有写来源",
        "no source is given",
        "写 source: 依据的材料和章节",
        "write source: the paper and the section it rests on",
        True,
    ),
    "unread_law": (
        "E-GUIDE-18",
        "法条 {name} 标为已核对,却没有条款文字",
        "law {name} is marked verified without its clause",
        "写上 clause,或者 verified: false",
        "write the clause, or verified: false",
        True,
    ),
    "unused_set": (
        "E-GUIDE-19",
        "词组 {name} 里没有词",
        "phrase set {name} has no words",
        "写 words: [词, 词]",
        "write words: [word, word]",
        False,
    ),
    "duplicate_word": (
        "E-GUIDE-19",
        "词组 {name} 里 {word} 写了两次",
        "phrase set {name} has {word} twice",
        "删掉一个",
        "delete one",
        True,
    ),
}

FATAL = frozenset(name for name, entry in CATALOGUE.items() if not entry[5])


class _Blank(dict[str, str]):
    """Lets a sentence leave out a place nobody filled."""

    def __missing__(self, key: str) -> str:
        return ""


def fault(name: str, where: str, /, **values: object) -> Fault:
    """Make one fault out of its name and the words it needs.

    Args:
        name: a key of `CATALOGUE`.
        where: `file:line`.
        values: the words for the places in the sentences.
    """
    code, zh, en, fix_zh, fix_en, _ = CATALOGUE[name]
    words = _Blank({key: str(value) for key, value in values.items()})
    return Fault(
        where=where,
        say=Say(zh.format_map(words), en.format_map(words)),
        fix=Say(fix_zh.format_map(words), fix_en.format_map(words)),
        code=code,
    )


def nearest(name: str, known: list[str]) -> dict[str, str]:
    """Give the words `near_zh`, `near_en` for "did you mean", or none."""
    import difflib

    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if not found:
        return {}
    return {"near_zh": f";是不是 {found[0]}?", "near_en": f"; did you mean {found[0]}?"}
