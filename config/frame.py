"""What every page's frame needs to know besides its own content."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from config import tours


def frame(request: HttpRequest) -> dict[str, object]:
    """For templates: how many pieces are in this visitor's cart, and whether this is a demonstration, and
    what the guide of a tour says here.

    The cart is counted, and the guide looked up, only where a template asks: an error page must not need the database.
    """

    def cart_count() -> int:
        session = getattr(request, "session", None)
        return sum(session.get("cart", {}).values()) if session is not None else 0

    return {
        "guide": SimpleLazyObject(lambda: tours.guide(request)),
        "cart_count": cart_count,
        "is_demonstration": getattr(settings, "IS_DEMONSTRATION", False),
    }
