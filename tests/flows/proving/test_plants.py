"""The prover is proved: faults are planted in copies of our flows, and it has to find them."""

from pathlib import Path

import pytest

from flows.engine.marks import FlowError
from flows.proving.proof import Thoroughness
from flows.proving.talks import FoundProblem
from tests.flows.proving.copies import Copies
from tests.flows.proving.plants_guarded import PLANTS

QUICK = Thoroughness(turns=250, walks=0)
MOST_TURNS = 6


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_fault_is_found_and_shown_in_six_turns_at_most(name: str, tmp_path: Path) -> None:
    copies = Copies()
    says = PLANTS[name](copies)

    try:
        problems = copies.proved(tmp_path, QUICK).problems
    except FlowError as refused:
        found, turns = [str(refused)], [0]
    else:
        found = [str(problem) for problem in problems]
        turns = [problem.turns for problem in problems if isinstance(problem, FoundProblem)]

    assert any(says in problem for problem in found), found
    assert max(turns, default=0) <= MOST_TURNS


def test_copies_without_a_fault_have_none(tmp_path: Path) -> None:
    assert Copies().proved(tmp_path, QUICK).problems == ()


def test_thirty_faults_and_more_are_planted() -> None:
    assert len(PLANTS) >= 30
