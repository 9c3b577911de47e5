"""What the demo's cooperatives bring in, make and sell: yields as published (source beside each), people invented."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

DECLARED = "hours as declared"  # where nothing is weighed, no yield can be cited


@dataclass(frozen=True)
class Raw:
    """What farms bring in a season, in the smallest part of `unit`, and what the agreement values it at."""

    goods: str
    quantity: int
    givers: int
    cents_per_thousand: int
    unit: str = "g"


@dataclass(frozen=True)
class Bought:
    """What is bought from outside for a step; `place` None: we know the shop, not where its money goes."""

    supplier: str
    goods: str
    quantity: int
    net: int
    place: str | None
    unit: str = "g"


@dataclass(frozen=True)
class Made:
    """What a step ends in: quantity, and its share of what went in, in 10,000 parts."""

    goods: str
    quantity: int
    unit: str = "g"
    parts: int = 10_000


@dataclass(frozen=True)
class Power:
    """Energy that a step takes, in watt-hours: the sun, wood … that gives what is made here, or who sells it."""

    source: str
    watt_hours: int
    origin: str
    place: str | None = None


@dataclass(frozen=True)
class Step:
    """One process: minutes of work by kind, things bought in, what comes out, who takes what is lost; the energy it
    takes, and for how many minutes it holds a tool."""

    name: str
    days: int
    minutes: dict[str, int]
    makes: tuple[Made, ...]
    source: str
    bought: tuple[Bought, ...] = ()
    rest_to: str | None = "nature/air"
    power: tuple[Power, ...] = ()
    tools: dict[str, int] = field(default_factory=dict)

    def grown(self, times: int) -> Step:
        return replace(
            self,
            minutes={kind: minutes * times for kind, minutes in self.minutes.items()},
            makes=tuple(replace(each, quantity=each.quantity * times) for each in self.makes),
            bought=tuple(replace(each, quantity=each.quantity * times, net=each.net * times) for each in self.bought),
            power=tuple(replace(each, watt_hours=each.watt_hours * times) for each in self.power),
            tools={name: minutes * times for name, minutes in self.tools.items()},
        )


@dataclass(frozen=True)
class Offer:
    """How the last lot is sold: a piece is `unit_quantity` of it, its price in cents with VAT (per mille) inside."""

    title: str
    kind: str
    price: int
    unit_quantity: int
    vat_rate: int
    description: str
    facts: dict[str, Any]
    pieces_sold: int
    buyers: int


@dataclass(frozen=True)
class Story:
    """A cooperative of the demo: who and where it is, what it brings in, makes and sells, and how it shares."""

    slug: str
    name: str
    place: str
    story: str
    people: dict[str, tuple[str, ...]]  # first name: roles
    raw: Raw | None
    steps: tuple[Step, ...]
    offer: Offer
    cents_an_hour: int
    funds: dict[str, int]
    stall: dict[str, str]
    pieces: dict[str, int | None] = field(default_factory=dict)  # units for things counted, and the grams of one

    def copied(self, number: int) -> Story:
        """A cooperative like this one, with other people; the first is this one."""
        if number == 1:
            return self
        people = {f"{name} {number}": roles for name, roles in self.people.items()}
        return replace(self, slug=f"{self.slug}-{number}", name=f"{self.name} {number}", people=people)

    def grown(self, times: int) -> Story:
        """The same with `times` as much of everything that a season brings in, makes and sells."""
        offer = replace(self.offer, pieces_sold=self.offer.pieces_sold * times, buyers=self.offer.buyers * times)
        raw = self.raw and replace(self.raw, quantity=self.raw.quantity * times, givers=self.raw.givers * times)
        return replace(self, raw=raw, steps=tuple(step.grown(times) for step in self.steps), offer=offer)

    @property
    def givers(self) -> int:
        return self.raw.givers if self.raw else 0

    def told(self) -> str:
        """What a buyer reads: the goods, and which published yields they are made by."""
        cited = "; ".join(step.source for step in self.steps if step.source != DECLARED)
        return f"{self.offer.description}\n\nYields as published: {cited}." if cited else self.offer.description

    def rules(self) -> list[dict[str, Any]]:
        """Its agreement: costs, floors for harvest and hours, commons, reserve, and the rest by what each gave."""
        rates = [{"of": "work", "unit": "min", "per": 60, "pays": self.cents_an_hour}]
        if self.raw:
            rates.append({"of": "harvest", "unit": self.raw.unit, "per": 1000, "pays": self.raw.cents_per_thousand})
        return [
            {"step": "pass-through"},
            {"step": "debts"},
            {"step": "floors", "rates": rates},
            {"step": "commons", "thousandths": 80, "funds": self.funds},
            {"step": "reserve", "thousandths": 150},
            {"step": "residual", "rates": rates},
        ]


def stall(seller: str, address: str, pickup: str, hours: str, email: str) -> dict[str, str]:
    return {
        "seller": seller, "address": address, "email": email, "pickup_address": pickup, "pickup_hours": hours,
        "account_holder": seller, "iban": "FR76 3000 6000 0112 3456 7890 189",
    }  # fmt: skip


FERN = Story(
    slug="fern",
    name="Fern Cooperative",
    place="gh/ashanti/kumasi",
    story=(
        "Twelve farms on the hills above Kumasi grow cocoa under shade trees. They ferment, dry, roast and mould it "
        "themselves, so that the work and what it earns stay where the trees stand."
    ),
    people={"Ada": ("steward", "treasurer", "member"), "Kofi": ("treasurer", "member"), "Ben": ("member",),
            "Esi": ("clerk", "member"), "Yaw": ("auditor", "member")},
    raw=Raw("Wet cocoa beans", 60_000, 12, 180),
    steps=(
        Step("Ferment and dry", 11, {"ferment": 1_320}, (Made("Dry cocoa beans", 42_000),),
             "1 kg wet beans gives 0.7 kg dry (Grenada 2015, rule of thumb)"),
        Step("Roast and winnow", 2, {"roast": 840}, (Made("Cocoa mass", 34_440),),
             "1 kg beans gives 0.82 kg cocoa mass (UTZ mass balance 2016)", rest_to="nature/soil",
             power=(Power("made-here", 31_000, "wood"),), tools={"Drum roaster": 420}),
        Step("Grind and mould", 3, {"mould": 2_160}, (Made("Dark 72", 478, "bar"),),
             "72 % cocoa mass and 28 % sugar, by the recipe",
             (Bought("suppliers/sugar", "Cane sugar", 13_400, 2_650, None),
              Bought("suppliers/paper", "Wrapping paper", 478, 3_820, "gh/accra", unit="wrap")), rest_to="nature/soil",
             power=(Power("made-here", 38_000, "sun"), Power("bought", 17_000, "Ashanti grid", "gh/accra")),
             tools={"Stone grinder": 2_880}),
    ),
    offer=Offer(
        "Dark 72 chocolate, 100 g", "chocolate", 600, 1, 55,
        "Made where the cocoa grows, by the people who grow it. Roasted slowly, ground for two days, nothing but "
        "cocoa and cane sugar.",
        {"net_quantity": 100, "net_unit": "g", "ingredients": "Cocoa mass 72%, cane sugar. Cocoa solids 72% minimum.",
         "allergens": [], "operator": "Fern Cooperative, Station Road, Kumasi, Ghana",
         "origin": "Cocoa: Ashanti, Ghana",
         "storage": "Dry, 16 to 18 °C, away from light", "credit_share": 40},
        pieces_sold=120, buyers=8,
    ),
    cents_an_hour=480,
    funds={"commons/shade-trees/purse": 3, "commons/dark-72/purse": 2},
    stall=stall("Fern Cooperative", "Station Road 4, Kumasi, Ghana", "Station Road 4, Kumasi", "Saturday, 10:00–13:00",
                "fern@rennet.example"),
    pieces={"bar": 100, "wrap": None},
)  # fmt: skip

SEDGE = Story(
    slug="sedge",
    name="Sedge Dairy",
    place="fr/jura/poligny",
    story=(
        "Nine farms around Poligny bring their milk to one vat each morning. A wheel takes the milk of thirty cows and "
        "a year in the cellar; nobody can say afterwards which drop was whose, but the books can."
    ),
    people={"Lise": ("steward", "treasurer", "member"), "Marc": ("treasurer", "member"), "Odile": ("clerk", "member"),
            "Jean": ("member",)},
    raw=Raw("Raw milk", 824_000, 9, 480),
    steps=(
        Step("Make cheese", 1, {"cheese": 960},
             (Made("Young wheels", 82_400, parts=9_600), Made("Whey", 700_000, parts=400)),
             "10 l of milk to 1 kg of cheese (400 l to a wheel of 40 kg: CIGC)", rest_to="nature/air",
             power=(Power("made-here", 96_000, "wood"),), tools={"Copper vat": 300}),
        Step("Mature twelve months", 365, {"turning": 1_460}, (Made("Comté, 12 months", 304, "piece"),),
             "a wheel loses about 8 % while it matures",
             (Bought("suppliers/grid", "Electricity for the cellar", 420_000, 6_300, "fr/jura", unit="Wh"),)),
    ),
    offer=Offer(
        "Comté, 12 months, 250 g", "cheese", 535, 1, 55,
        "Raw milk from nine farms, one vat, one year in the cellar at Poligny. Cut for you on Friday.",
        {"net_quantity": 250, "net_unit": "g", "ingredients": "Raw cow's milk, salt, rennet, cultures.",
         "allergens": ["milk"], "operator": "Sedge Dairy, rue des Fruitières 2, 39800 Poligny, France",
         "origin": "Milk: Jura, France", "storage": "4 to 8 °C"},
        pieces_sold=150, buyers=8,
    ),
    cents_an_hour=1_450,
    funds={"commons/hedges/purse": 1},
    stall=stall("Sedge Dairy", "2 rue des Fruitières, 39800 Poligny, France", "Old dairy hall, Poligny",
                "Saturday, 10:00–13:00", "sedge@rennet.example"),
    pieces={"piece": 250, "Wh": None},
)  # fmt: skip

ALDER = Story(
    slug="alder",
    name="Alder Growers",
    place="id/west-java/garut",
    story=(
        "Twenty-four smallholders on terraces near Garut mill their own rice, so that the bran, the broken grain and "
        "the miller's wage stay in the village."
    ),
    people={"Sari": ("steward", "treasurer", "member"), "Budi": ("treasurer", "member"), "Wati": ("clerk", "member")},
    raw=Raw("Paddy", 960_000, 24, 42),
    steps=(
        Step("Mill", 2, {"milling": 1_440},
             (Made("Milled rice", 624_000, parts=9_300), Made("Rice bran", 96_000, parts=700)),
             "1 kg paddy gives about 0.65 kg rice and 0.10 kg bran ", rest_to="nature/soil",
             power=(Power("made-here", 52_000, "water"),), tools={"Rice huller": 960}),
    ),
    offer=Offer(
        "Terrace rice, 1 kg", "grain", 320, 1_000, 55,
        "Grown on terraces, milled in the village. The bran feeds the ducks that weed the fields.",
        {"net_quantity": 1000, "net_unit": "g", "ingredients": "Rice.", "allergens": [],
         "operator": "Alder Growers, Garut, West Java, Indonesia", "origin": "West Java, Indonesia", "storage": "Dry"},
        pieces_sold=260, buyers=7,
    ),
    cents_an_hour=190,
    funds={"commons/water/purse": 1},
    stall=stall("Alder Growers", "Jalan Sawah 7, Garut, Indonesia", "Mill at Garut", "Daily, 8:00–16:00",
                "alder@rennet.example"),
)  # fmt: skip

MOSS = Story(
    slug="moss",
    name="Moss Charcoal",
    place="fr/jura/salins",
    story=(
        "Prunings that used to be burnt in the field become biochar: carbon that stays in the soil for centuries. Two "
        "kilns, five people, and the warmth dries the neighbours' herbs."
    ),
    people={"Ines": ("steward", "treasurer", "member"), "Paul": ("treasurer", "member"), "Rémi": ("clerk", "member"),
            "Zoé": ("member",), "Yann": ("member",)},
    raw=Raw("Prunings", 1_200_000, 5, 6),
    steps=(
        Step("Char", 3, {"kiln": 1_800}, (Made("Biochar", 300_000),),
             "4 kg of dry wood give about 1 kg of biochar (0.28–0.39 kg of a kilogram, Windeatt et al. 2014)",
             power=(Power("made-here", 24_000, "wood"),)),
    ),
    offer=Offer(
        "Biochar for the garden, 5 kg", "garden", 1_250, 5_000, 200,
        "Hedge prunings from the Jura, charred at 550 °C. Soak it with compost before you dig it in.",
        {"is_food": False, "net_quantity": 5000, "net_unit": "g",
         "operator": "Moss Charcoal, Salins-les-Bains, France", "origin": "Jura, France"},
        pieces_sold=40, buyers=6,
    ),
    cents_an_hour=1_400,
    funds={"commons/soil/purse": 1},
    stall=stall("Moss Charcoal", "Route du Sel 9, 39110 Salins-les-Bains, France", "Kiln yard, Salins",
                "Friday, 14:00–18:00",
                "moss@rennet.example"),
)  # fmt: skip

CLOVER = Story(
    slug="clover",
    name="Clover Workshop",
    place="fr/jura/poligny",
    story=(
        "Bookkeepers, programmers and a printmaker who share a room in Poligny. What they sell weighs nothing, and the "
        "hours in it can be followed all the same."
    ),
    people={"Nora": ("steward", "treasurer", "member"), "Sami": ("treasurer", "member"), "Théa": ("member",)},
    raw=None,
    steps=(
        Step("Prepare the course", 14, {"writing": 2_400, "teaching": 360}, (Made("Reading the books", 24, "seat"),),
             DECLARED, rest_to=None),
    ),
    offer=Offer(
        "Reading the books, one seat", "course", 1_800, 1, 200,
        "One evening: how to read a cooperative's ledger, with your own cooperative's books open before you.",
        {"is_food": False, "net_quantity": 1, "net_unit": "piece", "origin": "Poligny, France",
         "operator": "Clover Workshop, Poligny, France"},
        pieces_sold=14, buyers=7,
    ),
    cents_an_hour=1_600,
    funds={"commons/teaching/purse": 1},
    stall=stall("Clover Workshop", "5 place des Déportés, 39800 Poligny, France", "Old dairy hall, Poligny",
                "Thursday, 19:00", "clover@rennet.example"),
    pieces={"seat": None},
)  # fmt: skip

ROWAN = Story(
    slug="rowan",
    name="Rowan Toolmakers",
    place="fr/jura/saint-claude",
    story=(
        "Four people who build scales that speak the weight aloud, and the code inside them. The plans are in the "
        "commons: whoever builds one owes nothing, and whoever wants help pays for the help."
    ),
    people={"Iris": ("steward", "treasurer", "member"), "Hugo": ("treasurer", "member"), "Maya": ("member",),
            "Luc": ("clerk", "member")},
    raw=None,
    steps=(
        Step("Write the code", 40, {"coding": 5_400, "testing": 1_500},
             (Made("Talking scale, plans and code", 30, "copy"),),
             DECLARED, rest_to=None),
    ),
    offer=Offer(
        "Talking scale, plans and code, a year of answers", "code", 4_000, 1, 200,
        "The drawings, the parts list and the program of a scale that speaks five languages. Free to copy; this price "
        "pays for a year of answers from those who wrote it.",
        {"is_food": False, "net_quantity": 1, "net_unit": "piece", "origin": "Saint-Claude, France",
         "operator": "Rowan Toolmakers, 12 rue du Pré, 39200 Saint-Claude, France"},
        pieces_sold=18, buyers=6,
    ),
    cents_an_hour=1_700,
    funds={"commons/plans/purse": 1},
    stall=stall("Rowan Toolmakers", "12 rue du Pré, 39200 Saint-Claude, France", "12 rue du Pré, Saint-Claude",
                "Wednesday, 17:00–19:00", "rowan@rennet.example"),
    pieces={"copy": None},
)  # fmt: skip

TEASEL = Story(
    slug="teasel",
    name="Teasel Press",
    place="fr/jura/poligny",
    story=(
        "Three printmakers and one press. A print is a day at the river, a week of cutting and an hour of ink; what is "
        "in it cannot be weighed, and who gave it can be said."
    ),
    people={"Anouk": ("steward", "treasurer", "member"), "Joël": ("treasurer", "member"), "Salma": ("clerk", "member")},
    raw=None,
    steps=(
        Step("Cut and print", 21, {"drawing": 900, "cutting": 2_400, "printing": 1_080},
             (Made("Heron at low water", 40, "print"),),
             DECLARED,
             (Bought("suppliers/cotton-paper", "Cotton paper", 44, 9_680, None, unit="sheet"),), rest_to="nature/soil"),
    ),
    offer=Offer(
        "Heron at low water, linocut, numbered", "craft", 6_500, 1, 55,
        "Two blocks, hand-pressed on cotton paper, 30 × 40 cm, an edition of forty.",
        {"is_food": False, "net_quantity": 1, "net_unit": "piece", "origin": "Poligny, France",
         "operator": "Teasel Press, 3 rue du Théâtre, 39800 Poligny, France"},
        pieces_sold=22, buyers=7,
    ),
    cents_an_hour=1_500,
    funds={"commons/river/purse": 1},
    stall=stall("Teasel Press", "3 rue du Théâtre, 39800 Poligny, France", "Old dairy hall, Poligny",
                "Saturday, 10:00–13:00", "teasel@rennet.example"),
    pieces={"print": None, "sheet": None},
)  # fmt: skip

STORIES = (FERN, SEDGE, ALDER, MOSS, CLOVER, ROWAN, TEASEL)
PLACES = (
    ("gh", "Ghana"), ("gh/accra", "Accra"), ("gh/ashanti", "Ashanti"), ("gh/ashanti/kumasi", "Kumasi"),
    ("fr", "France"), ("fr/jura", "Jura"), ("fr/jura/poligny", "Poligny"), ("fr/jura/salins", "Salins-les-Bains"),
    ("fr/jura/saint-claude", "Saint-Claude"),
    ("fr/paris", "Paris"), ("id", "Indonesia"), ("id/west-java", "West Java"), ("id/west-java/garut", "Garut"),
)  # fmt: skip
