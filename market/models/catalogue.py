"""What is for sale: stalls, products, and the listings of lots."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Stall(models.Model):
    """How a cooperative meets its buyers: who sells, where goods are picked up, where a transfer goes."""

    cooperative = models.OneToOneField("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    seller = models.CharField(_("name of the seller"), max_length=200)
    address = models.TextField(_("postal address"), max_length=500)
    email = models.EmailField(_("e-mail address"), blank=True)
    pickup_address = models.TextField(_("where goods are picked up"), max_length=500)
    pickup_hours = models.CharField(_("when goods are picked up"), max_length=200)
    account_holder = models.CharField(_("holder of the bank account"), max_length=200, blank=True)
    iban = models.CharField(_("bank account (IBAN)"), max_length=42, blank=True)
    sells_in_cycles = models.BooleanField(_("sells in order cycles"), default=False)

    class Meta:
        verbose_name = _("stall")
        verbose_name_plural = _("stalls")

    def __str__(self) -> str:
        return self.seller


class Product(models.Model):
    """A good that a cooperative makes again and again; each lot of it is listed anew."""

    class Kind(models.TextChoices):
        """What a shelf is sorted by."""

        CHOCOLATE = "chocolate", _("Chocolate and cocoa")
        CHEESE = "cheese", _("Cheese and milk")
        GRAIN = "grain", _("Rice and grain")
        FOOD = "food", _("Other food")
        GARDEN = "garden", _("Soil and garden")
        CRAFT = "craft", _("Craft")
        CODE = "code", _("Code and tools")
        COURSE = "course", _("Courses")

    cooperative = models.ForeignKey("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "name"], name="a_cooperative_names_a_product_once")
        ]

    def __str__(self) -> str:
        return self.name


class Listing(models.Model):
    """A lot offered by the piece, at a price with VAT inside; amounts in the currency's smallest part."""

    class State(models.TextChoices):
        """Only what is published can be bought."""

        DRAFT = "draft", _("Not yet on the shelf")
        PUBLISHED = "published", _("On the shelf")
        WITHDRAWN = "withdrawn", _("Taken off the shelf")

    class NetUnit(models.TextChoices):
        """What a label counts a piece in."""

        GRAM = "g", _("g")
        MILLILITRE = "ml", _("ml")
        PIECE = "piece", _("piece")

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="listings")
    lot = models.ForeignKey("cooperatives.Lot", on_delete=models.PROTECT, related_name="+")
    lot_path = models.CharField(_("lot in the ledger"), max_length=100)
    hub = models.CharField(_("hub"), max_length=50)
    title = models.CharField(_("title"), max_length=120)
    description = models.TextField(_("description"), blank=True, max_length=2000)
    price = models.BigIntegerField(_("price of one piece"))
    currency = models.CharField(_("currency"), max_length=20)
    unit = models.CharField(_("unit of the lot"), max_length=20)
    unit_quantity = models.BigIntegerField(_("units of the lot in one piece"))
    vat_rate = models.PositiveSmallIntegerField(_("VAT, per mille"))
    tax = models.CharField(_("whose tax it is"), max_length=50)
    container = models.ForeignKey(
        "cooperatives.Container", on_delete=models.PROTECT, related_name="+", null=True, blank=True,
        verbose_name=_("comes in"),
    )  # fmt: skip
    credit_share = models.PositiveSmallIntegerField(_("share it takes in members’ credit, in percent"), default=0)

    is_food = models.BooleanField(_("it is food"), default=True)
    net_quantity = models.PositiveIntegerField(_("net quantity"), null=True, blank=True)
    net_unit = models.CharField(_("unit of the net quantity"), max_length=5, choices=NetUnit, default=NetUnit.GRAM)
    ingredients = models.TextField(_("ingredients"), blank=True, max_length=2000)
    allergens = models.JSONField(_("allergens"), null=True, blank=True)
    operator = models.CharField(_("made or sold by, with address"), max_length=500, blank=True)
    origin = models.CharField(_("origin"), max_length=200, blank=True)
    storage = models.CharField(_("how to keep it"), max_length=200, blank=True)

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    listed_at = models.DateTimeField(_("listed"))
    published_at = models.DateTimeField(_("on the shelf since"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("off the shelf since"), null=True, blank=True)

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        ordering = ["-published_at", "-id"]
        indexes = [models.Index(fields=["state", "-published_at"], name="the_shelf")]
        constraints = [
            models.CheckConstraint(condition=Q(price__gt=0), name="a_price_is_above_zero"),
            models.CheckConstraint(condition=Q(unit_quantity__gt=0), name="a_piece_is_some_of_its_lot"),
            models.CheckConstraint(condition=Q(vat_rate__lt=1000), name="tax_is_less_than_the_goods"),
            models.CheckConstraint(condition=Q(credit_share__lte=100), name="no_more_than_all_is_taken_in_credit"),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False, net_quantity__gt=0),
                name="a_published_listing_says_when_and_how_much",
            ),
            models.CheckConstraint(
                condition=~Q(state="published", is_food=True)
                | (Q(allergens__isnull=False) & ~Q(ingredients="") & ~Q(storage="")),
                name="published_food_names_its_ingredients",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(state="withdrawn"),
                name="only_a_withdrawn_listing_was_taken_off",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def lot_address(self) -> str:
        """Where the goods lie: the lot's account at its hub."""
        return f"{self.lot_path}@{self.hub}"

    @property
    def lot_code(self) -> str:
        """The code by which its cooperative calls the lot."""
        return self.lot_path.rpartition("/")[2]

    @property
    def deposit(self) -> int:
        """What is paid for the container of one piece, beside the price, until it comes back."""
        return self.container.deposit if self.container else 0

    @property
    def earned_path(self) -> str:
        """Where what the lot earns stands."""
        return self.lot_path.replace("/lots/", "/earned/")
