"""What people type about people."""

from __future__ import annotations

from typing import Any

from django import forms

from lianfang.engine.terms.errors import Say
from lianfang.web.accounts.meter import purposes
from lianfang.web.accounts.permissions import SORTS, names, roles
from lianfang.web.frame.templatetags.say import said


def _label(zh: str, en: str) -> Any:
    from django.utils.functional import lazy

    return lazy(lambda: said(Say(zh, en)), str)()


class Styled(forms.Form):
    """A form whose fields look like the house's."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for field in self.fields.values():
            kind = field.widget.__class__.__name__
            name = {"Select": "form-select", "CheckboxSelectMultiple": "", "CheckboxInput": "form-check-input"}
            field.widget.attrs.setdefault("class", name.get(kind, "form-control"))


class PersonForm(Styled):
    """A new person: name, institution, role."""

    username = forms.RegexField(r"^[\w.@+-]{2,60}$", label=_label("用户名", "User name"))
    institution = forms.ChoiceField(label=_label("机构", "Institution"))
    role = forms.ChoiceField(label=_label("角色", "Role"))

    def __init__(self, institutions: list[Any], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["institution"].choices = [(str(one.code), said(one.name)) for one in institutions]
        self.fields["role"].choices = [(one.id, said(one.name)) for one in roles().values()]


class InstitutionForm(Styled):
    """A new institution below another."""

    parent = forms.ChoiceField(label=_label("上级", "Above it"))
    name_zh = forms.CharField(max_length=120, label=_label("中文名称", "Name in Chinese"))
    name_en = forms.CharField(max_length=120, label=_label("英文名称", "Name in English"))
    sort = forms.ChoiceField(label=_label("种类", "Sort"))

    def __init__(self, institutions: list[Any], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["parent"].choices = [(str(one.code), said(one.name)) for one in institutions]
        self.fields["sort"].choices = [(str(sort), said(name)) for sort, name in SORTS.items()]


class KeyForm(Styled):
    """A new key: what for, what it may do, how long."""

    name = forms.CharField(max_length=80, label=_label("用途", "What it is for"))
    days = forms.IntegerField(min_value=1, max_value=366, initial=90, label=_label("有效天数", "Days it is valid"))
    scopes = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, label=_label("可做的事", "What it may do")
    )

    def __init__(self, held: Any, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["scopes"].choices = [(str(one), said(names()[one])) for one in sorted(held)]


class PurposeForm(Styled):
    """Why somebody looks at personal fields."""

    purpose = forms.ChoiceField(label=_label("用途", "Purpose"))
    reason = forms.CharField(
        min_length=4, max_length=300, label=_label("说明(至少 4 字,写入查看记录)", "In your words (kept in the record of looks)")
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["purpose"].choices = [(code, said(name)) for code, name in purposes().items()]


class ReasonForm(Styled):
    """A reason for what is done."""

    reason = forms.CharField(min_length=4, max_length=300, label=_label("理由(至少 4 字)", "Reason"))
