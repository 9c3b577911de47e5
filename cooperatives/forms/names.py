"""One of many names: a list where they are few, and where they are many a few letters, which mean one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from cooperatives.queries.givers import FEW, givers_called

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.safestring import SafeString

MOST_CHOICES = 40  # of names that answer to the same words
MOST_OFFERED = 500  # names that a page carries along; of more, it carries none

Named = tuple[str, str]  # what is sent, and what is read


class NamesInput(forms.TextInput):
    """A field to type in that offers names; a browser without such lists, or an unknown word, sends what was typed."""

    def __init__(self, names: list[str], empty: str = "") -> None:
        super().__init__({"autocomplete": "off", "placeholder": empty or _("Name or number")})
        self.names = names if len(names) <= MOST_OFFERED else []

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        listed = f"{(attrs or {}).get('id') or name}_names"
        field = super().render(name, value, {**(attrs or {}), "list": listed}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((one,) for one in self.names))
        return format_html('{}<datalist id="{}">{}</datalist>', field, listed, options)


class OneOf(forms.CharField):
    """One of `choices`, which a form sets; its value is what stands before the name. Where several answer to the same
    words, the page that comes back has them in a list."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=200, **more)
        self._choices: list[Named] = []

    @property
    def choices(self) -> list[Named]:
        return self._choices

    @choices.setter
    def choices(self, rows: Iterable[Named]) -> None:
        self._choices = list(rows)
        names = [str(name) for value, name in self._choices if value]
        empty = next((str(name) for value, name in self._choices if not value and name != "–"), "")
        self.widget = forms.Select(choices=self._choices) if len(names) <= FEW else NamesInput(names, empty)
        self.widget.is_required = self.required

    def prepare_value(self, value: Any) -> Any:
        return dict(self._choices).get(value, value) if value and isinstance(self.widget, NamesInput) else value

    def clean(self, value: Any) -> str:
        words = super().clean(value)
        if not words:
            return ""
        found = givers_called(words, self._choices)
        if len(found) == 1:
            return found[0][0]
        if not found:
            raise forms.ValidationError(_("Nobody here answers to that."))
        if len(found) <= MOST_CHOICES:
            self.widget = forms.Select(choices=[("", "…"), *found])
        raise forms.ValidationError(_("Several answer to that: choose one of them, or write more."))
