"""The shop: the shelf, one listing, and the cart."""

from dataclasses import replace

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from cooperatives.queries.recipes import labelled_lots
from cooperatives.rules.labels import LABELS
from ledger.queries import sealed
from market import queries
from market.forms.checkout import PiecesForm
from market.forms.listings import ALLERGEN_WORDS
from market.models import Product
from market.pages.baskets import basket_of
from market.pages.offers import offer_page, offers, sorted_by
from market.rules.cart import added, changed
from market.rules.labels import ALLERGENS

PAGE = 24
KEPT = (0, 50, 67, 80)
SORTS = ("newest", "kept", "price")
# Of each 1,000 that chocolate cost on French shelves in 2018 (FAO and BASIC, 2020): to producing countries, elsewhere.
FRENCH_SHELF = {"local": 186, "extracted": 814}


@require_GET
def shelf(request: HttpRequest) -> HttpResponse:
    """What can be bought, each on the bar of who receives its price."""
    asked = request.GET
    wanted = queries.Wanted(
        words=asked.get("q", "")[:100],
        kinds=tuple(kind for kind in asked.getlist("kind") if kind in Product.Kind.values),
        without=tuple(allergen for allergen in asked.getlist("without") if allergen in ALLERGENS),
        cooperative=asked.get("cooperative", "")[:40],
    )
    kept = int(asked["kept"]) if asked.get("kept") in {str(n) for n in KEPT} else 0
    sort = asked["sort"] if asked.get("sort") in SORTS else "newest"
    place = asked.get("place", "")[:200]
    labelled, now = labelled_lots(), timezone.now()
    everyones = offers(
        queries.on_the_shelf(replace(wanted, cooperative=""), at=now, labelled=labelled), labelled, at=now
    )
    makers = {offer.listing.product.cooperative for offer in everyones}
    found = [o for o in everyones if wanted.cooperative in {"", o.listing.product.cooperative.slug}]
    fit = [offer for offer in found if offer.keeps_at_least(kept) and place in {"", offer.boundary}]
    shown = sorted_by(sort, fit)
    context = {
        "here": "shop",
        "page": Paginator(shown, PAGE).get_page(asked.get("page")),
        "wanted": wanted,
        "kept": kept,
        "kept_choices": [(n, _("At least %(n)s%%") % {"n": n} if n else _("Any")) for n in KEPT],
        "sort": sort,
        "kinds": Product.Kind.choices,
        "sellers": [(c.slug, c.name) for c in sorted(makers, key=lambda maker: maker.name)],
        "place": place,
        "places": sorted({(offer.price.place, offer.boundary) for offer in found if offer.price.place}),
        "allergens": [(name, ALLERGEN_WORDS[name]) for name in ALLERGENS],
        "french_shelf": FRENCH_SHELF,
        "chosen": bool(kept) + len(wanted.kinds) + len(wanted.without) + bool(wanted.cooperative) + bool(place),
    }
    return render(request, "market/shelf.html", context)


@require_GET
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    """One lot for sale: its price on its bar, who receives it, its story, and what is in it."""
    row = queries.listing(pk)
    found = offer_page(row, boundary=request.GET.get("boundary"), at=timezone.now())
    allergens = [ALLERGEN_WORDS[name] for name in row.allergens or ()]
    context = {"here": "shop", "offer": found, "listing": row, "allergens": allergens, "form": PiecesForm(),
               "labels": [(label, LABELS[label.code]) for label in found.labels],
               "sealed": sealed(found.story.tokens) if found.story else None}  # fmt: skip
    return render(request, "market/listing.html", context)


@require_GET
def cart(request: HttpRequest) -> HttpResponse:
    """What is in the cart and what it costs, tax inside, before anybody says who he is."""
    basket = basket_of(cart_of(request), at=timezone.now(), carriage=carriage_of(request))
    return render(request, "market/cart.html", {"here": "cart", "basket": basket})


@require_POST
def choose_carriage(request: HttpRequest) -> HttpResponse:
    """How the goods of each cooperative reach the buyer: sent, or picked up."""
    chosen = {name.removeprefix("reach-"): pk for name, pk in request.POST.dict().items() if name.startswith("reach-")}
    request.session["carriage"] = {seller: pk for seller, pk in chosen.items() if pk}
    return redirect("checkout" if request.POST.get("then") == "checkout" else "cart")


@require_POST
def put_in_cart(request: HttpRequest, pk: int) -> HttpResponse:
    """Put more pieces of a listing into the cart."""
    row = queries.listing(pk)
    form = PiecesForm(request.POST)
    pieces = form.cleaned_data["pieces"] if form.is_valid() else 1
    request.session["cart"] = added(cart_of(request), row.pk, pieces)
    words = ngettext(
        "One piece of “%(title)s” is in your cart.", "%(n)s pieces of “%(title)s” are in your cart.", pieces
    )
    messages.success(request, words % {"title": row.title, "n": pieces})
    return redirect("cart" if request.POST.get("then") == "cart" else "shelf")


@require_POST
def change_cart(request: HttpRequest, pk: int) -> HttpResponse:
    """Have exactly so many pieces of a listing in the cart; none takes it out."""
    form = PiecesForm(request.POST)
    if form.is_valid() and str(pk) in cart_of(request):
        request.session["cart"] = changed(cart_of(request), pk, form.cleaned_data["pieces"])
    return redirect("cart")


def cart_of(request: HttpRequest) -> dict[str, int]:
    """The visitor's cart, without what a tampered session may hold."""
    kept = request.session.get("cart", {})
    return {key: n for key, n in kept.items() if str(key).isdigit() and isinstance(n, int) and n > 0}


def carriage_of(request: HttpRequest) -> dict[int, int]:
    """How the visitor chose to have goods sent, {cooperative: offer} by number, without what a tampered session may
    hold."""
    kept = request.session.get("carriage", {})
    return {int(one): int(pk) for one, pk in kept.items() if f"{one}{pk}".isdecimal() and len(f"{one}{pk}") < 18}
