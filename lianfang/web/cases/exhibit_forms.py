"""What people say of an exhibit, and of the places they cover."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.functional import lazy

from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.errors import Say
from lianfang.web.accounts.forms import PurposeForm, Styled
from lianfang.web.evidence.exhibit_actions import Asked, Intake
from lianfang.web.evidence.states import SORTS
from lianfang.web.frame.templatetags.say import said

MOST_PLACES = 500


def _label(zh: str, en: str) -> Any:
    return lazy(lambda: said(Say(zh, en)), str)()


class ExhibitForm(Styled):
    """A new exhibit: the file, what it is to prove, where it is from."""

    upload = forms.FileField(label=_label("文件", "File"))
    title = forms.CharField(
        max_length=120, label=_label("证据名称(不要写姓名、号码)", "What it is (no names or numbers of people)")
    )
    purpose = forms.CharField(max_length=300, label=_label("证明对象", "What it is to prove"))
    source = forms.CharField(max_length=200, label=_label("来源", "Where it was taken from"))
    sort = forms.ChoiceField(label=_label("种类", "Sort"))
    captured_by = forms.CharField(max_length=64, label=_label("取得人", "Who took it"))
    captured_at = forms.DateTimeField(
        label=_label("取得时间(北京时间)", "When (Beijing time)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    n_people = forms.IntegerField(
        min_value=0, max_value=100_000, initial=1,
        label=_label("含多少人的个人信息(0 为没有;查看按此计数)", "How many people's personal fields it holds (0: none; a look counts them)"),
    )  # fmt: skip
    expires_on = forms.DateField(
        required=False, label=_label("保存至(不填则不到期)", "Kept until (empty: it stays)"), widget=forms.DateInput(attrs={"type": "date"})
    )
    about = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["sort"].choices = [(code, said(name)) for code, name in SORTS.items()]

    def intake(self) -> Intake:
        """Give what was said; who says it is added by the act."""
        told = self.cleaned_data
        return Intake(
            "", "", told["title"], told["purpose"], told["source"], told["captured_at"].astimezone(SHANGHAI), told["captured_by"],
            told["upload"].name, told["about"], told["sort"], told["upload"].content_type or "application/octet-stream",
            told["n_people"], told["expires_on"],
        )  # fmt: skip


class CoverForm(Styled):
    """Places of a text to be covered, one a line: `abc12345 | 微信号 | 个人信息` or `120-131 | …`."""

    covers = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": _label("abc12345 | 微信号 | 与本案无关的个人信息", "abc12345 | account | personal, no part of the case")}),
        label=_label("遮盖什么(每行:原文里的字,或第几字起-止 | 内容 | 理由)", "What is covered (one a line: the words, or from-to in characters | what | why)"),
    )

    def clean_covers(self) -> list[tuple[str, str, str]]:
        """Read the lines."""
        return _lines(self.cleaned_data["covers"])


class CopyForm(Styled):
    """A copy that was covered elsewhere, with its list of pages."""

    upload = forms.FileField(label=_label("遮盖本", "The covered copy"))
    places = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _label("第3页 | 身份证号 | 与本案无关的个人信息", "page 3 | ID number | personal, no part of the case")}),
        label=_label("遮盖清单(每行:页或位置 | 内容 | 理由)", "What was covered (one a line: page or place | what | why)"),
    )

    def clean_places(self) -> list[tuple[str, str, str]]:
        """Read the lines."""
        return _lines(self.cleaned_data["places"])


def _lines(text: str) -> list[tuple[str, str, str]]:
    made = []
    for line in filter(str.strip, text.splitlines()):
        parts = [part.strip() for part in re.split(r"[|｜]", line)]
        if len(parts) != 3 or not all(parts) or len(parts[0]) > 40 or len(parts[1]) > 80 or len(parts[2]) > 120:
            raise forms.ValidationError(said(Say(f"这一行要有三段:{line[:40]}", f"this line wants three parts: {line[:40]}")))
        made.append((parts[0], parts[1], parts[2]))
    if not 0 < len(made) <= MOST_PLACES:
        raise forms.ValidationError(said(Say(f"1 到 {MOST_PLACES} 处", f"from 1 to {MOST_PLACES} places")))
    return made


class PackageForm(PurposeForm):
    """A court package: which exhibits, for which case, by which rule, and why somebody looks."""

    exhibits = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label=_label("放入哪些证据", "Which exhibits"))
    case_name = forms.CharField(max_length=80, label=_label("案件编号", "Number of the case"))
    use = forms.CharField(max_length=200, label=_label("证据包用途", "What the package is for"))
    legal_basis = forms.CharField(max_length=200, label=_label("法律依据", "By which rule"))
    document = forms.CharField(max_length=120, required=False, label=_label("调取文书号(如有)", "Number of the document that asks for it"))
    n_copies = forms.IntegerField(min_value=1, max_value=20, initial=1, label=_label("份数", "Copies"))
    about = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    field_order = ("exhibits", "case_name", "use", "legal_basis", "document", "n_copies", "purpose", "reason", "about")

    def __init__(self, rows: list[Any], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["exhibits"].choices = [(str(one.code), one.title or said(one.state_name)) for one in rows]

    def asked(self) -> Asked:
        """Give what the package is to be."""
        told = self.cleaned_data
        return Asked(told["case_name"], told["use"], told["legal_basis"], told["document"], told["about"], told["n_copies"])


class DoorForm(Styled):
    """A door for a regulator: two named persons, a document, a purpose, a last day."""

    first = forms.ChoiceField(label=_label("监管人员一", "First person"))
    second = forms.ChoiceField(label=_label("监管人员二", "Second person"))
    document = forms.CharField(min_length=4, max_length=120, label=_label("文书号", "Number of the document"))
    purpose = forms.CharField(min_length=4, max_length=300, label=_label("用途", "What for"))
    expires_on = forms.DateField(label=_label("截止日(当日有效)", "Last day"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, readers: list[Any], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for name in ("first", "second"):
            self.fields[name].choices = [(str(one.code), f"{one.user} · {said(one.institution.name)}") for one in readers]
        self.fields["second"].initial = str(readers[1].code) if len(readers) > 1 else None
