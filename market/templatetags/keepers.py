"""Template filter: {{ payout.keeper|keeper_word:cooperative.slug }} says "the bank" for bank/fern."""

from django import template

from market.pages import keepers

register = template.Library()

register.filter("keeper_word", keepers.keeper_word)
