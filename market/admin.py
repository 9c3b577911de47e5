"""The market in Django's admin: orders, payments and what follows them are to be looked at, never changed."""

from django.contrib import admin

from ledger.admin import ReadOnly
from market.models import (
    Carriage,
    CarriageOffer,
    Cycle,
    Division,
    Hold,
    Letter,
    Listing,
    Order,
    OrderLine,
    Payment,
    Payout,
    Product,
    Stall,
)


class LinesInline(admin.TabularInline):  # type: ignore[type-arg]  # takes no argument at run time
    """The lines of an order."""

    model = OrderLine
    extra = 0
    can_delete = False


class CarriagesInline(admin.TabularInline):  # type: ignore[type-arg]  # takes no argument at run time
    """What of an order is sent, and with whom."""

    model = Carriage
    extra = 0
    can_delete = False


@admin.register(Order)
class OrderAdmin(ReadOnly):
    list_display = ("name", "word", "state", "way", "placed_at")
    list_filter = ("state", "way")
    search_fields = ("name", "word")
    exclude = ("token", "key")  # whoever reads the secret of a page could act as the buyer
    inlines = [LinesInline, CarriagesInline]


@admin.register(Payment)
class PaymentAdmin(ReadOnly):
    list_display = ("statement_line", "amount", "currency", "received_at")
    list_filter = ("currency", "is_fee_known")
    search_fields = ("statement_line",)


@admin.register(Division)
class DivisionAdmin(ReadOnly):
    list_display = ("period", "lot_path", "amount", "currency")
    search_fields = ("period", "lot_path")


@admin.register(Cycle)
class CycleAdmin(ReadOnly):
    list_display = ("code", "name", "opens_at", "closes_at", "closed_at")
    search_fields = ("code", "name")


@admin.register(Payout)
class PayoutAdmin(ReadOnly):
    list_display = ("owner", "amount", "currency", "prepared_at", "confirmed_at")
    search_fields = ("owner", "statement_line")


@admin.register(Listing)
class ListingAdmin(ReadOnly):
    list_display = ("title", "state", "price", "currency", "lot_path")
    list_filter = ("state",)
    search_fields = ("title", "lot_path")


@admin.register(Letter)
class LetterAdmin(ReadOnly):
    list_display = ("subject", "written_at", "sent_at", "tries")
    exclude = ("body",)  # it holds the secret link


admin.site.register([CarriageOffer, Hold, Product, Stall], ReadOnly)
