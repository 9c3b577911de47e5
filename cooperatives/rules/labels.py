"""The TK and BC Labels of Local Contexts (https://localcontexts.org/labels/about-the-labels/): what each asks, and what
the software does about it. The words are the community's own; here is only their meaning."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LISTING, PAGE = "listing", "page"  # what a label may block: sale in the shop; the recipe's page and files for everyone


@dataclass(frozen=True, slots=True)
class Meaning:
    """A label: its code and name as Local Contexts gives them, its group, and what it blocks."""

    code: str
    name: str
    group: str  # provenance, protocol, permission
    blocks: tuple[str, ...] = ()


_OURS_ALONE = (LISTING, PAGE)
LABELS = {label.code: label for label in (
    Meaning("TK-A", "TK Attribution", "provenance"),
    Meaning("TK-CL", "TK Clan", "provenance", _OURS_ALONE),
    Meaning("TK-F", "TK Family", "provenance", _OURS_ALONE),
    Meaning("TK-MC", "TK Multiple Communities", "provenance"),
    Meaning("TK-CV", "TK Community Voice", "provenance"),
    Meaning("TK-CR", "TK Creative", "provenance"),
    Meaning("BC-P", "BC Provenance", "provenance"),
    Meaning("BC-MC", "BC Multiple Communities", "provenance"),
    Meaning("BC-CL", "BC Clan", "provenance", _OURS_ALONE),
    Meaning("TK-V", "TK Verified", "protocol"),
    Meaning("TK-NV", "TK Non-Verified", "protocol"),
    Meaning("TK-S", "TK Seasonal", "protocol"),
    Meaning("TK-WG", "TK Women General", "protocol", _OURS_ALONE),
    Meaning("TK-MG", "TK Men General", "protocol", _OURS_ALONE),
    Meaning("TK-WR", "TK Women Restricted", "protocol", _OURS_ALONE),
    Meaning("TK-MR", "TK Men Restricted", "protocol", _OURS_ALONE),
    Meaning("TK-CS", "TK Culturally Sensitive", "protocol"),
    Meaning("TK-SS", "TK Secret / Sacred", "protocol", _OURS_ALONE),
    Meaning("BC-CV", "BC Consent Verified", "protocol"),
    Meaning("BC-CNV", "BC Consent Non-Verified", "protocol"),
    Meaning("TK-OC", "TK Open to Commercialization", "permission"),
    Meaning("TK-NC", "TK Non-Commercial", "permission", (LISTING,)),
    Meaning("TK-CO", "TK Community Use Only", "permission", _OURS_ALONE),
    Meaning("TK-O", "TK Outreach", "permission", (LISTING,)),
    Meaning("TK-CB", "TK Open to Collaboration", "permission"),
    Meaning("BC-R", "BC Research Use", "permission", (LISTING,)),
    Meaning("BC-CB", "BC Open to Collaboration", "permission"),
    Meaning("BC-OC", "BC Open to Commercialization", "permission"),
    Meaning("BC-O", "BC Outreach", "permission", (LISTING,)),
    Meaning("BC-NC", "BC Non-Commercial", "permission", (LISTING,)),
)}  # fmt: skip
SEASONAL = "TK-S"


def blocks(code: str, what: str, *, months: Sequence[int] = (), month: int) -> bool:
    """Whether a label stands in the way of `what` this month; a seasonal one outside the months its community named."""
    if code == SEASONAL:
        return what == LISTING and bool(months) and month not in months
    return what in LABELS[code].blocks


def may_sell(terms: str, *, is_own: bool, ownership: str, is_permitted: bool) -> str:
    """“yes”, or why not: “agreement” where the community must agree first, “review” where nobody knows who owns the
    seller (Peer Production Licence: cooperatives and non-profits may sell, others by agreement)."""
    if is_own or is_permitted or terms == "everyone":
        return "yes"
    if terms == "peers":
        return {"members": "yes", "non-profit": "yes", "unknown": "review"}.get(ownership, "agreement")
    return "agreement"


def known(codes: Iterable[str]) -> bool:
    """Whether all of these are labels."""
    return all(code in LABELS for code in codes)
