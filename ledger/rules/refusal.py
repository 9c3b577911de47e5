"""An anticipated no: what a person reads when the program will not do something."""

from collections.abc import Callable
from typing import Any


class Refusal(Exception):
    """We cannot do that."""

    # A subclass stands beside the service that raises it. Its name is the code the API answers, its docstring the words
    # a person reads, with {facts} in braces; `config` answers it for every door.
    status = 409

    def __init__(self, **facts: Any) -> None:
        super().__init__()
        self.facts = facts

    @property
    def code(self) -> str:
        return type(self).__name__

    def words(self, translate: Callable[[str], str] = str) -> str:
        """The sentence for a person, by way of `translate` (gettext), with the facts filled in."""
        said = " ".join((type(self).__doc__ or "").split())
        return translate(said).format(**self.facts)

    def __str__(self) -> str:
        return self.words()


class NotAllowed(Refusal):
    """You may not do this here."""

    status = 403


class NotFound(Refusal):
    """There is nothing here by that name."""

    status = 404


class BadInput(Refusal):
    """Something you entered cannot be read."""

    status = 422
