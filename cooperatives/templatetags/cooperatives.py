"""Words for accounts and their owners: "work/family" is how the journal says it, "family work" how people do."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()


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
    words = {
        "harvest": _("harvest"),
        "tools": _("use of tools"),
        "recipe": _("recipe"),
        "stock": _("bought goods"),
        "body": _("nature"),
        "count": _("count"),
        "opening": _("from before the books"),
    }
    return words.get(word, purpose)


@register.filter
def owner_word(owner: str) -> str:
    """{{ "nature/soil"|owner_word }} → the soil; a name that is no address of the ledger stays as it is."""
    kind, slash, name = owner.partition("/")
    known = {
        "nature/soil": _("the soil"),
        "nature/air": _("the air"),
        "unknown/unexplained": _("nobody knows who"),
        "unknown/count": _("a count"),
    }
    if owner in known or not slash:
        return known.get(owner, owner)
    said = {"name": name.replace("-", " ").capitalize()}
    kinds = {
        "workers": _("Workers of %(name)s"),
        "commons": _("Commons: %(name)s"),
        "suppliers": _("Supplier %(name)s"),
    }
    return kinds.get(kind, "%(name)s") % said
