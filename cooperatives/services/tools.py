"""Tools: name one, and record for how long it was in use in a process."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Cooperative, Membership, Process, Role, Tool
from cooperatives.rules.energy import USE_MINUTE
from cooperatives.rules.names import next_code, plain_name
from cooperatives.services.contributions import evidence_of, lock_cooperative, priced, signed
from cooperatives.services.making import MAKERS
from cooperatives.services.people import OPERATOR, UnreadableName, refuse_unless
from ledger import queries as ledger
from ledger.rules.entries import Flow, Recorded
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import BadInput, NotAllowed, NotFound
from ledger.services.journal import record_entry, record_unit


class NotInUse(BadInput):
    """A tool is in use for at least a minute."""


class NobodyToPay(BadInput):
    """This tool is the cooperative’s own: nobody is paid for its use."""


@transaction.atomic
def add_tool(
    *, by: Membership | None, cooperative: Cooperative, name: str, owner: Membership | None = None, at: datetime
) -> Tool:
    """A tool of the cooperative, or of a member; the same name of the same owner again is the same tool.

    Raises NotAllowed (who holds no office names only what is the cooperative's or their own), UnreadableName.
    """
    refuse_unless(by, *MAKERS, cooperative=cooperative)
    lock_cooperative(cooperative.pk)  # two makers, two codes
    if owner is not None and owner.cooperative_id != cooperative.pk:
        raise NotFound()
    if owner is not None and by is not None and owner.pk != by.pk and not by.has_role(Role.STEWARD, Role.CLERK):
        raise NotAllowed()
    name = name.strip()
    tools = {tool.code: tool for tool in cooperative.tools.all()}
    for tool in tools.values():
        if tool.name.casefold() == name.casefold() and tool.owner_id == (owner.pk if owner else None):
            return tool
    if not name:
        raise UnreadableName(name=name)
    stem = plain_name(name)
    code = stem if stem and stem not in tools else next_code(stem or "tool", tools)
    return Tool.objects.create(cooperative=cooperative, code=code, name=name[:100], owner=owner, added_at=at)


@transaction.atomic
def use_tool(
    *,
    by: Membership | None,
    process: Process,
    tool: Tool,
    minutes: int,
    fee: int | None = None,
    at: datetime,
    key: str,
) -> Recorded:
    """Minutes for which a tool was in use in a process, also one that is finished. `fee` is what the cooperative owes
    the member who owns it, for all of it.

    Raises NotAllowed (a fee is agreed by a steward or a clerk), NotFound, NotInUse, NobodyToPay.
    """
    lock_cooperative(process.cooperative_id)
    used = Flow(tool.address, process.address, USE_MINUTE, minutes)
    if known := ledger.entries_by_key([key]).get(key):
        if known.flows[0] != used:
            raise KeyHasAnotherBody(key=key, field="flows")
        return known
    refuse_unless(by, *((Role.STEWARD, Role.CLERK) if fee else MAKERS), cooperative=process.cooperative)
    if tool.cooperative_id != process.cooperative_id:
        raise NotFound()
    if minutes <= 0:
        raise NotInUse()
    if fee and tool.owner is None:
        raise NobodyToPay()
    record_unit(code=USE_MINUTE, family="thing", exponent=0, at=at, by=OPERATOR)
    return record_entry(
        key=key, action="use", purpose="making", at=at, by=signed(by),
        flows=[used, *(priced(tool.owner, fee) if tool.owner else [])],
        evidence=evidence_of(tool.owner, by) if tool.owner else "declared",
    )  # fmt: skip
