"""What people type about a case: fields as its table names them, answers as the knowledge files ask them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from lianfang.engine.cases import case as kinds
from lianfang.engine.cases import criteria, recusal, self_check, tables
from lianfang.engine.cases.table import Field, FieldKind, Move, Table
from lianfang.engine.terms.errors import NotEnough, Say
from lianfang.engine.terms.glossary import labels
from lianfang.web.accounts.forms import Styled
from lianfang.web.cases.actions import Asked, shown_or_told
from lianfang.web.cases.states import CHOICES, FINDINGS, YES_NO
from lianfang.web.frame.templatetags.say import said

MOST = 4_000


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class MoveForm(Styled):
    """What one move needs, read off its row in the table; whether it is enough is the engine's answer."""

    def __init__(self, table: Table, move: Move, colleagues: Sequence[Any], exhibits: Sequence[Any], *given: Any, **named: Any) -> None:
        self.move, self.table = move, table
        super().__init__(*given, auto_id=f"{move.act}_%s", **named)
        for name in move.needs:
            self.fields[name] = _field(table.fields[name], colleagues)
        if move.note_least or not move.needs:
            label = said(Say(f"说明(至少 {move.note_least} 字)", f"Note (at least {move.note_least} characters)")) if move.note_least else said(Say("说明(可不写)", "Note (optional)"))
            self.fields["note"] = forms.CharField(label=label, max_length=MOST, required=bool(move.note_least), widget=_area(2), min_length=move.note_least)
        if move.n_exhibits:
            choices = [(str(one.code), str(one)) for one in exhibits]
            label = said(Say(f"证据(至少 {move.n_exhibits} 份)", f"Exhibits (at least {move.n_exhibits})"))
            self.fields["exhibits"] = forms.MultipleChoiceField(label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple)
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "form-select" if isinstance(field.widget, forms.Select) else "form-control")

    def asked(self) -> Asked:
        """Give what was typed, once it is valid."""
        told = dict(self.cleaned_data)
        note, exhibits = told.pop("note", ""), told.pop("exhibits", [])
        return Asked(note, {name: value for name, value in told.items() if value}, exhibits)


def _field(rule: Field, colleagues: Sequence[Any]) -> forms.Field:
    """Make the field of a rule; nothing is required here, so that the engine tells all that is missing at once."""
    label = said(rule.name) + (said(Say(f"(至少 {rule.least} 字)", f" (at least {rule.least} characters)")) if rule.least > 1 else "")
    if rule.kind is FieldKind.DAY:
        return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))
    if rule.kind is FieldKind.PERSON:
        return forms.ChoiceField(label=label, required=False, choices=[(one.user.username, str(one.user)) for one in colleagues])
    if rule.kind is FieldKind.CHOICE:
        return forms.ChoiceField(label=label, required=False, choices=[(one, said(CHOICES.get(one, one))) for one in rule.of])
    if rule.id == "typology":
        return forms.ChoiceField(label=label, required=False, choices=[(code, f"{code} {said(name)}") for code, name in labels("activities").items()])
    return forms.CharField(label=label, required=False, max_length=MOST, widget=_area(3) if rule.least >= 10 else forms.TextInput())


