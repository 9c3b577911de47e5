"""What was ordered, by whom, and the goods held for it until it is paid."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from market.models.catalogue import Listing
from market.models.cycles import Cycle


class Order(models.Model):
    """A buyer's contract. The ledger knows it by a random name; its page is opened by another random token.

    It may lie at several hubs: each line says when it was handed over, and the order is picked up with the last one.
    """

    class State(models.TextChoices):
        """Placed is a promise; paid is a fact of the ledger."""

        PLACED = "placed", _("Placed")
        PAID = "paid", _("Paid")
        HANDED_OVER = "handed_over", _("Picked up or sent")
        CANCELLED = "cancelled", _("Cancelled")
        RETURNED = "returned", _("All came back")

    class Way(models.TextChoices):
        """How the buyer said it will be paid."""

        PICKUP = "pickup", _("At pick-up, in cash")
        BANK = "bank", _("By bank transfer")
        CARD = "card", _("By card")

    name = models.CharField(_("name in the ledger"), max_length=40, unique=True)
    token = models.CharField(_("secret of its page"), max_length=64, unique=True)
    key = models.CharField(_("key of the checkout"), max_length=100, unique=True)
    word = models.CharField(_("order word"), max_length=40)
    buyer = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail address"))
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    note = models.CharField(_("note for the cooperative"), max_length=300, blank=True)
    street = models.CharField(_("street and number"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    town = models.CharField(_("town"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    way = models.CharField(_("payment"), max_length=10, choices=Way)
    currency = models.CharField(_("currency"), max_length=20)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PLACED)
    placed_at = models.DateTimeField(_("placed"))
    expires_at = models.DateTimeField(_("held until"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    handed_over_at = models.DateTimeField(_("picked up"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at", "-id"]
        indexes = [models.Index(fields=["state", "expires_at"], name="orders_that_may_expire")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["placed", "cancelled"]) | Q(paid_at__isnull=False),
                name="a_paid_order_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="handed_over") | Q(handed_over_at__isnull=False),
                name="an_order_picked_up_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | Q(cancelled_at__isnull=False, paid_at__isnull=True),
                name="only_an_unpaid_order_is_cancelled",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def owner(self) -> str:
        """Its address in the ledger."""
        return f"orders/{self.name}"

    @property
    def is_sold(self) -> bool:
        """Whether all of it was paid and its lines are sold."""
        return self.paid_at is not None

    @property
    def goods(self) -> int:
        """What the goods cost, VAT inside."""
        return sum(line.price for line in self.lines.all())

    @property
    def deposits(self) -> int:
        """What is paid for containers beside the goods; it is owed to the buyer until they come back."""
        return sum(line.deposits for line in self.lines.all())

    @property
    def sending(self) -> int:
        """What the carriers cost, VAT inside."""
        return sum(each.price for each in self.carriages.all())

    @property
    def total(self) -> int:
        """What the buyer owes: goods and carriage, VAT inside, and the deposits, on which there is none."""
        return self.goods + self.sending + self.deposits

    @property
    def sold_for(self) -> int:
        """What of goods and carriage is paid in money: without what members' credit pays."""
        return sum(line.price - line.worth for line in self.lines.all()) + self.sending

    @property
    def due(self) -> int:
        """What of the total is paid in money."""
        return self.sold_for + self.deposits

    @property
    def vat(self) -> int:
        return sum(line.vat for line in self.lines.all()) + sum(each.vat for each in self.carriages.all())

    @property
    def senders(self) -> set[int]:
        """The cooperatives (by number) whose goods are sent to the buyer; those of others are picked up."""
        return {each.offer.cooperative_id for each in self.carriages.all()}

    @property
    def state_words(self) -> str:
        """The state in words, as it is for this order: what was sent was not picked up."""
        if self.state == self.State.HANDED_OVER and (senders := self.senders):
            sellers = {line.listing.product.cooperative_id for line in self.lines.all()}
            return str(_("Sent") if sellers <= senders else _("Picked up and sent"))
        return str(self.State(self.state).label)


