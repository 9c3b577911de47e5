"""Content that would break a mock: long names, every allergen, words without a space; no page scrolls sideways."""

import pytest

from cooperatives.services.people import admit_member
from market.rules.labels import ALLERGENS
from market.services.settlements import divide_period
from tests.browser.conftest import PHONE, Opener
from tests.browser.kinds import kinds, readers
from tests.market.goods import bought, on_shelf, ordered, stall
from tests.world import agreed, bars, world

pytestmark = pytest.mark.browser
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
NAMES = (
    LONG[:60],
    "عبد الرحمن بن محمد بن عبد العزيز آل سعود القرشي الهاشمي",
    "Nguyễn Thị Phương Thảo Minh Anh Hồng Ngọc",
)
WIDTHS = (360, 768, 1280)


def test_no_page_scrolls_sideways(own_database: str, open_page: Opener) -> None:
    w = world(name=f"Cooperative of the {LONG}"[:120])
    for name in NAMES:
        admit_member(cooperative=w.fern, name=name, number=name[:20], place=w.fern.place.path, at=w.later(), by=w.ada)
    agreed(w)
    stall(w)
    listing = on_shelf(
        w,
        bars(w),
        allergens=list(ALLERGENS),
        ingredients=", ".join(f"ingredient number {n} with a name ({n} %)" for n in range(40)),
        description=f"{LONG} {LONG}",
        operator=f"{LONG}, {LONG}",
        price=1_200_000,
    )
    bought(w, listing, 3)
    divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())
    ordered(w, listing, 399 - 3)
    wide: dict[str, int] = {}
    met: set[str] = set()
    for _reader, client in readers():
        seen = [(name, path) for name, path in kinds(client) if name not in met]
        met |= {name for name, _path in seen}
        page = open_page("/", size=PHONE, language="fr")
        if morsel := client.cookies.get("session"):
            page.context.add_cookies([{"name": "session", "value": morsel.value, "url": page.url}])
        for name, path in seen:
            page.goto(path)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if over > 0:
                    wide[f"{name} at {width}"] = over
        page.goto("/")
    assert len(met) > 25
    assert wide == {}, "\n".join(f"{page}: {over}" for page, over in wide.items())
