"""The masking rules as reviewed data: `masking.toml` and `masking_names.toml`, typed and checked."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from analysis.codebook import Review, read_codebook

NUMBERS_FILE = "masking.toml"
NAMES_FILE = "masking_names.toml"

_Word = Annotated[str, StringConstraints(min_length=1)]
_Words = Annotated[tuple[_Word, ...], Field(min_length=1)]
_Characters = Annotated[str, StringConstraints(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NumberRules(_Part):
    """Cue words before numbers, and the numbers that are nobody's own."""

    phone_cues: _Words
    contact_cues: _Words
    identity_cues: _Words
    licence_cues: _Words
    vehicle_cues: _Words
    card_cues: _Words
    passport_cues: _Words
    badge_cues: _Words
    document_cues: _Words
    connectors: _Words
    public_numbers: _Words
    amount_units: _Words
    amount_exceptions: _Words
    extension_words: _Words
    spoken_digits: dict[Annotated[str, StringConstraints(min_length=1, max_length=1)], str]
    star_characters: _Characters


class IdentityRules(_Part):
    """What an identity number can begin with."""

    provinces: _Words


class PlateRules(_Part):
    """What a number plate consists of, and the words before one."""

    provinces: _Characters
    province_names: _Words
    suffixes: _Characters
    cues: _Words


class AccountRules(_Part):
    """Words before accounts and nicknames; how mail addresses are spelt."""

    cues: _Words
    nickname_cues: _Words
    mention_cues: _Words
    organisation_words: _Words
    email_cues: _Words
    at_signs: _Words
    mail_dots: _Words
    mail_providers: _Words


class AddressRules(_Part):
    """Words that tell a home from an office, and the levels of an address."""

    home_cues: _Words
    home_cue_exceptions: _Words
    home_followers: _Words
    not_living: _Characters
    not_groups: _Words
    block_cues: _Words
    compounds: _Words
    roads: _Words
    offices: _Words
    office_followers: _Words
    residents: _Words
    villages: _Words
    hamlets: _Words
    door_cues: _Words
    regions: _Words


class MaskingRules(_Part):
    """All rules about numbers, plates, accounts and addresses."""

    review: Review
    numbers: NumberRules
    identity: IdentityRules
    plates: PlateRules
    accounts: AccountRules
    addresses: AddressRules


class Surnames(_Part):
    """Surnames by how much must stand around them: nothing, a role, or an introduction."""

    bare: _Characters
    role: _Characters
    strong: _Characters
    compound: _Words

    @model_validator(mode="after")
    def _surnames_are_unique(self) -> Self:
        characters = self.bare + self.role + self.strong
        repeated = sorted({c for c in characters if characters.count(c) > 1})
        if repeated:
            raise ValueError(f"姓氏重复 {repeated[:5]}")
        return self


class GivenNames(_Part):
    """Characters that given names, and names transliterated into Chinese, are made of."""

    characters: _Characters
    typical: _Characters
    words: _Words
    transliteration: _Characters


class NameContext(_Part):
    """What can follow a name, and what shows that it was none."""

    followers: _Characters
    pointers: _Characters
    place_suffixes: _Characters
    organisations: _Words


class NameCues(_Part):
    """Words before and after names."""

    introductions: _Words
    fields: _Words
    roles: _Words
    role_links: _Words
    titles: _Words
    polite_titles: _Words
    short_titles: _Words
    prefixes: _Characters
    verbs: _Words
    not_persons: _Words
    not_surnamed: _Characters


class KeepWords(_Part):
    """What looks like a name and is none."""

    generic_complainants: _Words
    organisation_endings: _Words
    ordinary_words: _Words


class NameRules(_Part):
    """All rules about names."""

    review: Review
    surnames: Surnames
    given: GivenNames
    context: NameContext
    cues: NameCues
    keep: KeepWords


def load_masking_rules(directory: Path | None = None) -> MaskingRules:
    """Load the rules about numbers and addresses: the site's own from `directory`, else the shipped ones.

    Raises:
        SettingsError: the file does not fit; the message names file and key.
    """
    return read_codebook(NUMBERS_FILE, MaskingRules, directory)


def load_name_rules(directory: Path | None = None) -> NameRules:
    """Load the rules about names: the site's own from `directory`, else the shipped ones.

    Raises:
        SettingsError: the file does not fit; the message names file and key.
    """
    return read_codebook(NAMES_FILE, NameRules, directory)
