"""The look's parts: what they say, in which language, and that the content policy can stay strict."""

import re
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import translation

from config.look import amounts, bars

TEMPLATES = sorted(Path(settings.BASE_DIR).glob("*/templates/**/*.html"))


def rendered(source: str, **context: object) -> str:
    context.setdefault("request", RequestFactory().get("/shop/?kind=cheese&page=2"))
    return Template("{% load look %}" + source).render(Context(context))


pytestmark = pytest.mark.quick


class TestBars:
    def test_keeps_the_order_in_which_the_hatch_is_the_interval(self) -> None:
        parts = bars.segments({"extracted": 1, "waiting": 1, "unknown": 1, "commons": 1, "local": 1})
        assert [part.group for part in parts] == ["local", "commons", "unknown", "waiting", "extracted"]

    def test_segments_meet_and_fill_the_bar(self) -> None:
        parts = bars.segments({"local": 1, "commons": 1, "extracted": 1})
        assert sum(part.share for part in parts) == 10_000
        assert [(part.x, part.width) for part in parts] == [
            ("0%", "33.33%"),
            ("33.33%", "33.34%"),
            ("66.67%", "33.33%"),
        ]

    def test_nothing_sold_is_an_empty_bar(self) -> None:
        assert bars.segments({}) == []
        assert "pale" in rendered("{% value_bar groups %}", groups={})

    def test_says_in_words_what_it_draws(self) -> None:
        page = rendered('{% value_bar groups "tall" "EUR" "Ashanti" %}', groups={"local": 413, "extracted": 187})
        assert 'aria-label="Of €6.00: €4.13 stays in Ashanti, €1.87 leaves"' in page
        assert ">69%</text>" in page

    def test_escapes_a_place(self) -> None:
        page = rendered('{% value_bar groups "tall" "EUR" place %}', groups={"local": 1}, place='"><script>')
        assert "<script>" not in page


class TestAmounts:
    @pytest.mark.parametrize(
        ("language", "quantity", "currency", "written"),
        [
            ("en", 128400, "EUR", "€1,284.00"),
            ("fr", 128400, "EUR", "1 284,00 €"),
            ("en", 500, "XOF", "F CFA 500"),
            ("fr", 500, "XOF", "500 F CFA"),
            ("en", 12345, "KWD", "KWD 12.345"),
            ("en", -5, "EUR", "−€0.05"),
            ("fr", 150, "HOUR", "1,50 HOUR"),
        ],
    )
    def test_money_by_language(self, language: str, quantity: int, currency: str, written: str) -> None:
        with translation.override(language):
            assert re.sub(r"\s", " ", amounts.money(quantity, currency)) == written

    @pytest.mark.parametrize(
        ("amount", "unit", "written"),
        [(11500, "g", "11.5 kg"), (125, "g", "125 g"), (864, "min", "14 h 24 min"), (5760, "min", "96 h"),
         (45, "min", "45 min"),
         (1, "bar", "1 bar"), (400, "bar", "400 bars"), (7, "tonne-km", "7 tonne-km")],
    )  # fmt: skip
    def test_quantities_in_words(self, amount: int, unit: str, written: str) -> None:
        assert amounts.quantity(amount, unit).replace("\u00a0", " ") == written

    @pytest.mark.parametrize(
        ("language", "written"), [("en", "1,983 of 2,000 records"), ("fr", "1 983 of 2 000 records")]
    )
    def test_numbers_in_a_sentence_are_grouped(self, language: str, written: str) -> None:
        sentence = (
            "{% load i18n look %}{% blocktranslate with all=all count n=n %}{{ n }} of {{ all }} record"
            "{% plural %}{{ n }} of {{ all }} records{% endblocktranslate %}"
        )
        with translation.override(language):
            assert Template(sentence).render(Context({"n": 1983, "all": 2000})).replace("\u202f", " ") == written

    def test_every_sentence_has_them(self) -> None:
        """`look` is loaded after `i18n`, whose tag it takes the place of."""
        loads = {path: re.findall(r"{% load ([^%]+)%}", path.read_text()) for path in TEMPLATES}
        wrong = [
            path.name
            for path, found in loads.items()
            if re.search(r"blocktranslate [^%]*count", path.read_text())
            and "look" not in " ".join(found).split("i18n", 1)[-1].split()
        ]
        assert len(TEMPLATES) > 100 and wrong == []

    def test_a_range_names_its_sign_once(self) -> None:
        assert rendered("{% percent_range 443 487 600 %}") == "74–81%"
        assert rendered("{% percent_range 443 443 600 %}") == "74%"
        with translation.override("fr"):
            assert rendered("{% percent_range 443 487 600 %}") == "74–81\u00a0%"
            assert rendered("{% percent 476 600 1 %}") == "79,3\u00a0%"

    def test_dates_by_language(self) -> None:
        when = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)
        assert amounts.day(when, "full") == "Monday 23 November 2026"
        with translation.override("fr"):
            assert amounts.day(when, "full") == "lundi 23 novembre 2026"


