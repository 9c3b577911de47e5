"""The order word: what a buyer says at the door, easy to hear and to remember. It opens nothing by itself."""

WORDS = (
    "acorn amber apple aspen badger barley basil beech birch bramble brook cedar cherry clover copper crane curlew "
    "daisy dune elder falcon fennel fern finch flint garnet ginger hazel heron honey ivory jasmine juniper kestrel "
    "lark laurel lemon linden maple marten meadow millet nettle oat olive otter peach pebble plum poppy quail quince "
    "raven reed robin rowan saffron sage sorrel sparrow swallow tansy thistle thyme tulip walnut willow wren yarrow"
).split()

POSSIBLE = len(WORDS) * 90


def order_word(number: int) -> str:
    """The word of a number from 0 to POSSIBLE − 1: “heron 27”."""
    word, tail = divmod(number, 90)
    return f"{WORDS[word]} {tail + 10}"


def bank_reference(name: str) -> str:
    """What a buyer writes on a transfer: the order's ledger name in groups that can be read out."""
    said = name.upper()
    return "R-" + "-".join(said[i : i + 4] for i in range(0, len(said), 4))
