"""What a browser would send of a form that nobody touched: read from the page itself, not from the form's fields."""

from html.parser import HTMLParser

from django.http import QueryDict
from django.template.loader import render_to_string


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.buttons: list[tuple[str, dict[str, str]]] = []
        self.form: tuple[str, dict[str, str]] | None = None
        self.select = self.textarea = ""

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "form":
            self.found = {}
            self.form = (said.get("action") or "", self.found) if (said.get("method") or "").lower() == "post" else None
        elif tag == "button" and self.form and said.get("type") != "button":
            self.buttons.append(self.form)
            self.form = None
        name, value = said.get("name") or "", said.get("value") or ""
        if tag == "input" and (said.get("type") != "checkbox" or "checked" in said):
            self.found[name] = value or ("on" if said.get("type") == "checkbox" else "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and ("selected" in said or self.select not in self.found):
            self.found[self.select] = value
        elif tag == "textarea":
            self.textarea, self.found[name] = name, ""

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.textarea = ""

    def handle_data(self, data):
        if self.textarea:
            self.found[self.textarea] += data.removeprefix("\n")


def sent(template: str, form: object) -> QueryDict:
    """The fields of a page's part as they would come back."""
    data = QueryDict(mutable=True)
    data.update(fields_of(render_to_string(template, {"form": form})))
    return data


def fields_of(html: str) -> dict[str, str]:
    """The fields of the longest form of a page, and what is in them."""
    return max([fields for _action, fields in forms_of(html)] or [_read(html).found], key=len)


def forms_of(html: str) -> list[tuple[str, dict[str, str]]]:
    """(where it goes, its fields) of each form on a page that changes something and has a button to press."""
    return _read(html).buttons


def _read(html: str) -> _Fields:
    page = _Fields()
    page.feed(html)
    return page
