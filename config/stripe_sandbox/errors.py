"""Refusals in Stripe's own words and codes (docs.stripe.com/api/errors, /error-codes)."""

from typing import Any


class StripeError(Exception):
    """What the API answers instead of an object."""

    def __init__(
        self, message: str, *, status: int = 400, kind: str = "invalid_request_error", code: str = "", param: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"error": {"type": kind, "message": message}}
        if code:
            self.body["error"] |= {
                "code": code,
                "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
            }
        if param:
            self.body["error"]["param"] = param


def no_such(kind: str, identity: str, param: str = "id") -> StripeError:
    return StripeError(f"No such {kind}: '{identity}'", status=404, code="resource_missing", param=param)


def missing(param: str) -> StripeError:
    return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def invalid_integer(param: str) -> StripeError:
    return StripeError(f"Invalid integer: {param}", code="parameter_invalid_integer", param=param)


def below_one(param: str = "amount") -> StripeError:
    words = "This value must be greater than or equal to 1."
    return StripeError(words, code="parameter_invalid_integer", param=param)


def too_little(what: str) -> StripeError:
    return StripeError(
        f"You have insufficient funds in your Stripe account for this {what}. Your card balance is too low. You can "
        "use the /v1/balance endpoint to view your Stripe balance (for more details, see stripe.com/docs/api#balance).",
        code="balance_insufficient",
    )
