"""Who complained cannot be guessed from a unit's workbook better than blindly, where few complained."""

from collections.abc import Callable

import pandas as pd
import pytest

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import load_settings
from analysis.exchange.outputs import write_outputs
from analysis.summary.shares import wilson
from tests.ledger_frames import ISSUE, RUN, SOURCE_NAMES, shown, time_left
from tests.trust.linking import Guess, guesses, small_ledger
from tests.trust.tally import Tally


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, times: Callable[[int, int], int]) -> list[Guess]:
    """Guesses at the rows of several offices' workbooks."""
    settings, scheme, units = load_settings(), load_scheme(), load_units()
    found: list[Guess] = []
    for seed in range(times(1, 12)):
        folder = tmp_path_factory.mktemp("linking")
        tables, complained = small_ledger(seed)
        write_outputs(
            folder, shown(tables), settings, scheme, units, RUN, ISSUE, time_left=time_left, source_names=SOURCE_NAMES
        )
        for again in range(times(20, 40)):
            found += guesses(folder / "整改台账", complained, 1000 * seed + again)
    return found


def rates(made: list[Guess]) -> tuple[float, float, float, float]:
    """Return the share of right guesses with its interval (95 %), and what blind guessing gives."""
    right = wilson(pd.Series([sum(guess.is_right for guess in made)]), pd.Series([len(made)]), 0.95).iloc[0]
    return right["share"], right["low"], right["high"], sum(guess.blind for guess in made) / len(made)


@pytest.mark.promise("linking")
@pytest.mark.parametrize("is_few", [True, False], ids=["few", "many"])
def test_no_better_than_blind(is_few: bool, made: list[Guess], tally: Tally) -> None:
    own = [guess for guess in made if guess.is_few == is_few]
    share, low, high, blind = rates(own)
    excess = max(0, round((low - blind) * len(own)))
    for number, _ in enumerate(own):
        tally.count(number >= excess, f"{share:.3f} [{low:.3f}, {high:.3f}], blind {blind:.3f}")
