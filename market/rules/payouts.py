"""The days on which purses are paid, the same for everybody."""

from datetime import date, timedelta

ANY, WEEKLY, MONTHLY, QUARTERLY = "any", "weekly", "monthly", "quarterly"


def payout_days(schedule: str, on: date) -> tuple[date, date]:
    """The last day of payouts up to `on`, and the next one after it; where every day is one, `on` and the day after."""
    if schedule == WEEKLY:
        last = on - timedelta(days=on.weekday())
        return last, last + timedelta(days=7)
    if schedule == MONTHLY:
        return on.replace(day=1), _months_later(on.replace(day=1), 1)
    if schedule == QUARTERLY:
        last = date(on.year, on.month - (on.month - 1) % 3, 1)
        return last, _months_later(last, 3)
    return on, on + timedelta(days=1)


def _months_later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)
