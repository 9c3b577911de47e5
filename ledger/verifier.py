#!/usr/bin/env python3
"""Checks a published log, from its address or a folder, trusting nobody: `python verifier.py https://…/log`.

One file that needs nothing of the program whose log it reads: Python, `cryptography` for Ed25519 and, where members
witness the log, `py-ecc` for their signatures. It tells the laws in words of its own. What it checks, in this order:

- the checkpoint is signed by the log's key, and that key is the one seen first;
- every leaf, in order: its bytes lead to its published hash, it is what it was when last looked at, its JSON is
  canonical, and it keeps the laws of the ledger given all leaves before it;
- the tiles above lead to the root that was signed, and so does the past to the root that was signed then;
- the members' quorum, where the log has a roster of witnesses; each roster after the first has to be signed for by the
  one before.

It ends with 0 when all holds, with 1 naming the first leaf that is wrong, with 2 when something cannot be read.
Formats: RFC 6962, RFC 8785, and tlog-tiles, signed-note and tlog-checkpoint of https://c2sp.org.
"""

import argparse
import csv
import json
import re
import sys
import unicodedata
from array import array
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256
LARGEST = 2**63 - 1
LONGEST_LEAF = 65_535
EMPTY = sha256(b"").digest()

type Body = dict[str, Any]  # what a record says
type Move = tuple[str, str, str, int, str]  # from, to, unit, quantity, the unit's family
type Line = tuple[str, bytes, bytes]  # a signature line's name, key id and payload


class Wrong(Exception):
    """Leaf `index` is wrong (None: the log as a whole is)."""

    def __init__(self, why: str, index: int | None = None) -> None:
        super().__init__(why)
        self.index = index


class Unreadable(Exception):
    """Something that the check needs is not there or cannot be reached."""


class Source:
    """A log under an address or in a folder."""

    def __init__(self, where: str) -> None:
        self.where = where.rstrip("/")
        self.is_web = where.startswith(("http://", "https://"))

    def read(self, path: str) -> bytes | None:
        """The bytes at that path; None where there is nothing."""
        try:
            if not self.is_web:
                return (Path(self.where) / path).read_bytes()
            request = Request(f"{self.where}/{path}", headers={"User-Agent": "rennet-verifier"})
            with urlopen(request, timeout=60) as answer:  # the scheme is checked above
                return bytes(answer.read())
        except FileNotFoundError:
            return None
        except HTTPError as error:
            if error.code == 404:
                return None
            if error.code in {401, 403}:
                raise Unreadable("The entries of this log are for its members. Ask one for a copy of it.") from None
            raise Unreadable(f"{path} cannot be read: {error}") from None
        except (OSError, URLError) as error:
            raise Unreadable(f"{path} cannot be read: {error}") from None

    def text(self, path: str) -> str:
        found = self.read(path)
        if found is None:
            raise Unreadable(f"There is no {path} at {self.where}: is this a log?")
        try:
            return found.decode()
        except UnicodeDecodeError:
            raise Wrong(f"the file {path} is no text") from None

    def tile(self, level: int | str, n: int, width: int) -> bytes | None:
        """A tile or bundle; a partial one that is gone is looked for in the full one."""
        path = f"{n % 1000:03}"
        while n := n // 1000:
            path = f"x{n % 1000:03}/{path}"
        whole = f"tile/{level}/{path}"
        found = self.read(f"{whole}.p/{width}") if width < WIDTH else None
        return self.read(whole) if found is None else found


def base64_of(text: str) -> bytes:
    try:
        found = b64decode(text, validate=True)
    except ValueError:
        found = b""
    if b64encode(found).decode() != text:
        raise Wrong(f"“{text}” is no base64")
    return found


def key_of(vkey: str) -> tuple[str, bytes, bytes]:
    """The name, id and public key of a `name+id+base64`."""
    parts = vkey.strip().split("+", 2)
    raw = base64_of(parts[2]) if len(parts) == 3 else b""
    if len(raw) != 33 or raw[0] != 1 or sha256(f"{parts[0]}\n".encode() + raw).hexdigest()[:8] != parts[1]:
        raise Wrong("the log's key is no key")
    return parts[0], bytes.fromhex(parts[1]), raw[1:]


