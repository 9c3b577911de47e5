"""An agreement in words: one sentence a person understands for each step."""

from collections.abc import Callable

from cooperatives.rules.energy import USE_MINUTE
from cooperatives.rules.measures import say_measure, say_time
from cooperatives.rules.steps import Commons, Credit, Debts, Designs, Floors, PassThrough, Rate, Reserve, Residual, Step


def gettext_noop(text: str) -> str:
    """Marks a sentence for the translators; it is translated where it is said."""
    return text


PASSED_ON = gettext_noop("What was paid for inputs goes back to the working money that paid it.")
OLD_DEBTS = gettext_noop("What earlier sales could not pay is paid first.")
AGREED = gettext_noop("Agreed prices come next, whatever the sale brings: {rates}.")
AGREED_OWED = gettext_noop(
    "Agreed prices come next, whatever the sale brings: {rates}. If it cannot pay that, the gap is owed and paid first "
    "next time."
)
COMMONS_OF_REST = gettext_noop("Of the rest, {percent} go to the commons: {funds}.")
COMMONS_OF_ALL = gettext_noop("Of the whole sale, {percent} go to the commons: {funds}.")
RESERVE_OF_REST = gettext_noop("Of the rest, {percent} stay in the reserve.")
RESERVE_OF_ALL = gettext_noop("Of the whole sale, {percent} stay in the reserve.")
AT_MOST = gettext_noop("At most {percent} of {whole} may go there.")
DESIGNS = gettext_noop(
    "Of {whole}, {percent} thank the designs that were followed; each passes {passed_on} on to those it was made from."
)
THE_REST = gettext_noop("the rest")
THE_SALE = gettext_noop("the whole sale")
SHARED_OF_ALL = gettext_noop("Of the whole sale, {percent} are shared by what each gave, counted as {rates}.")
BALANCED = gettext_noop("Whoever received less than that so far comes first.")
SHARED = gettext_noop("What is left is shared by what each gave, counted as {rates}.")
SHARED_PART = gettext_noop("Of what is left, {percent} are shared by what each gave, counted as {rates}.")
PERCENT = gettext_noop("{whole}%")
PERCENT_AND_TENTH = gettext_noop("{whole}.{tenth}%")
TO_FUND = gettext_noop("{percent} of it to {fund}")
CREDIT = gettext_noop(
    "Of the members’ credit that sales bring, {percent} go to those who receive the money, in proportion to it; the "
    "rest stays with the cooperative."
)
RATE = gettext_noop("{money} for {measure} of {what}")
RAISED = gettext_noop("{money} and {percent} more")
NAMED = gettext_noop("{what} ({name})")
KINDS = {
    "harvest": gettext_noop("harvest"),
    "harvest/lots": gettext_noop("lots that member cooperatives deliver"),
    "lots": gettext_noop("another cooperative’s goods, taken for a share"),
    "tools": gettext_noop("use of tools"),
    "body": gettext_noop("what nature and communities give"),
    "recipe": gettext_noop("designs followed"),
    "stock": gettext_noop("what suppliers bring"),
    "opening": gettext_noop("given before the books began"),
    "work": gettext_noop("work"),
    "work/family": gettext_noop("family work"),
    "work/hired": gettext_noop("hired work"),
    "work/care": gettext_noop("care"),
}


def say_step(step: Step, money: Callable[[int], str], translate: Callable[[str], str] = str) -> str:
    """The sentence of one step; `money` writes an amount of cents, `translate` is gettext."""
    match step:
        case PassThrough():
            return translate(PASSED_ON)
        case Debts():
            return translate(OLD_DEBTS)
        case Floors():
            rates = _say_rates(step.rates, money, translate)
            said = [translate(AGREED_OWED if step.is_owed else AGREED).format(rates=rates)]
            if step.is_straight or step.thousandths < 1000:
                whole = translate(THE_SALE if step.is_straight else THE_REST)
                said.append(translate(AT_MOST).format(percent=_percent(step.thousandths, translate), whole=whole))
            return " ".join(said)
        case Commons():
            text = translate(COMMONS_OF_ALL if step.is_straight else COMMONS_OF_REST)
            return text.format(percent=_percent(step.thousandths, translate), funds=_say_funds(step, translate))
        case Designs():
            whole = translate(THE_SALE if step.is_straight else THE_REST)
            passed_on = _percent(step.passed_on, translate)
            return translate(DESIGNS).format(
                percent=_percent(step.thousandths, translate), whole=whole, passed_on=passed_on
            )
        case Reserve():
            text = translate(RESERVE_OF_ALL if step.is_straight else RESERVE_OF_REST)
            return text.format(percent=_percent(step.thousandths, translate))
        case Residual():
            part = SHARED if step.thousandths == 1000 else SHARED_PART
            text = translate(SHARED_OF_ALL if step.is_straight else part)
            text = text.format(
                percent=_percent(step.thousandths, translate), rates=_say_rates(step.rates, money, translate)
            )
            return f"{text} {translate(BALANCED)}" if step.is_balanced else text
        case Credit():
            return translate(CREDIT).format(percent=_percent(step.thousandths, translate))


def _say_rates(rates: tuple[Rate, ...], money: Callable[[int], str], translate: Callable[[str], str]) -> str:
    return ", ".join(_say_rate(rate, money, translate) for rate in rates)


def _say_rate(rate: Rate, money: Callable[[int], str], translate: Callable[[str], str]) -> str:
    said = money(rate.pays)
    if rate.plus:
        said = translate(RAISED).format(money=said, percent=_percent(rate.plus, translate))
    measure = say_time(rate.per) if rate.unit == USE_MINUTE else say_measure(rate.per, rate.unit)
    return translate(RATE).format(money=said, measure=measure, what=_say_kind(rate.of, translate))


def _say_kind(of: str, translate: Callable[[str], str]) -> str:
    word, _slash, name = of.partition("/")
    if of in KINDS or word not in KINDS:
        return translate(KINDS.get(of, of))
    return translate(NAMED).format(what=translate(KINDS[word]), name=name.replace("-", " "))


def _say_funds(step: Commons, translate: Callable[[str], str]) -> str:
    whole = sum(step.funds.values())
    names = {to: to.split("/")[1].replace("-", " ") for to in step.funds}
    if len(step.funds) == 1:
        return next(iter(names.values()))
    return ", ".join(
        translate(TO_FUND).format(percent=_percent(weight * 1000 // whole, translate), fund=names[to])
        for to, weight in step.funds.items()
    )


def _percent(thousandths: int, translate: Callable[[str], str]) -> str:
    whole, tenth = divmod(thousandths, 10)
    return translate(PERCENT_AND_TENTH if tenth else PERCENT).format(whole=whole, tenth=tenth)
