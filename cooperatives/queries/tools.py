"""Give me: the tools of a cooperative and of its members."""

from collections.abc import Iterable

from cooperatives.models import Cooperative, Tool


def tools_of(cooperative: Cooperative) -> list[Tool]:
    """All tools that were ever named in a cooperative, by name."""
    return list(cooperative.tools.select_related("owner", "cooperative"))


def tool_names(accounts: Iterable[str]) -> dict[str, str]:
    """What each tool is called, by its account; an account of no tool that we know is left out."""
    wanted = set(accounts)
    codes = {account.rpartition("/")[2] for account in wanted}
    found = Tool.objects.filter(code__in=codes).select_related("owner", "cooperative") if codes else []
    return {tool.address: tool.name for tool in found if tool.address in wanted}
