"""Nouns of the market: tables and constraints, no decisions."""

from market.models.cards import Dispute, PaymentPage, Refund
from market.models.carriage import Carriage, CarriageOffer
from market.models.catalogue import Listing, Product, Stall
from market.models.cycles import Cycle, CycleGood
from market.models.invoices import Invoice, InvoiceSeries
from market.models.letters import Letter
from market.models.orders import Hold, Order, OrderLine
from market.models.payments import CreditDivision, CreditPart, Division, Payment, Payout
from market.models.statements import BankLine
from market.models.stripe import BankPayout, Reversal, StripeAccount, StripeCall, StripeEvent, Transfer
from market.models.tokens import Scope, Token

__all__ = [
    "BankLine",
    "BankPayout",
    "Carriage",
    "CarriageOffer",
    "CreditDivision",
    "CreditPart",
    "Cycle",
    "CycleGood",
    "Dispute",
    "Division",
    "Hold",
    "Invoice",
    "InvoiceSeries",
    "Letter",
    "Listing",
    "Order",
    "OrderLine",
    "Payment",
    "PaymentPage",
    "Payout",
    "Product",
    "Refund",
    "Reversal",
    "Scope",
    "Stall",
    "StripeAccount",
    "StripeCall",
    "StripeEvent",
    "Token",
    "Transfer",
]
