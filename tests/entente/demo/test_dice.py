"""Dice: the same on every machine."""

from __future__ import annotations

import numpy as np

from entente.demo.dice import Dice, choose


def test_dice_fall_the_same_way_for_ever() -> None:
    dice = Dice(7, "map")
    assert [dice.below(100) for _ in range(8)] == [22, 67, 15, 11, 77, 83, 36, 11]
    assert Dice(7, "map").floats(2, 3).tolist() == Dice(7, "map").floats(6).reshape(2, 3).tolist()


def test_subjects_and_seeds_have_dice_of_their_own() -> None:
    throws = [Dice(seed, subject).floats(4).tolist() for seed in (1, 2) for subject in ("map", "wars")]
    assert len({tuple(throw) for throw in throws}) == 4


def test_a_choice_falls_by_weight_and_never_on_what_weighs_nothing() -> None:
    weights = np.tile(np.array([0.0, 1.0, 0.0, 3.0, 0.0]), (20_000, 1))
    chosen = np.bincount(choose(weights, Dice(3, "choice").floats(20_000)), minlength=5)
    assert chosen[[0, 2, 4]].sum() == 0
    assert 0.23 < chosen[1] / 20_000 < 0.27
