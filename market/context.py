"""What every page of the frame shows of the market: how many pieces are in the cart."""

from django.http import HttpRequest

from market.rules.cart import count


def cart(request: HttpRequest) -> dict[str, int]:
    """The number beside “Cart”; pages that show none never read the session."""
    session = getattr(request, "session", None)
    return {"cart_count": count(session.get("cart", {}))} if session is not None else {}