def read_checkpoint(note: str, vkey: str) -> tuple[str, int, bytes, list[Line]]:
    """The text, size and root of a checkpoint that the log signed, and its lines (name, key id, payload)."""
    name, key_id, public = key_of(vkey)
    text, gap, below = note.rpartition("\n\n")
    text += "\n"
    if not gap or not below.endswith("\n") or any(c < " " and c != "\n" for c in note):
        raise Wrong("the checkpoint is no signed note")
    lines = []
    for line in below[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        whose, _, payload = rest.partition(" ")
        raw = base64_of(payload)
        if dash != "—" or not whose or len(raw) < 5:
            raise Wrong(f"“{line}” is no line of a signed note")
        lines.append((whose, raw[:4], raw[4:]))
    ours = [payload for whose, found, payload in lines if (whose, found) == (name, key_id)]
    if len(ours) != 1 or len(lines) > 100:
        raise Wrong(f"the checkpoint is not signed once by {name}")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(ours[0], text.encode())
    except InvalidSignature:
        raise Wrong(f"the signature of {name} does not hold") from None
    head = text.split("\n")
    if len(head) != 4 or head[0] != name or not re.fullmatch(r"0|[1-9][0-9]{0,18}", head[1]):
        raise Wrong("the checkpoint does not say its log, its size and its root")
    root = base64_of(head[2])
    if len(root) != 32:
        raise Wrong("the root has not 32 bytes")
    return text, int(head[1]), root, lines


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows leaf by leaf: the roots of its full subtrees, and of all full tiles, level by level."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []
        self.tiles: dict[int, list[bytes]] = defaultdict(list)

    def append(self, leaf: bytes) -> None:
        node, height, size = leaf, 0, self.size
        while size & 1:
            node, height, size = node_hash(self.peaks.pop(), node), height + 1, size >> 1
            if height % 8 == 0:
                self.tiles[height // 8].append(node)
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY
        node = self.peaks[-1]
        for left in reversed(self.peaks[:-1]):
            node = node_hash(left, node)
        return node


class Index:
    """Remembers words by 8 bytes of their hash, and where each stood, in 20 to 40 bytes a word.

    A word that was there is always known again. One that was not could be mistaken for another once in 2^64 pairs.
    """

    def __init__(self, *, keeps_places: bool) -> None:
        self._count = 0
        self._marks = array("Q", [0]) * 64
        self._places = array("I", [0]) * 64 if keeps_places else None

    def add(self, word: str, place: int) -> bool:
        """Remember `word`; False where it was there already."""
        if 3 * self._count >= 2 * len(self._marks):
            self._grow()
        mark = self._mark(word)
        slot = self._slot(mark)
        if self._marks[slot]:
            return False
        self._put(slot, mark, place)
        self._count += 1
        return True

    def place(self, word: str) -> int | None:
        slot = self._slot(self._mark(word))
        return self._places[slot] if self._places is not None and self._marks[slot] else None

    @staticmethod
    def _mark(word: str) -> int:
        return int.from_bytes(blake2b(word.encode(), digest_size=8).digest()) or 1

    def _slot(self, mark: int) -> int:
        marks, wide = self._marks, len(self._marks)
        slot = mark % wide
        while marks[slot] and marks[slot] != mark:
            slot = slot + 1 if slot + 1 < wide else 0
        return slot

    def _put(self, slot: int, mark: int, place: int) -> None:
        self._marks[slot] = mark
        if self._places is not None:
            self._places[slot] = place

    def _grow(self) -> None:
        marks, places = self._marks, self._places
        self._marks = array("Q", [0]) * (2 * len(marks))
        self._places = array("I", [0]) * (2 * len(places)) if places is not None else None
        for n, mark in enumerate(marks):
            if mark:
                self._put(self._slot(mark), mark, places[n] if places is not None else 0)


# --- the laws -------------------------------------------------------------------------------------------------------

CLASSES = set(
    "coops operators members workers commons nature orders suppliers carriers processors funders tax unknown "
    "hubs".split()
)
HOLDERS = {"coops", "operators"}
KEEPERS = {"stripe", "bank", "cash", "momo", "way"}
STATEMENTS = {"stripe", "bank", "cash", "momo"}
GRADES = {"invoice", "two-sided", "declared", "modelled", "unknown"}
REASONS = {"did-not-occur", "incorrect-data"}
ACTIONS = set(
    "produce consume use work cite copy deliver-service transfer transfer-custody transfer-all-rights raise lower "
    "separate combine".split()
)
FREE = None
# By the first word of an account's purpose: what it may hold, its floor and its ceiling.
PURPOSES: dict[str, tuple[str, int | None, int | None]] = {
    **dict.fromkeys(("till", "prepaid"), ("money", 0, FREE)),
    **dict.fromkeys(("float", "pocket"), ("money", FREE, FREE)),
    **dict.fromkeys(("owes", "losses", "debts"), ("claim", FREE, FREE)),
    **dict.fromkeys(("free", "reserve", "funds", "earned", "disputed", "debt", "capital"), ("claim", 0, FREE)),
    "purse": ("claim money", 0, FREE),
    **dict.fromkeys(("lots", "parcels"), ("thing", 0, FREE)),
    **dict.fromkeys(("processes", "goods", "stock", "body"), ("thing", FREE, FREE)),
    **dict.fromkeys(("harvest", "work", "tools", "recipe", "copies"), ("thing", FREE, 0)),
    **dict.fromkeys(("count", "opening"), ("thing money claim", FREE, FREE)),
}
HOLDS_MONEY = {"till", "prepaid", "float"}
MIRRORS = {"owes", "losses", "debts"}
DEBTORS_OWN = {"owes", "free", "reserve", "funds", "losses", "debts"}
WHOLE = 10_000  # parts in which a process divides what went in

NAME = r"[a-z0-9-]{1,40}"
OWNER = re.compile(rf"({NAME})/({NAME})")
ADDRESS = re.compile(rf"({NAME}/{NAME})/({NAME})(/{NAME})?(?:@({NAME}/{NAME}))?")
UNIT = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,19}")
QUANTITY = re.compile(r"[1-9][0-9]{0,18}")
ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
# One way of writing each: no hour 24, and no fraction of nothing.
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.(?!000000)[0-9]{6})?Z")
SHA256 = re.compile(r"[0-9a-f]{64}")
ENTRY = {"type", "id", "key", "action", "purpose", "at", "recorded", "by", "evidence", "undoes", "flows"}


