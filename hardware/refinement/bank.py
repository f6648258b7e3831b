"""People of all families, as likely as they are held to be before anything is known, and as the box meets them."""

from __future__ import annotations

from hardware.simulation.patients import Patients
from hardware.twin.cohort import Cohort
from hardware.twin.people import FAMILIES, People, draw_people, keyed, together

PRIOR = {
    "ornstein-uhlenbeck": 0.3,
    "bounded": 0.2,
    "ising": 0.15,
    "habituating": 0.15,
    "no-effect": 0.1,
    "opposite": 0.1,
}
"""How common each family is held to be before anything is known."""
FAMILY = "bank"
"""Keys the draws: the people are of all families."""


def draw_bank(n: int, seed: int) -> People:
    """About `n` people of all families by `PRIOR`."""
    drawn = []
    for family in FAMILIES:
        count = max(1, round(n * PRIOR[family]))
        drawn.append(draw_people(family, count, keyed(seed, family, 0)))
    return together(drawn)


def patients_of(people: People, seed: int) -> Patients:
    """The people as the loop meets them, session after session."""
    return Patients(Cohort(FAMILY, people.settling_s.size, seed, people=people))