class TestForms:
    class Form(forms.Form):
        email = forms.EmailField(help_text="For the receipt only")
        pay = forms.ChoiceField(label="How do you pay?", choices=[("cash", "Cash")], widget=forms.RadioSelect)

    def test_ties_hint_and_error_to_the_input_and_keeps_what_was_typed(self) -> None:
        page = rendered("{% field form.email %}", form=self.Form({"email": "cleo.post"}))
        assert 'aria-describedby="id_email_helptext id_email_error"' in page
        assert 'id="id_email_helptext"' in page and 'id="id_email_error"' in page
        assert 'value="cleo.post"' in page and 'aria-invalid="true"' in page

    def test_summary_takes_focus_and_leads_to_each_field(self) -> None:
        page = rendered("{% errors form %}", form=self.Form({}))
        assert "There are 2 things to correct" in page and "autofocus" in page
        assert 'href="#id_email"' in page and "How do you pay? This field" in page

    def test_no_summary_without_errors(self) -> None:
        assert rendered("{% errors form %}", form=self.Form()).strip() == ""


class TestFigure:
    def test_refuses_a_chart_without_its_table(self) -> None:
        with pytest.raises(TemplateSyntaxError, match="table"):
            rendered('{% chart "one" figure %}nothing{% endchart %}', figure={})

    def test_nothing_in_a_figure_can_end_its_script(self) -> None:
        page = rendered('{% chart "one" figure %}<table></table>{% endchart %}', figure={"name": "</script><b>"})
        assert "</script><b>" not in page and "\\u003C/script" in page

    def test_loads_the_bundle_once(self) -> None:
        twice = (
            '{% chart "one" figure %}<table></table>{% endchart %}{% chart "two" figure %}<table></table>{% endchart %}'
        )
        assert rendered(twice, figure={}).count("data-plotly") == 1


class TestPages:
    def test_keeps_what_the_reader_asked_for(self) -> None:
        from django.core.paginator import Paginator

        page = rendered("{% pages page %}", page=Paginator(range(100), 10).get_page(2))
        assert 'href="?kind=cheese&amp;page=3" rel="next"' in page

    def test_one_page_needs_no_links(self) -> None:
        from django.core.paginator import Paginator

        assert rendered("{% pages page %}", page=Paginator(range(3), 10).get_page(1)).strip() == ""


class TestOptional:
    """What may be left out says so; where everything may, as in a search, nothing does."""

    @pytest.mark.parametrize(("says", "told"), [(None, ["note", "phone"]), (("phone",), ["phone"]), ((), [])])
    def test_is_said_where_it_helps(self, says: tuple[str, ...] | None, told: list[str]) -> None:
        class Search(forms.Form):
            note = forms.CharField(required=False)
            phone = forms.CharField(required=False)
            name = forms.CharField()

        if says is not None:
            Search.says_optional = says  # type: ignore[attr-defined]  # read where it is there
        found = Search()
        pages = {name: rendered("{% field one %}", one=found[name]) for name in found.fields}
        assert sorted(name for name, page in pages.items() if "(if you like)" in page) == told


class TestDateFields:
    """A browser's field for a date understands only one form of it, whatever the reader's language."""

    @pytest.mark.parametrize("app", ["cooperatives", "market", "reports"])
    def test_every_one_is_filled_in_the_form_that_browsers_read(self, app: str) -> None:
        package = import_module(f"{app}.forms")
        names = [f"{app}.forms.{found.name}" for found in iter_modules(getattr(package, "__path__", []))]
        modules = [package, *map(import_module, names)]
        found = {thing for module in modules for thing in vars(module).values() if isinstance(thing, type)}
        with translation.override("fr"):
            dates = {
                f"{form.__name__}.{name}": field.widget.format_value(datetime(2026, 11, 30, tzinfo=UTC).date())
                for form in found
                if issubclass(form, forms.Form)
                for name, field in form.base_fields.items()
                if isinstance(field, forms.DateField)
            }
        assert dates and {name: said for name, said in dates.items() if said != "2026-11-30"} == {}