class OpenForm(Styled):
    """Which kind of case, for which activity; grounds where the ring does not show it."""

    table = forms.ChoiceField()
    typology = forms.ChoiceField()
    grounds = forms.CharField(required=False, max_length=MOST, widget=_area(2))

    def __init__(self, activities: Sequence[str], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        names = labels("activities")
        # What the ring shows stands first; the person may know better.
        order = [*activities, *(code for code in names if code not in activities)]
        self.fields["table"].label = said(Say("哪一种", "Which kind"))
        self.fields["table"].choices = [(one.id, said(one.name)) for one in tables.load().values()]
        self.fields["typology"].label = said(Say("活动类型", "Typology"))
        self.fields["typology"].choices = [(code, self._name(code, names[code], activities)) for code in order if code in names]
        self.fields["grounds"].label = said(Say("依据(团伙没有显示这类活动时必写)", "Grounds (needed where the ring does not show the activity)"))

        self.activities = activities

    def clean(self) -> dict[str, Any]:
        """Refuse, beside the field, what the act itself would refuse."""
        typed = dict(super().clean() or {})
        if "typology" in typed:
            try:
                shown_or_told(self.activities, typed["typology"], typed.get("grounds", ""))
            except NotEnough as wrong:
                self.add_error("grounds", f"{said(wrong.say)}。{said(wrong.fix)} ({wrong.code})" if wrong.fix else said(wrong.say))
        return typed

    @staticmethod
    def _name(code: str, name: Say, activities: Sequence[str]) -> str:
        told = "" if code in activities else said(Say(" — 团伙没有显示,要写依据", " — not shown by the ring, grounds needed"))
        return f"{code} {said(name)}{told}"


class CheckForm(forms.Form):
    """The self-check: every question yes or no with a note, every finding spoken to, the remedy."""

    remedy = forms.CharField(required=False, max_length=MOST)

    def __init__(self, findings: Sequence[str], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.questions = [one["id"] for one in self_check.knowledge()["questions"]]
        self.findings = list(findings)
        _yes_no(self, self.questions)
        for n, _ in enumerate(self.findings):
            self.fields[f"finding_{n}"] = forms.CharField(required=False, max_length=MOST)

    def told(self, author: str) -> kinds.SelfCheck:
        """Give what was typed; a question nobody answered is left open, never taken for a no."""
        typed = self.cleaned_data
        spoken = {code: typed[f"finding_{n}"] for n, code in enumerate(self.findings) if typed[f"finding_{n}"]}
        return kinds.SelfCheck(author, _answers(typed, self.questions), spoken, typed["remedy"])


class GuardsForm(forms.Form):
    """The innocent reasons, one by one."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        _yes_no(self, criteria.guards())

    def told(self) -> dict[str, kinds.Answer]:
        """Give those that were answered."""
        return _answers(self.cleaned_data, criteria.guards())


def _yes_no(form: forms.Form, names: Any) -> None:
    for name in names:
        form.fields[name] = forms.ChoiceField(required=False, choices=[(one, one) for one in YES_NO])
        form.fields[f"{name}_note"] = forms.CharField(required=False, max_length=MOST)


def _answers(typed: Mapping[str, Any], names: Any) -> dict[str, kinds.Answer]:
    return {name: kinds.Answer(typed[name] == "yes", typed[f"{name}_note"]) for name in names if typed[name]}


class ClaimsForm(forms.Form):
    """Criteria claimed, each with exhibits of the case and a reason."""

    def __init__(self, exhibits: Sequence[Any], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        choices = [(str(one.code), str(one)) for one in exhibits]
        for name in criteria.criteria():
            self.fields[name] = forms.BooleanField(required=False)
            self.fields[f"{name}_note"] = forms.CharField(required=False, max_length=MOST)
            self.fields[f"{name}_exhibits"] = forms.MultipleChoiceField(required=False, choices=choices)

    def told(self) -> list[kinds.Claim]:
        """Give those that were ticked."""
        typed = self.cleaned_data
        return [kinds.Claim(name, tuple(typed[f"{name}_exhibits"]), typed[f"{name}_note"]) for name in criteria.criteria() if typed[name]]


class OpinionForm(Styled):
    """A working-group member's opinion."""

    finding = forms.ChoiceField(widget=forms.RadioSelect)
    reason = forms.CharField(max_length=MOST, widget=_area(4))

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        least = recusal.knowledge()["working_group"]["reason_least"]
        _choose(self, "finding", Say("意见", "Finding"), [(code, said(name)) for code, name in FINDINGS.items()], least)


class VoteForm(Styled):
    """A vote: a choice of the stage and a written reason."""

    choice = forms.ChoiceField(widget=forms.RadioSelect)
    reason = forms.CharField(max_length=MOST, widget=_area(4))

    def __init__(self, stage: str, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        rule, words = recusal.knowledge()["panels"][stage], recusal.knowledge()["choices"]
        choices = [(one, said(Say(words[one]["zh"], words[one]["en"]))) for one in rule["choices"]]
        _choose(self, "choice", Say("表决", "Vote"), choices, rule["reason_least"])


def _choose(form: forms.Form, name: str, label: Say, choices: list[tuple[str, str]], least: int) -> None:
    form.fields[name].label, form.fields[name].choices = said(label), choices
    form.fields[name].widget.attrs["class"] = "form-check-input"
    form.fields["reason"].label = said(Say(f"书面理由(至少 {least} 字)", f"Written reason (at least {least} characters)"))
    form.fields["reason"].min_length = least
    form.fields["reason"].widget.attrs["minlength"] = least


class SeatsForm(forms.Form):
    """People asked to sit."""

    seats = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)

    def __init__(self, candidates: Sequence[Any], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.candidates = {str(one.code): one for one in candidates}
        self.fields["seats"].label = said(Say("请谁", "Whom to ask"))
        self.fields["seats"].choices = [(code, str(one.user)) for code, one in self.candidates.items()]

    def members(self) -> list[Any]:
        """Give the people chosen."""
        return [self.candidates[code] for code in self.cleaned_data["seats"]]


class TieForm(Styled):
    """A tie of somebody to this case's parties."""

    person = forms.ChoiceField()
    kind = forms.ChoiceField()
    note = forms.CharField(min_length=4, max_length=300)

    def __init__(self, people: Sequence[Any], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.people = {str(one.code): one for one in people}
        known = recusal.knowledge()["ties"]
        self.fields["person"].label, self.fields["kind"].label = said(Say("谁", "Who")), said(Say("关系", "Tie"))
        self.fields["note"].label = said(Say("依据(至少 4 字)", "How it is known"))
        self.fields["person"].choices = [(code, f"{one.user} · {said(one.role_name)}") for code, one in self.people.items()]
        self.fields["kind"].choices = [(one, said(Say(words["zh"], words["en"]))) for one, words in known.items()]


class TaskForm(Styled):
    """How a task was done."""

    note = forms.CharField(min_length=2, max_length=300)


class BulkForm(forms.Form):
    """Cases chosen in the queue, and one thing to do with each."""

    act = forms.CharField(max_length=32)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["codes"] = _Codes()


class _Codes(forms.Field):
    """Codes of cases, as they came; access says of each whether it is there."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[Any]:
        """Read them; a word that is no code is left out."""
        from uuid import UUID

        found = []
        for one in (value or [])[:200]:
            try:
                found.append(UUID(str(one)))
            except ValueError:
                continue
        if not found:
            raise forms.ValidationError(said(Say("先选案件", "choose cases first")))
        return found
