"""How a family of recipes is drawn."""

import pytest

from cooperatives.rules.family import STEP, picture

pytestmark = pytest.mark.quick


def test_each_is_drawn_once_below_all_that_it_was_made_from():
    drawn = picture([("dark", "milk"), ("salt", "both"), ("milk", "both"), ("dark", "dark")])
    rows = {box.name: box.y // STEP for box in drawn.boxes}
    assert rows == {"dark": 0, "salt": 0, "milk": 1, "both": 2}
    assert len(drawn.lines) == 3
    assert all(line.y1 < line.y2 for line in drawn.lines)
    assert all(0 <= box.x < drawn.width for box in drawn.boxes)


def test_nothing_takes_no_room():
    assert picture([]) == picture([]).__class__((), (), 0, 0)
