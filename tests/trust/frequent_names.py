"""Names as often as they are borne: surnames by their share in the population, given names that many bear."""

import tomllib
from pathlib import Path
from random import Random

_NAMES = tomllib.loads((Path(__file__).parent / "texts" / "frequent_names.toml").read_text(encoding="utf-8"))
_SHARES = {surname: int(share) for share, surnames in _NAMES["surnames"].items() for surname in surnames}


def frequent_name(rng: Random) -> str:
    """Return a name drawn by how many bear its surname."""
    return rng.choices(list(_SHARES), list(_SHARES.values()))[0] + rng.choice(_NAMES["given"]["names"])
