"""What every page's frame needs to know besides its own content."""

from django.conf import settings
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, object]:
    """For templates: how many pieces are in this visitor's cart, and whether this is a demonstration."""
    session = getattr(request, "session", None)
    cart = session.get("cart", {}) if session is not None else {}
    return {
        "cart_count": sum(cart.values()),
        "is_demonstration": getattr(settings, "IS_DEMONSTRATION", False),
    }