class OrderLine(models.Model):
    """So many pieces of one listing, with the price, tax and commission as they were agreed."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveSmallIntegerField(_("number"))
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="lines")
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="lines", null=True, blank=True)
    title = models.CharField(_("title"), max_length=120)
    hub = models.CharField(_("hub"), max_length=50)
    pieces = models.PositiveIntegerField(_("pieces"))
    quantity = models.BigIntegerField(_("units of the lot"))
    price = models.BigIntegerField(_("price"))
    vat_rate = models.PositiveSmallIntegerField(_("VAT, per mille"))
    vat = models.BigIntegerField(_("VAT inside"))
    commission = models.BigIntegerField(_("commission"))
    fee = models.BigIntegerField(_("what the card cost"), default=0)
    worth = models.BigIntegerField(_("what of the price members’ credit pays"), default=0)
    credit = models.BigIntegerField(_("in so much credit"), default=0)
    credit_division = models.ForeignKey(
        "market.CreditDivision", on_delete=models.PROTECT, related_name="lines", null=True, blank=True,
        verbose_name=_("by which division it was handed on"),
    )  # fmt: skip
    handed_over_at = models.DateTimeField(_("picked up"), null=True, blank=True)
    returned = models.PositiveIntegerField(_("pieces that came back"), default=0)
    container = models.ForeignKey(
        "cooperatives.Container", on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("comes in")
    )
    deposit = models.PositiveBigIntegerField(_("deposit on one container"), default=0)
    containers_back = models.PositiveIntegerField(_("containers that came back"), default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="an_order_numbers_its_lines_once"),
            models.UniqueConstraint(fields=["order", "listing"], name="an_order_has_one_line_for_a_listing"),
            models.CheckConstraint(
                condition=Q(pieces__gt=0, quantity__gt=0, price__gt=0), name="a_line_is_of_something"
            ),
            models.CheckConstraint(
                condition=Q(vat__gte=0, commission__gte=0, price__gte=models.F("vat") + models.F("commission")),
                name="tax_and_commission_are_inside_the_price",
            ),
            models.CheckConstraint(
                condition=Q(
                    worth__gte=0, credit__gte=0, price__gte=models.F("vat") + models.F("commission") + models.F("worth")
                ),
                name="tax_and_commission_are_paid_in_money",
            ),
            models.CheckConstraint(
                condition=Q(returned__lte=models.F("pieces")), name="no_more_comes_back_than_was_sold"
            ),
            models.CheckConstraint(
                condition=Q(containers_back__lte=models.F("pieces")) & (Q(container__isnull=False) | Q(deposit=0)),
                name="a_deposit_is_on_a_container_that_comes_back_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.number}"

    @property
    def kept(self) -> int:
        """The pieces that did not come back."""
        return self.pieces - self.returned

    @property
    def deposits(self) -> int:
        """What was paid for its containers."""
        return self.deposit * self.pieces

    @property
    def containers_left(self) -> int:
        """Its containers that can still come back; a piece that never left the hub is given back as if it had."""
        if self.container_id is None:
            return 0
        most = self.pieces if self.handed_over_at else self.returned
        return most - self.containers_back

    @property
    def waits(self) -> bool:
        """Whether anything of it lies at a hub still, for its buyer."""
        return self.handed_over_at is None and self.kept > 0

    @property
    def rest(self) -> int:
        """What the lot earns by it in money, before the card's fee."""
        return self.price - self.worth - self.vat - self.commission


class Hold(models.Model):
    """Goods promised to an order and still in their lot: the lot's balance less its holds is what can be sold."""

    line = models.OneToOneField(OrderLine, on_delete=models.PROTECT, related_name="hold")
    lot_address = models.CharField(_("lot at its hub"), max_length=150)
    unit = models.CharField(_("unit"), max_length=20)
    quantity = models.BigIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        indexes = [models.Index(fields=["lot_address", "unit"], name="holds_on_a_lot")]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="a_hold_is_of_something")]

    def __str__(self) -> str:
        return f"{self.quantity} {self.unit} of {self.lot_address}"
