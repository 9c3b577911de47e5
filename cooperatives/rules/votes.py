"""Whether a vote carries: enough took part, and enough of those who took a side were for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """How many were for it, against it and neither, of so many who could vote."""

    yes: int
    no: int
    abstain: int
    electorate: int

    @property
    def cast(self) -> int:
        return self.yes + self.no + self.abstain

    @property
    def is_complete(self) -> bool:
        """Whether all have voted, so that nobody can change the result but by changing their own vote."""
        return self.cast >= self.electorate

    def has_quorum(self, percent: int) -> bool:
        """Whether `percent` of those who could vote did; who abstains counts here."""
        return self.cast > 0 and self.cast * 100 >= self.electorate * percent

    def has_majority(self, majority: str) -> bool:
        """Whether more than half of those who took a side, or at least two thirds of them, were for it."""
        return self.yes > self.no if majority == "half" else 0 < self.yes >= 2 * self.no

    def is_carried(self, *, quorum: int, majority: str) -> bool:
        """Both of them."""
        return self.has_quorum(quorum) and self.has_majority(majority)