class Account:
    """What an address says: owner, first word of the purpose, path (the address without its keeper), keeper."""

    __slots__ = ("keeper", "kind", "owner", "path", "word")

    def __init__(self, owner: str, word: str, path: str, keeper: str) -> None:
        self.owner, self.word, self.path, self.keeper = owner, word, path, keeper
        self.kind = owner.partition("/")[0]


def require(holds: object, why: str) -> None:
    if not holds:
        raise Wrong(why)


@lru_cache(maxsize=2_000)
def account(address: str) -> Account:
    found = ADDRESS.fullmatch(address)
    if not found or found[1].partition("/")[0] not in CLASSES or found[2] not in PURPOSES:
        raise Wrong(f"“{address}” is no account")
    return Account(found[1], found[2], address.partition("@")[0], found[4] or found[1])


def is_owner(text: object) -> bool:
    found = OWNER.fullmatch(text) if isinstance(text, str) else None
    return bool(found and found[1] in CLASSES)


@lru_cache(maxsize=2_000)
def is_unit(unit: str) -> bool:
    code, at, debtor = unit.partition("@")
    own = is_owner(debtor) and debtor.partition("/")[0] in {*HOLDERS, "orders"}
    return bool(UNIT.fullmatch(code)) and (not at or own)


def moment(text: str) -> datetime:
    require(MOMENT.fullmatch(text), f"“{text}” is no time in UTC")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(f"“{text}” is no time") from None


def canonical(value: object) -> str:
    return WRITER.encode(value)


def _once(pairs: list[tuple[str, Any]]) -> Body:
    found = dict(pairs)
    require(len(found) == len(pairs), "a key stands twice in one object")
    return found


def _no_fraction(text: str) -> None:
    raise Wrong(f"{text} is no whole number")


def _whole(text: str) -> int:
    require(abs(int(text)) < 2**53, f"{text} is too large for a number of JSON")
    return int(text)


WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
READER = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_whole, parse_float=_no_fraction, parse_constant=_no_fraction
)


def read_leaf(leaf: bytes) -> Body:
    """What a leaf says, if its bytes are the one way of writing that (RFC 8785)."""
    try:
        text = leaf.decode()
        body = READER.decode(text)
    except (ValueError, RecursionError):
        raise Wrong("its bytes are no JSON") from None
    if not isinstance(body, dict):
        raise Wrong("it is no object")
    require(canonical(body) == text, "its JSON is not canonical")
    if not text.isascii() or "\\" in text:
        require(unicodedata.normalize("NFC", text) == text, "its text is not in normal form C")
        plain = (c for word in words_in(body) for c in word)
        require(not any(unicodedata.category(c) in {"Cc", "Cs"} for c in plain), "it holds a control character")
    return body


