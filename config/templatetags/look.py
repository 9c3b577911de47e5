"""Template tags of the look: bars, proofs, icons, amounts, steps, fields, figures. docs/look.md shows each in use."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import segno
from django import template
from django.forms import BaseForm, BoundField
from django.template import Context, Engine, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.templatetags.i18n import do_block_translate
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.look import amounts, bars, confluence
from config.look.icons import ICONS

register = template.Library()

GROUP_WORDS = {
    "local": gettext_lazy("stays local"),
    "commons": gettext_lazy("commons"),
    "unknown": gettext_lazy("unknown"),
    "waiting": gettext_lazy("not divided yet"),
    "extracted": gettext_lazy("leaves"),
}
PROOFS = {
    "invoice": (4, gettext_lazy("Invoice")),
    "two-sided": (3, gettext_lazy("Both signed")),
    "declared": (2, gettext_lazy("Declared")),
    "modelled": (1, gettext_lazy("Modelled")),
    "unknown": (0, gettext_lazy("Unknown")),
}


@register.simple_tag
def money(quantity: int, currency: str, exponent: int | None = None, signed: bool = False) -> str:
    """{% money 600 "EUR" %} → €6.00"""
    return amounts.money(quantity, currency, exponent=exponent, signed=signed)


@register.simple_tag
def bare_money(quantity: int, currency: str, exponent: int | None = None) -> str:
    """{% bare_money 600 "EUR" %} → 6.00, for a column whose head names the currency"""
    return amounts.bare_money(quantity, currency, exponent=exponent)


@register.simple_tag
def quantity(amount: int, unit: Any, exponent: int = 0) -> str:
    """{% quantity 11500 "g" %} → 11.5 kg; the unit is a code, or anything with `code` and `exponent`"""
    if not isinstance(unit, str):
        unit, exponent = unit.code, unit.exponent
    return amounts.quantity(amount, unit, exponent=exponent)


@register.simple_tag
def number(value: int) -> str:
    """{% number 18204 %} → 18,204"""
    return amounts.number(value)


class Figure(int):
    """A whole number that a sentence counts by, and shows as its reader groups it."""

    def __str__(self) -> str:
        return amounts.number(int(self))


class InSentence:
    """An expression of a sentence; whole numbers become figures."""

    def __init__(self, expression: FilterExpression) -> None:
        self.expression = expression

    def resolve(self, context: Context) -> Any:
        found = self.expression.resolve(context)
        return Figure(found) if type(found) is int else found


@register.tag
def blocktranslate(parser: Parser, token: Token) -> Any:
    """Django's own, with grouped numbers: {% blocktranslate count n=1983 %}… {{ n }} records → 1,983 records. `look` is
    loaded after `i18n`."""
    node: Any = do_block_translate(parser, token)
    node.extra_context = {name: InSentence(each) for name, each in node.extra_context.items()}
    node.counter = InSentence(node.counter) if node.counter else None
    return node


@register.simple_tag
def percent(part: int, whole: int, places: int = 0) -> str:
    """{% percent 413 600 %} → 69%"""
    return amounts.share(part, whole, places=places)


@register.simple_tag
def percent_range(low: int, high: int, whole: int) -> str:
    """{% percent_range 443 487 600 %} → 74–81%; one figure where both ends are the same"""
    first, last = amounts.share(low, whole), amounts.share(high, whole)
    # The sign is written once, with whatever space the language puts before it.
    return last if first == last else f"{first.rstrip('%').rstrip()}–{last}"


@register.simple_tag
def day(when: date | datetime | None, form: str = "long") -> str:
    """{% day order.placed_at "full" %} → Monday 23 November 2026"""
    return amounts.day(when, form) if when else ""


@register.simple_tag
def moment(when: datetime | None, form: str = "long") -> str:
    """{% moment entry.at "medium" %} → 23 Nov 2026, 18:04"""
    return amounts.moment(when, form) if when else ""


@register.simple_tag
def clock(when: datetime | None) -> str:
    """{% clock entry.at %} → 18:04"""
    return amounts.clock(when) if when else ""


@register.inclusion_tag("look/value_bar.html")
def value_bar(
    groups: Mapping[str, int],
    size: str = "mid",
    currency: str = "",
    place: str = "",
    decorative: bool = False,
    exponent: int | None = None,
) -> dict[str, Any]:
    """A bar of {local, commons, unknown, waiting, extracted: amount}; beside a caption that says it all, decorative."""
    whole = sum(groups.get(group, 0) for group in bars.GROUPS)
    parts = bars.segments(groups)
    said = [
        _("%(amount)s %(what)s")
        % {
            "amount": amounts.money(groups[part.group], currency, exponent=exponent)
            if currency
            else amounts.share(groups[part.group], whole),
            "what": _stays_in(place) if part.group == "local" and place else GROUP_WORDS[part.group],
        }
        for part in parts
    ]
    label = ", ".join(said)
    if currency and parts:
        label = _("Of %(price)s: %(parts)s") % {
            "price": amounts.money(whole, currency, exponent=exponent),
            "parts": label,
        }
    return {
        "size": size,
        "decorative": decorative,
        "label": label or _("Nothing sold yet"),
        "segments": [
            (part, amounts.share(groups[part.group], whole) if size == "tall" and part.is_labelled else "")
            for part in parts
        ],
    }


def _stays_in(place: str) -> str:
    return _("stays in %(place)s") % {"place": place}


@register.inclusion_tag("look/value_key.html")
def value_key(
    groups: Mapping[str, int] | None = None, currency: str = "", place: str = "", exponent: int | None = None
) -> dict[str, Any]:
    """The colours of the bars; with amounts, what each stands for. Waiting is named only where there is some."""
    shown = [
        (
            group,
            _stays_in(place) if group == "local" and place else GROUP_WORDS[group],
            amounts.money(groups[group], currency, exponent=exponent) if groups and currency else "",
        )
        for group in bars.GROUPS
        if (groups.get(group, 0) if groups else group != "waiting")
    ]
    return {"rows": shown}


@register.filter
def breakable(address: str) -> SafeString:
    """{{ flow.giver|breakable }}: an address of the books that a narrow page may break after a stroke, not in a word"""
    return mark_safe(re.sub(r"([/@])", r"\1<wbr>", escape(address)))


@register.simple_tag
def qr(said: str, title: str) -> SafeString:
    """{% qr address title %}: a QR code that a worn print still gives up, named for whoever cannot see it"""
    code = segno.make_qr(said, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff", title=title,
                                                     svgclass="qr", lineclass=None, omitsize=True)  # fmt: skip
    return mark_safe(code)  # segno escapes the title, and what is said becomes squares


@register.inclusion_tag("look/proof.html")
def proof(evidence: str) -> dict[str, Any]:
    """{% proof "two-sided" %}: how we know, in four dots and a word"""
    dots, words = PROOFS.get(evidence, PROOFS["unknown"])
    return {"dots": [(x, number < dots) for number, x in enumerate(("5.5", "17", "28.5", "40"))], "words": words}


@register.simple_tag
def icon(name: str, label: str = "", extra: str = "") -> SafeString:
    """{% icon "tick" %}; with a label where no text stands beside it"""
    said = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    drawing = mark_safe(ICONS[name])
    classes = f"icon {extra}".strip()
    return format_html('<svg class="{}" viewBox="0 0 24 24" {} focusable="false">{}</svg>', classes, said, drawing)


@register.inclusion_tag("look/plaque.html")
def plaque(code: str, above: str = "", below: str = "") -> dict[str, str]:
    """The mark of a lot, as the oval on a wheel: {% plaque "bars-31" "Kumasi · GH" "Fern" %}"""
    return {"code": code, "above": above, "below": below}


@register.inclusion_tag("look/steps.html")
def steps(rows: Iterable[Mapping[str, Any]], across: bool = True) -> dict[str, Any]:
    """Rows of {title, note, state}: the note is words or a moment, the state is "done", "now" or nothing"""
    said = [
        {**row, "note": amounts.moment(note, "short") if isinstance(note := row.get("note"), datetime) else note}
        for row in rows
    ]
    return {"rows": said, "across": across}


@register.inclusion_tag("look/trail.html")
def trail(*words_and_links: str) -> dict[str, Any]:
    """{% trail "Shop" shelf_url "Dark 72" %}: words and links in turn; the last word is this page"""
    *pairs, here = words_and_links
    return {"links": list(zip(pairs[::2], pairs[1::2], strict=True)), "here": here}


@register.inclusion_tag("look/empty.html")
def empty_state(title: str, text: str = "", url: str = "", label: str = "") -> dict[str, str]:
    """What stands where nothing is, and the way on"""
    return {"title": title, "text": text, "url": url, "label": label}


@register.inclusion_tag("look/seal.html")
def checked(state: str, says: str, then: str = "") -> dict[str, str]:
    """What a page checked: state is "agrees", "not-checked" or "disagrees\""""
    return {"state": state, "says": says, "then": then}


