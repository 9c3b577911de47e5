"""Addresses of the books as people say them: whose account it is, and what for. The address is one level down."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ledger.rules.entries import Address, MalformedEntry

register = template.Library()


@register.filter
def owner_word(owner: str) -> str:
    """“Cooperative fern” for coops/fern, “the soil” for nature/soil; what is no owner's name stays as it is."""
    kind, stroke, name = owner.partition("/")
    alone = {
        "nature/soil": _("the soil"),
        "nature/air": _("the air"),
        "nature/sun": _("the sun"),
        "nature/wind": _("the wind"),
        "nature/water": _("the water"),
        "nature/wood": _("the wood"),
        "nature/biogas": _("biogas"),
        "unknown/unexplained": _("nobody knows who"),
        "unknown/count": _("a count"),
    }
    if owner in alone:
        return alone[owner]
    words = {
        "coops": _("Cooperative %(name)s"),
        "operators": _("Market %(name)s"),
        "members": _("Member %(name)s"),
        "workers": _("Worker %(name)s"),
        "commons": _("Commons: %(name)s"),
        "nature": _("Nature: %(name)s"),
        "orders": _("Order %(name)s"),
        "suppliers": _("Supplier %(name)s"),
        "carriers": _("Carrier %(name)s"),
        "processors": _("Payment service %(name)s"),
        "funders": _("Funder %(name)s"),
        "tax": _("Tax office %(name)s"),
        "hubs": _("Hub %(name)s"),
        "unknown": _("Unknown: %(name)s"),
    }
    return words[kind] % {"name": name} if stroke and kind in words else owner


@register.filter
def account_word(address: str) -> str:
    """“Cooperative fern: money, in the cash box” for coops/fern/till@cash/fern; an owner alone is said as one."""
    try:
        account = Address.parse(address)
    except MalformedEntry:
        return owner_word(address)
    what = _("%(purpose)s, %(keeper)s") if account.keeper else "%(purpose)s"
    said = what % {"purpose": purpose_of(account), "keeper": keeper_of(account)}
    return _("%(owner)s: %(account)s") % {"owner": owner_word(account.owner), "account": said}


def purpose_of(account: Address) -> str:
    """What an account is for: “purse”, “lot wet-1”."""
    words = {
        "till": _("money"),
        "prepaid": _("paid in, not sold yet"),
        "float": _("money laid out"),
        "pocket": _("outside these books"),
        "owes": _("what it holds for others"),
        "losses": _("losses not yet borne"),
        "debts": _("what was promised"),
        "free": _("working money"),
        "reserve": _("reserve"),
        "funds": _("fund %(name)s"),
        "earned": _("earned by lot %(name)s"),
        "disputed": _("set aside in a dispute, %(name)s"),
        "debt": _("promised, not paid yet"),
        "capital": _("capital"),
        "purse": _("purse"),
        "lots": _("lot %(name)s"),
        "processes": _("process %(name)s"),
        "parcels": _("sold, not handed over yet"),
        "goods": pgettext("an account", "received"),
        "stock": _("stock"),
        "harvest": _("harvest"),
        "work": pgettext("an account", "work") if account.name in {"", "work"} else _("work, %(name)s"),
        "tools": _("tool %(name)s"),
        "recipe": pgettext("an account", "recipe"),
        "copies": _("copies of %(name)s"),
        "body": _("what it gives and receives"),
        "count": _("found or missing in a count"),
        "opening": _("from before the books"),
    }
    return words.get(account.word, account.purpose) % {"name": account.name}


def keeper_of(account: Address) -> str:
    """Where it lies: “in the cash box”; the name of the place where it is not the owner's own."""
    kind, _stroke, name = account.keeper.partition("/")
    words = {
        "bank": _("at the bank"),
        "cash": _("in the cash box"),
        "momo": _("as mobile money"),
        "stripe": _("at Stripe"),
        "way": _("on its way"),
    }
    if kind not in words:
        return _("at %(name)s") % {"name": name}
    return words[kind] if name == account.owner.partition("/")[2] else f"{words[kind]} ({name})"


@register.simple_tag
def subjects(row: Mapping[str, Any]) -> str:
    """{% subjects row %}: whom a record of the log is about; of an entry, from whom to whom."""
    return " → ".join(account_word(one) for one in row["about"])