def words_in(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [word for pair in value.items() for item in pair for word in words_in(item)]
        case list():
            return [word for item in value for word in words_in(item)]
    return []


class Books:
    """The state that the records lead to; each is held against the laws as it comes."""

    def __init__(
        self, read_entry: Callable[[int], bytes], root_at: Callable[[int], bytes], known: set[str] | None = None
    ) -> None:
        self._read_entry = read_entry  # the leaf at an index, read again
        self._root_at = root_at  # the root over the first so many of the leaves before this one
        self.known = known if known is not None else set()  # digests of rosters whose keys were proved
        self.balance: dict[tuple[str, str], int] = {}
        self.floors: dict[tuple[str, str], int | None] = {}
        self.places: dict[str, str | None] = {}
        self.units: dict[str, str] = {}
        self.exponents: dict[str, int] = {}
        self.closed_accounts: set[str] = set()
        self.closed_batches: set[str] = set()
        self.versions: dict[tuple[str, str], int] = {}
        self.periods: dict[tuple[str, str], datetime] = {}
        self.rosters: list[tuple[int, bytes]] = []  # that count, each from its index on
        self.waiting: dict[int, tuple[int, bytes]] = {}  # that do not count yet, by version
        self.undone: dict[tuple[int, str, str], int] = defaultdict(int)
        self.entries = 0
        self._keys = Index(keeps_places=False)
        self._ids = Index(keeps_places=True)

    def record(self, index: int, leaf: bytes) -> None:
        body = read_leaf(leaf)
        match body.get("type"):
            case "entry":
                self._entry(index, body)
            case "owner":
                require(set(body) == {"type", "owner", "place", "at"}, "it is not written as an owner is")
                require(is_owner(body["owner"]), f"“{body['owner']}” is no owner")
                moment(body["at"])
                self.places[body["owner"]] = body["place"]
            case "account":
                self._account(body)
            case "document":
                self._document(index, body, leaf)
            case _:
                raise Wrong("it is a record of no known type")

    def _account(self, body: Body) -> None:
        require(
            set(body) == {"type", "address", "floors", "about", "closed", "at"}, "it is not written as an account is"
        )
        require(account(body["address"]).owner in self.places, "its owner was never declared")
        moment(body["at"])
        for unit, floor in body["floors"].items():
            self._known_unit(unit)
            require(floor is None or re.fullmatch(r"0|-?[1-9][0-9]{0,18}", floor), "a floor is no whole number")
            self.floors[body["address"], unit] = None if floor is None else int(floor)
        require(type(body["closed"]) is bool, "it is neither open nor closed")
        (self.closed_accounts.add if body["closed"] else self.closed_accounts.discard)(body["address"])

    def _document(self, index: int, body: Body, leaf: bytes) -> None:
        fields = {"type", "kind", "id", "version", "sha256", "body", "by", "at"}
        require(set(body) == fields, "it is not written as a document is")
        said, named, at = body["body"], (body["kind"], body["id"]), moment(body["at"])
        require(sha256(canonical(said).encode()).hexdigest() == body["sha256"], "the document's hash is another's")
        require(body["version"] == self.versions.get(named, 0) + 1, "it is not the document's next version")
        if body["kind"] == "unit":
            require(body["version"] == 1, "a unit changes its meaning")
            require(UNIT.fullmatch(body["id"]) and said["family"] in {"money", "thing"}, "it is no unit")
            require(type(said["exponent"]) is int and 0 <= said["exponent"] <= 9, "a unit has 0 to 9 decimals")
            self.units[body["id"]], self.exponents[body["id"]] = said["family"], said["exponent"]
        elif body["kind"] == "closed-period":
            self._close(body["id"], said, at)
        elif named == ("roster", "members"):
            read_roster(leaf)
            if self.rosters:
                self.waiting[body["version"]] = index, leaf
            else:
                self.rosters.append((index, leaf))
        elif named == ("hand-over", "members"):
            self._hand_over(index, said)
        self.versions[named] = body["version"]

    def _hand_over(self, index: int, said: Body) -> None:
        """A roster counts once a quorum of the one before signed a checkpoint that contains it."""
        require(set(said) == {"roster", "checkpoint", "signed"}, "it is not written as a hand-over is")
        require(said["roster"] in self.waiting, "no such roster waits")
        at, leaf = self.waiting[said["roster"]]
        origin, size, root = said["checkpoint"]
        require(type(size) is int and at < size <= index, "the new roster is not in what was signed")
        require(self._root_at(size) == base64_of(root), "what was signed is another past")
        signed_by_quorum(self.rosters[-1][1], f"{origin}\n{size}\n{root}\n", base64_of(said["signed"]), self.known)
        self.rosters.append((index, leaf))
        self.waiting = {version: row for version, row in self.waiting.items() if row[0] > at}

    def _close(self, name: str, said: Body, at: datetime) -> None:
        owner, unit, before = said["owner"] or "", said["unit"] or "", moment(said["before"])
        require(name and name == f"{owner} {unit}".strip(), "the closing is named otherwise than what it closes")
        require(before <= at, "it closes what is not over")
        require(not owner or owner in self.places, f"{owner} was never declared")
        require(not unit or unit in self.units, f"the unit {unit} was never declared")
        require(before >= self.periods.get((owner, unit), before), "it opens what was closed")
        self.periods[owner, unit] = before

    def _known_unit(self, unit: str) -> str:
        """The family of a declared unit."""
        code, _, debtor = unit.partition("@")
        require(is_unit(unit) and code in self.units, f"the unit {unit} was never declared")
        if not debtor:
            return self.units[code]
        require(self.units[code] == "money" and debtor in self.places, f"nobody can owe {unit}")
        return "claim"

    def _entry(self, index: int, body: Body) -> None:
        require(set(body) - {"evidence_hash", "reason"} == ENTRY, "it is not written as an entry is")
        for name, most in (("key", 200), ("purpose", 40)):
            said = body[name]
            plain = isinstance(said, str) and 0 < len(said) <= most and said.isascii() and said.isprintable()
            require(plain, f"its {name} is not 1 to {most} plain characters")
        require(body["action"] in ACTIONS, f"{body['action']} is no action")
        require(body["evidence"] in GRADES, f"{body['evidence']} is no grade of evidence")
        require(isinstance(body["by"], list) and all(map(is_owner, body["by"])), "who recorded it is no owner")
        require(ID.fullmatch(body["id"]), "its id is no UUID")
        at = moment(body["at"])
        moment(body["recorded"])
        if "evidence_hash" in body:
            require(SHA256.fullmatch(body["evidence_hash"]), "the hash of its evidence is none")
        corrects = body["purpose"] == "correction" and body["undoes"] is not None
        require(("reason" in body) == corrects, "a correction that undoes gives its reason, and nothing else does")
        require(not corrects or (body["reason"] in REASONS and body["by"]), "a correction has no reason or no author")
        flows = [self._flow(flow) for flow in body["flows"]]
        require(flows, "it moves nothing")
        self._refuse_shape(body["action"], body["key"], flows)
        self._refuse_backdating(at, flows)
        if body["undoes"] is None:
            self._refuse_batches(body["action"], flows)
        self._move(flows)
        if body["undoes"] is None:
            self._close_batches(body["action"], flows)
        else:
            self._undo(body["undoes"], flows)
        require(self._keys.add(body["key"], index), f"the key {body['key']} was used before")
        require(self._ids.add(body["id"], index), "its id was used before")
        self.entries += 1

    def _flow(self, flow: Any) -> Move:
        require(isinstance(flow, list) and len(flow) == 4 and all(isinstance(x, str) for x in flow), "a flow is none")
        giver, taker, unit, said = flow
        require(QUANTITY.fullmatch(said) and int(said) <= LARGEST, f"“{said}” is no quantity")
        require(giver != taker, f"{giver} gives to itself")
        family, debtor = self._known_unit(unit), unit.partition("@")[2]
        for address in (giver, taker):
            held = account(address)
            require(family in PURPOSES[held.word][0].split(), f"{address} cannot hold {unit}")
            require(not debtor or held.word not in DEBTORS_OWN or held.owner == debtor, f"{address} is not {debtor}'s")
            require(held.owner in self.places, f"{held.owner} was never declared")
            require(address not in self.closed_accounts, f"{address} is closed")
        return giver, taker, unit, int(said), family

    def _refuse_shape(self, action: str, key: str, flows: list[Move]) -> None:
        owners: dict[tuple[str, str], int] = defaultdict(int)
        keepers: dict[tuple[str, str], int] = defaultdict(int)
        holders: dict[tuple[str, str], int] = defaultdict(int)
        for giver, taker, unit, quantity, family in flows:
            for address, change in ((giver, -quantity), (taker, quantity)):
                held = account(address)
                if family != "claim":
                    owners[held.owner, unit] += change
                    keepers[held.keeper, unit] += change
                if family == "money" and held.kind in HOLDERS and held.word in HOLDS_MONEY:
                    holders[held.owner, unit] += change
                if held.word == "owes":
                    holders[held.owner, unit.partition("@")[0]] += change
        require(action != "transfer-custody" or not any(owners.values()), "custody moves, and an owner has another sum")
        require(action != "transfer-all-rights" or not any(keepers.values()), "rights move, and a keeper's sum changes")
        if key.partition("/")[0] not in STATEMENTS:
            for (keeper, unit), change in keepers.items():
                told = not change or keeper.partition("/")[0] not in KEEPERS
                require(told, f"what {keeper} holds in {unit} changes without a line of its statement")
        for (holder, unit), change in holders.items():
            require(not change, f"the claims on {holder} and its money part by {change} {unit}")

    def _refuse_backdating(self, at: datetime, flows: list[Move]) -> None:
        for (owner, unit), before in self.periods.items():
            if at < before:
                for giver, taker, code, _, _ in flows:
                    code, _, debtor = code.partition("@")
                    concerned = {"", account(giver).owner, account(taker).owner, debtor}
                    require(owner not in concerned or unit not in {"", code}, "it is dated into a closed period")

    def _refuse_batches(self, action: str, flows: list[Move]) -> None:
        for giver, taker, unit, _, family in flows:
            out, into = account(giver), account(taker)
            if out.word == "processes" and action == "produce":
                require(out.path not in self.closed_batches, f"{out.path} has produced before")
            if family == "thing" and unit != "part" and into.path in self.closed_batches:
                require(into.word != "lots" or into.path == out.path, f"{into.path} was drawn from before")
                require(into.word != "processes" or out.word != "lots", f"{into.path} is finished")

    def _close_batches(self, action: str, flows: list[Move]) -> None:
        for giver, taker, unit, _, family in flows:
            out = account(giver)
            drawn = out.word == "lots" and family == "thing" and unit != "part" and out.path != account(taker).path
            if drawn or (out.word == "processes" and action == "produce"):
                self.closed_batches.add(out.path)

    def _move(self, flows: list[Move]) -> None:
        for (address, unit), change in changes(flows).items():
            held, after = account(address), self.balance.get((address, unit), 0) + change
            _, floor, ceiling = PURPOSES[held.word]
            if held.word == "purse" and held.kind == "tax":
                floor = FREE
            if held.word == "processes" and unit == "part":
                floor = -WHOLE
            floor = self.floors.get((address, unit), floor)
            require(change >= 0 or floor is None or after >= floor, f"{address} falls below its floor in {unit}")
            require(
                change <= 0 or ceiling is None or after <= ceiling, f"{address} takes back more {unit} than it gave"
            )
            require(abs(after) <= LARGEST, f"{address} holds more {unit} than can be counted")
            if after:
                self.balance[address, unit] = after
            else:
                self.balance.pop((address, unit), None)

    def _undo(self, undoes: str, flows: list[Move]) -> None:
        place = self._ids.place(undoes)
        if place is None:
            raise Wrong("it undoes an entry that is not there")
        origin = read_leaf(self._read_entry(place))
        require(origin["id"] == undoes and origin["undoes"] is None, "it undoes what cannot be undone")
        done = changes([(g, t, u, int(q), "") for g, t, u, q in origin["flows"]])
        back: dict[tuple[str, str], int] = defaultdict(int)
        for giver, taker, unit, quantity, _ in flows:
            if done.get((giver, unit), 0) > 0:
                back[giver, unit] += quantity
            # The mirrors of what a holder holds follow whoever pays in somebody's stead.
            if done.get((taker, unit), 0) < 0 and taker.split("/")[2] not in MIRRORS:
                back[taker, unit] += quantity
        for (address, unit), quantity in back.items():
            self.undone[place, address, unit] += quantity
            enough = self.undone[place, address, unit] <= abs(done[address, unit])
            require(enough, f"more {unit} is undone at {address} than was done")


def changes(flows: list[Move]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for giver, taker, unit, quantity, _ in flows:
        found[giver, unit] -= quantity
        found[taker, unit] += quantity
    return found


def read_roster(leaf: bytes) -> tuple[list[tuple[str, bytes, bytes]], int]:
    """The witnesses (owner, key, proof of possession) and how many must sign."""
    body = json.loads(leaf)["body"]
    rows = [(owner, bytes.fromhex(key), bytes.fromhex(proof)) for owner, key, proof in body["witnesses"]]
    dishonest, quorum = body["dishonest"], body["quorum"]
    require(dishonest >= 0 and 2 * quorum >= len(rows) + dishonest + 1, "so few witnesses are no quorum")
    require(rows and quorum <= len(rows), "more must sign than there are witnesses")
    require(len({owner for owner, _, _ in rows}) == len(rows), "a witness stands in the roster twice")
    either = {bytes([key[0] & ~0x20]) + key[1:] for _, key, _ in rows}
    require(len(either) == len(rows), "a key, or its inverse, stands in the roster twice")
    return rows, quorum


def quorum_of(leaf: bytes, origin: str, text: str, lines: list[Line], known: set[str]) -> tuple[int, int, int]:
    """How many of the roster signed, of how many, and how many must. Raises Wrong for a line that does not hold."""
    rows, quorum = read_roster(leaf)
    digest, name = sha256(leaf).digest(), f"{origin}/members"
    key_id = sha256(f"{name}\n".encode() + b"\xff" + b"rennet-members/v1" + digest).digest()[:4]
    found = [payload for whose, line_id, payload in lines if (whose, line_id) == (name, key_id)]
    if not found:
        return 0, len(rows), quorum
    require(len(found) == 1, "there are two lines of one roster")
    return signed_by_quorum(leaf, text, found[0], known), len(rows), quorum


def signed_by_quorum(leaf: bytes, text: str, payload: bytes, known: set[str]) -> int:
    """How many of a roster signed; raises Wrong where it is no quorum. One that is `known` proved its keys before."""
    rows, quorum = read_roster(leaf)
    digest = sha256(leaf)
    wide = (len(rows) + 7) // 8
    bits = int.from_bytes(payload[:wide], "little")
    require(len(payload) == wide + 96 and not bits >> len(rows), "the members' line has another length")
    signing = [row for n, row in enumerate(rows) if bits >> n & 1]
    require(len(signing) >= quorum, f"only {len(signing)} of {quorum} members signed")
    try:
        from py_ecc.bls import G2ProofOfPossession
    except ImportError:
        raise Unreadable("Members witness this log; to check their signatures, install py-ecc.") from None
    if digest.hexdigest() not in known:
        for owner, key, proof in rows:
            require(len(key) == 48 and G2ProofOfPossession.PopVerify(key, proof), f"{owner} does not prove its key")
    message = f"rennet-members/v1\nroster {b64encode(digest.digest()).decode()}\n{text}".encode()
    require(
        G2ProofOfPossession.FastAggregateVerify([key for _, key, _ in signing], message, payload[wide:]),
        "the members' signature does not hold",
    )
    known.add(digest.hexdigest())
    return len(signing)


class Kept:
    """What this device remembers of a log between two looks: its key, the last checkpoint, each leaf's hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, name: str) -> str:
        found = self.folder / name
        return found.read_text(encoding="utf-8") if found.exists() else ""

    def write(self, name: str, text: str) -> None:
        new = self.folder / f"{name}.new"
        new.write_text(text, encoding="utf-8")
        new.replace(self.folder / name)


def cosigned_at(witness: str, text: str, lines: list[Line]) -> int:
    """When a witness of the wider world (c2sp.org/tlog-cosignature, given by its vkey) signed this checkpoint."""
    name, said_id, key = [*witness.split("+", 2), "", ""][:3]
    raw = base64_of(key)
    key_id = sha256(f"{name}\n".encode() + raw).digest()[:4]
    require(len(raw) == 33 and raw[0] == 4 and key_id.hex() == said_id, f"“{witness}” is no key of a witness")
    found = [payload for whose, line_id, payload in lines if (whose, line_id) == (name, key_id)]
    require(len(found) == 1 and len(found[0]) == 72, f"{name} did not sign it once")
    at = int.from_bytes(found[0][:8])
    try:
        said = f"cosignature/v1\ntime {at}\n{text}".encode()
        Ed25519PublicKey.from_public_bytes(raw[1:]).verify(found[0][8:], said)
    except InvalidSignature:
        raise Wrong(f"the cosignature of {name} does not hold") from None
    return at


def verify(
    where: str, keep: Path, *, vkey: str = "", needs_quorum: bool = False, cosigners: Sequence[str] = ()
) -> tuple[Body, Books]:
    """Check the log at `where`; returns what was found, and the books. Raises Wrong or Unreadable."""
    source, kept = Source(where), Kept(keep)
    trusted = (vkey or kept.read("log.vkey") or source.text("log.vkey")).strip()
    # Read first: what witnesses signed is then no longer than the checkpoint.
    witnessed = source.read("witnessed")
    cosigned = source.text("cosigned") if cosigners else ""
    note = source.text("checkpoint")
    text, size, root, lines = read_checkpoint(note, trusted)
    seen_text, seen_size, seen_root, seen_lines = text, size, root, lines
    if witnessed is not None:
        seen_text, seen_size, seen_root, seen_lines = read_checkpoint(witnessed.decode(errors="replace"), trusted)
        require(seen_size <= size, "the witnesses signed more leaves than are published")
    cosigned_size, cosigned_root = 0, EMPTY
    if cosigners:
        cosigned_text, cosigned_size, cosigned_root, cosigned_lines = read_checkpoint(cosigned, trusted)
        require(cosigned_size <= size, "witnesses of the wider world signed more leaves than are published")
        for witness in cosigners:
            cosigned_at(witness, cosigned_text, cosigned_lines)
    known_size, known_root = 0, EMPTY
    if before := kept.read("checkpoint"):
        _, known_size, known_root, _ = read_checkpoint(before, trusted)
    if size < known_size:
        raise Wrong(f"it is missing: the log had {known_size} leaves when last looked at", size)
    bundles: dict[int, list[bytes]] = {}

    def entries(n: int) -> list[bytes]:
        """The leaves of bundle `n`; the last few bundles are remembered."""
        if n not in bundles:
            if len(bundles) > 8:
                del bundles[next(iter(bundles))]
            bundles[n] = read_bundle(source, n, min(WIDTH, size - n * WIDTH))
        return bundles[n]

    hashes, known_rosters = keep / "hashes", kept.read("rosters").split()
    hashes.touch()

    def root_at(count: int) -> bytes:
        """The root over the first leaves, from the hashes written so far."""
        before = Tree()
        new.flush()
        with (keep / "hashes.new").open("rb") as written:
            for _ in range(count):
                before.append(written.read(32))
        return before.root()

    books, tree = Books(lambda index: entries(index // WIDTH)[index % WIDTH], root_at, set(known_rosters)), Tree()
    with hashes.open("rb") as old, (keep / "hashes.new").open("wb") as new:
        for n in range(-(-size // WIDTH)):
            published = source.tile(0, n, min(WIDTH, size - n * WIDTH)) or b""
            for offset, leaf in enumerate(entries(n)):
                index, found = n * WIDTH + offset, leaf_hash(leaf)
                was = old.read(32) if index < known_size else b""
                if was and was != found:
                    raise Wrong("it is not the leaf that was there when last looked at", index)
                if published[32 * offset : 32 * offset + 32] != found:
                    raise Wrong("its bytes do not lead to its published hash", index)
                try:
                    books.record(index, leaf)
                except Wrong as wrong:
                    raise Wrong(str(wrong), index) from None
                except (KeyError, TypeError, AttributeError, ValueError) as error:
                    raise Wrong(f"it cannot be read ({type(error).__name__}: {error})", index) from None
                tree.append(found)
                new.write(found)
                if tree.size == seen_size and tree.root() != seen_root:
                    raise Wrong("the leaves lead to another root than the witnesses signed", index)
                if tree.size == cosigned_size and tree.root() != cosigned_root:
                    raise Wrong("the leaves lead to another root than witnesses of the wider world signed", index)
                if tree.size == known_size and tree.root() != known_root:
                    raise Wrong("the leaves lead to another root than was signed when last looked at", index)
    for level in range(1, 9):
        for n in range(-(-len(tree.tiles[level]) // WIDTH)):
            ours = b"".join(tree.tiles[level][n * WIDTH :][:WIDTH])
            published = source.tile(level, n, len(ours) // 32) or b""
            if published[: len(ours)] != ours:
                raise Wrong(f"tile {n} of level {level} is not what it leads to", n * WIDTH ** (level + 1))
    if tree.root() != root:
        raise Wrong("the leaves lead to another root than was signed", max(size - 1, 0))
    signed, witnesses, quorum = 0, 0, 0
    rosters = [(index, leaf) for index, leaf in books.rosters if index < seen_size] or books.rosters[:1]
    if rosters:
        index, leaf = rosters[-1]
        try:
            origin = text.partition("\n")[0]
            signed, witnesses, quorum = quorum_of(leaf, origin, seen_text, seen_lines, books.known)
        except Wrong as wrong:
            raise Wrong(f"the witnesses: {wrong}", index) from None
    if books.known > set(known_rosters):
        kept.write("rosters", "\n".join(sorted(books.known)))
    if needs_quorum and not signed:
        raise Wrong("no quorum of the members' witnesses signed the checkpoint")
    (keep / "hashes.new").replace(hashes)
    kept.write("log.vkey", f"{trusted}\n")
    kept.write("checkpoint", note)
    said = {
        "origin": text.partition("\n")[0],
        "size": size,
        "root": root.hex(),
        "entries": books.entries,
        "known": known_size,
        "seen": seen_size,
        "cosigned": cosigned_size,
        "signed": signed,
        "witnesses": witnesses,
        "quorum": quorum,
    }
    return said, books


def read_bundle(source: Source, n: int, width: int) -> list[bytes]:
    """The leaves of a bundle; raises Wrong for the first that is cut off."""
    packed = source.tile("entries", n, width)
    if packed is None:
        raise Wrong("its bundle is missing", n * WIDTH)
    found: list[bytes] = []
    at = 0
    while len(found) < width:
        end = at + 2 + int.from_bytes(packed[at : at + 2])
        if at + 2 > len(packed) or end > len(packed):
            raise Wrong("its bytes are cut off", n * WIDTH + len(found))
        found.append(packed[at + 2 : end])
        at = end
    require(width < WIDTH or at == len(packed), f"bundle {n} holds more than its leaves")
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("log", help="the log's address (https://…/log), or a folder with a copy of it")
    parser.add_argument("--keep", type=Path, help="what this device remembers of it (default: a folder in your home)")
    parser.add_argument(
        "--vkey", default="", help="the log's public key, or a file with it, had from somebody you trust"
    )
    parser.add_argument("--balances", type=Path, help="write what every account holds into this CSV file")
    parser.add_argument(
        "--cosigner", action="append", default=[], metavar="VKEY",
        help="fail where this witness of the wider world (C2SP) did not sign the file `cosigned`; may be given again",
    )  # fmt: skip
    parser.add_argument("--require-quorum", action="store_true", help="fail where no quorum of witnesses signed")
    asked = parser.parse_args(arguments)
    try:
        vkey = Path(asked.vkey).read_text() if asked.vkey and Path(asked.vkey).is_file() else asked.vkey
        keep = asked.keep or Path.home() / ".rennet-verifier" / sha256(asked.log.encode()).hexdigest()[:16]
        said, books = verify(asked.log, keep, vkey=vkey, needs_quorum=asked.require_quorum, cosigners=asked.cosigner)
    except Wrong as wrong:
        print(f"leaf {wrong.index} is wrong: {wrong}" if wrong.index is not None else f"This log is wrong: {wrong}")
        return 1
    except Unreadable as error:
        print(error)
        return 2
    if asked.balances:
        with asked.balances.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["account", "unit", "smallest parts", "decimals"])
            for (address, unit), quantity in sorted(books.balance.items()):
                rows.writerow([address, unit, quantity, books.exponents[unit.partition("@")[0]]])
    since = f", and the {said['known']} seen before are unchanged" if said["known"] else ""
    print(f"All {said['size']} leaves of {said['origin']} are in order, {said['entries']} entries among them{since}.")
    print(f"They lead to the signed root {said['root']}, and to {len(books.balance)} balances.")
    if said["witnesses"]:
        signed = f"{said['signed']} of {said['witnesses']} witnesses signed the first {said['seen']}"
        print(f"{signed if said['signed'] else 'No quorum signed yet'}; {said['quorum']} must.")
    if asked.cosigner:
        print(f"All {len(asked.cosigner)} cosigners that you named signed the first {said['cosigned']} leaves.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