@register.inclusion_tag("look/field.html")
def field(bound: BoundField, wide: bool = True) -> dict[str, Any]:
    """{% field form.email %}: label, hint, error and input, tied together for every reader. What may be left out says
    so, unless its form names in `says_optional` the only fields that do."""
    said = getattr(bound.form, "says_optional", None)
    return {
        "field": bound,
        "wide": wide,
        "kind": getattr(bound.field.widget, "input_type", ""),
        "beside": getattr(bound.form, "beside", {}).get(bound.name, ""),
        "is_optional": not bound.field.required and (said is None or bound.name in said),
    }


@register.inclusion_tag("look/synthetic.html", takes_context=True)
def synthetic(context: Context) -> dict[str, Any]:
    """{% synthetic %} beside a figure that the demonstration made up from published totals; elsewhere nothing"""
    return {"is_demonstration": context.get("is_demonstration", False)}


@register.inclusion_tag("look/errors.html")
def errors(form: BaseForm) -> dict[str, Any]:
    """The summary above a form that was sent back; it takes focus without a script"""
    rows = [
        (
            f"#{bound.id_for_label or bound.auto_id}",
            f"{bound.label}{'' if str(bound.label).endswith('?') else ':'}",
            text,
        )
        for bound in form.visible_fields()
        for text in bound.errors
    ]
    general = list(form.non_field_errors()) if form.is_bound else []
    hidden = [text for bound in form.hidden_fields() for text in bound.errors]
    return {"rows": rows, "general": general + hidden, "count": len(rows) + len(general) + len(hidden)}


