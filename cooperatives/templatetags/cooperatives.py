"""Words for accounts and their owners: "work/family" is how the journal says it, "family work" how people do."""

from django import template
from django.utils.translation import gettext as _

from cooperatives.models import Circle
from cooperatives.queries.credit import credit_words
from cooperatives.rules.energy import source_of
from cooperatives.rules.measures import measure_of
from cooperatives.rules.plans import WATT_HOUR
from ledger.rules.entries import Address
from ledger.templatetags.accounts import owner_word

register = template.Library()


@register.simple_tag
def credit(quantity: int, circle: Circle) -> str:
    """{% credit 150 circle %} → 2:30 h"""
    return credit_words(quantity, circle)


@register.filter
def given_word(purpose: str) -> str:
    """{{ "work/family"|given_word }} → family work; a purpose without a word of ours stays as it was recorded."""
    word, _slash, name = purpose.partition("/")
    if word == "work":
        kinds = {
            "": _("work"),
            "share": _("work for a share"),
            "family": _("family work"),
            "hired": _("paid work"),
            "care": _("care"),
        }
        return kinds.get(name) or _("work: %(kind)s") % {"kind": name.replace("-", " ")}
    if word == "lots":
        return _("lot %(lot)s") % {"lot": name}
    if word == "tools" and name:
        return _("use of: %(tool)s") % {"tool": name.replace("-", " ")}
    words = {
        "harvest": _("harvest"),
        "tools": _("use of tools"),
        "recipe": _("recipe"),
        "stock": _("goods from outside"),
        "body": _("nature"),
        "count": _("count"),
        "opening": _("from before the books"),
    }
    return words.get(word, purpose)


@register.simple_tag
def given(owner: str, purpose: str, unit: str) -> str:
    """{% given "nature/sun" "body" "Wh" %} → energy, made here; whatever is no energy by its purpose"""
    return energy_word(source_of(f"{owner}/{purpose}")) if unit == WATT_HOUR else given_word(purpose)


@register.filter
def goal_word(account: str) -> str:
    """{{ "coops/fern/funds/roof"|goal_word }} → fund roof; what money was given for"""
    address = Address.parse(account)
    if address.word == "funds":
        return _("fund %(name)s") % {"name": address.name.replace("-", " ")}
    return who_word(address.owner) if address.owner_class == "commons" else _("for anything")


@register.simple_tag
def unit_symbol(unit: str) -> str:
    """{% unit_symbol "g" %} → kg, as it is typed"""
    return measure_of(unit).symbol


@register.filter
def energy_word(source: str) -> str:
    """{{ "bought"|energy_word }} → energy, bought"""
    words = {
        "made-here": _("Energy, made here"),
        "stored": _("Energy, stored"),
        "bought": _("Energy, bought"),
        "unknown": _("Energy, from nobody knows where"),
    }
    return words.get(source, source)


@register.filter
def who_word(who: str) -> str:
    """{{ "Ben"|who_word }} → Ben, {{ "nature/soil"|who_word }} → the soil: a name that the reader may know stays as it
    is; whom only the journal names is said as the books say it."""
    kind, _slash, name = who.partition("/")
    said = {"name": name.replace("-", " ").capitalize()}
    kinds = {
        "workers": _("Workers of %(name)s"),
        "commons": _("Commons: %(name)s"),
        "suppliers": _("Supplier %(name)s"),
        "funders": _("%(name)s, from outside"),
    }
    return kinds[kind] % said if kind in kinds else owner_word(who)
