"""What somebody wished, in one sentence that the second person can agree to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cooperatives.queries import money_words, role_words
from cooperatives.queries.credit import circles_by_code, credit_words
from market.pages.keepers import keeper_word
from market.services.letters import say_money

if TYPE_CHECKING:
    from cooperatives.models import Approval


def said(row: Approval, names: Mapping[str, str], currency: str) -> str:
    """The wish in words."""
    wish = row.wish
    match row.kind:
        case "roles":
            roles = ", ".join(role_words(wish["roles"]))
            return _("%(name)s is from now on: %(roles)s.") % {"name": names[wish["address"]], "roles": roles}
        case "rules":
            two_persons, schedule = money_words(wish)
            words = _("Two persons are needed %(when)s; the least paid out is %(least)s; purses are paid %(schedule)s.")
            least = say_money(wish["minimum"], currency)
            told = words % {"when": two_persons, "least": least, "schedule": schedule}
            if first := wish.get("second_factor_from"):
                day = date_format(date.fromisoformat(first))
                told += " " + _("Stewards and treasurers need a passkey or a code from %(day)s on.") % {"day": day}
            return told
        case "bank":
            if not wish["iban"]:
                return _("Transfers are no longer taken: no bank account is shown.")
            words = _("Buyers transfer to %(holder)s, %(iban)s.")
            return words % {"holder": wish["account_holder"], "iban": wish["iban"]}
        case "sending":
            return _("Stripe sends %(amount)s to your bank.") % {"amount": say_money(wish["amount"], currency)}
        case "advance":
            words = _("%(name)s is paid %(amount)s from %(keeper)s before earning it.")
            amount = say_money(wish["amount"], currency)
            keeper = keeper_word(wish["keeper"], row.cooperative.slug)
            return words % {"name": names[wish["address"]], "amount": amount, "keeper": keeper}
        case "moving":
            words = _("%(amount)s goes from %(source)s to %(target)s: line %(line)s there.")
            amount = say_money(wish["amount"], currency)
            places = {name: keeper_word(wish[name], row.cooperative.slug) for name in ("source", "target")}
            return words % {"amount": amount, "line": wish["statement_line"], **places}
        case "credited":
            words = _("The cooperative pays %(name)s %(amount)s of the members’ credit: %(what)s")
            amount = credit_words(wish["quantity"], circles_by_code([wish["code"]])[wish["code"]])
            return words % {"name": names.get(wish["to"], wish["to"]), "amount": amount, "what": wish["words"]}
    return _("For a day, a treasurer or a steward may tell Stripe other facts, also another bank account.")