@register.inclusion_tag("look/pages.html", takes_context=True)
def pages(context: Context, page: Any, name: str = "page") -> dict[str, Any]:
    """Links to the other pages of a Django `Page`, keeping what the reader asked for"""
    asked = context["request"].GET.copy()

    def link(number: int) -> str:
        asked[name] = str(number)
        return f"?{asked.urlencode()}"

    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {
        "page": page,
        "links": [(number, link(number) if isinstance(number, int) else "") for number in numbers],
        "back": link(page.previous_page_number()) if page.has_previous() else "",
        "next": link(page.next_page_number()) if page.has_next() else "",
    }


@register.inclusion_tag("look/confluence.html", name="confluence")
def draw_confluence(threads: Iterable[int], stages: Iterable[Any], pieces: int = 0, label: str = "") -> dict[str, Any]:
    """Weights brought, then steps with `weight`, `joined` and `is_known` (or numbers); the label says it in words"""
    steps = tuple(
        confluence.Stage(stage)
        if isinstance(stage, int)
        else confluence.Stage(stage.weight, stage.joined, stage.is_known)
        for stage in stages
    )
    return {"drawing": confluence.draw(confluence.Story(tuple(threads), steps, pieces)), "label": label}


def _chart_template() -> template.Template:
    return Engine.get_default().get_template("look/chart.html")


class ChartNode(Node):
    """A figure of plotly's and, always, the table that says the same."""

    child_nodelists = ("table",)

    def __init__(
        self, identity: FilterExpression, figure: FilterExpression, more: dict[str, FilterExpression], table: NodeList
    ) -> None:
        self.identity, self.figure, self.more, self.table = identity, figure, more, table

    def render(self, context: Context) -> str:
        table = self.table.render(context)
        if "<table" not in table:
            raise TemplateSyntaxError("a chart comes with its table: put one between chart and endchart")
        figure = self.figure.resolve(context)
        body = figure if isinstance(figure, str) else json.dumps(figure)
        # Inside a script element only these three characters could end or confuse it.
        safe = body.replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")
        is_first = not context.render_context.get("look_has_chart")
        context.render_context["look_has_chart"] = True
        values = {name: value.resolve(context) for name, value in self.more.items()}
        with context.push(
            identity=self.identity.resolve(context),
            figure=mark_safe(safe),
            table=mark_safe(table),
            is_first=is_first,
            **values,
        ):
            return _chart_template().render(context)


@register.tag
def chart(parser: Parser, token: Token) -> ChartNode:
    """{% chart "flow" figure label=words caption=words %}<table>…</table>{% endchart %}"""
    bits = token.split_contents()[1:]
    if len(bits) < 2:
        raise TemplateSyntaxError("chart wants an id and a figure")
    more = token_kwargs(bits[2:], parser)
    table = parser.parse(("endchart",))
    parser.delete_first_token()
    return ChartNode(parser.compile_filter(bits[0]), parser.compile_filter(bits[1]), more, table)
