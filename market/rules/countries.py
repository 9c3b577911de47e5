"""Countries as people write them and as a parcel needs them: two letters (ISO 3166-1)."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from babel import Locale

from ledger.rules.refusal import BadInput

# What CLDR names beside the countries of ISO 3166-1: groups, blanks, and codes kept for islands and enclaves.
NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})


class NoSuchCountry(BadInput):
    """“{name}” is no country. Write countries by name or by their two letters, with commas between: France, BE."""


@cache
def country_names(language: str) -> Mapping[str, str]:
    """{two letters: name} in a language, as the Unicode CLDR has them, in the order of their names."""
    territories = Locale.parse(language, sep="-").territories
    found = {code: name for code, name in territories.items() if re.fullmatch(r"[A-Z]{2}", code)}
    rows = [(code, name) for code, name in found.items() if code not in NO_COUNTRIES]
    return dict(sorted(rows, key=lambda row: row[1]))


def read_countries(said: str, language: str) -> list[str]:
    """The two letters of each country in a list with commas, by name in that language or in English, or by letters;
    in order, each once. Raises NoSuchCountry."""
    known = {name.casefold(): code for one in ("en", language) for code, name in country_names(one).items()}
    known |= {code.casefold(): code for code in country_names("en")}
    found = list[str]()
    for name in filter(None, map(str.strip, re.split(r"[,;\n]", said))):
        if name.casefold() not in known:
            raise NoSuchCountry(name=name)
        found.append(known[name.casefold()])
    return list(dict.fromkeys(found))


def say_countries(codes: Iterable[str], language: str) -> str:
    """Their names, with commas between."""
    names = country_names(language)
    return ", ".join(names.get(code, code) for code in codes)
