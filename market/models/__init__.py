"""Nouns of the market: tables and constraints, no decisions."""

from market.models.catalogue import Listing, Product, Stall
from market.models.letters import Letter
from market.models.orders import Hold, Order, OrderLine
from market.models.payments import Division, Payment, Payout

__all__ = ["Division", "Hold", "Letter", "Listing", "Order", "OrderLine", "Payment", "Payout", "Product", "Stall"]
