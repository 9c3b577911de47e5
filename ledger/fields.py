"""Fields of the API that read quantities: whole numbers of a unit's smallest part, exactly as they were sent."""

import re
from typing import Any

from rest_framework import serializers


class WholeNumberField(serializers.IntegerField):
    """A whole number as JSON writes one, or its digits as a string.

    JSON's fractions and exponents are refused, even where they come out whole: a float has rounded them by then.
    """

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int and not (isinstance(data, str) and re.fullmatch(r"-?\d{1,40}", data)):
            self.fail("invalid")
        return int(super().to_internal_value(data))
