"""What people type about runs and links."""

from __future__ import annotations

from typing import Any

from django import forms

from lianfang.engine.terms.errors import Say
from lianfang.web.frame.templatetags.say import said
from lianfang.web.identify.states import ANSWERS

MOST_FILES, MOST_SIGNS = 40, 20_000


class ManyFiles(forms.ClearableFileInput):
    """A file chooser that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files."""

    def clean(self, given: Any, initial: Any = None) -> list[Any]:
        """Check each file; together they are no more than forty."""
        files = (given if isinstance(given, list | tuple) else [given]) or [None]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(said(Say(f"一次最多 {MOST_FILES} 个文件", f"at most {MOST_FILES} files at once")))
        return [super(FilesField, self).clean(one, initial) for one in files]


class UploadForm(forms.Form):
    """Tables to be looked at."""

    files = FilesField(
        widget=ManyFiles(attrs={"class": "form-control", "accept": ".csv,.xlsx,.xls,.parquet,.ndjson,.jsonl,.json,.txt"}),
        error_messages={"required": "请选择文件 / choose files", "empty": "文件是空的 / the file is empty"},
    )
    name = forms.CharField(max_length=120, required=False, widget=forms.TextInput(attrs={"class": "form-control"}))


class JudgeForm(forms.Form):
    """An answer about two records."""

    left = forms.CharField(max_length=200)
    right = forms.CharField(max_length=200)
    answer = forms.ChoiceField(choices=[(one, one) for one in ANSWERS])
    reason = forms.CharField(min_length=4, max_length=300)


class ViewForm(forms.Form):
    """A name for filters of the queue."""

    name = forms.CharField(max_length=40)


class CheckForm(forms.Form):
    """A text to be looked at."""

    text = forms.CharField(max_length=MOST_SIGNS, strip=False, widget=forms.Textarea)
