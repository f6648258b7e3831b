"""Who may look at this box: a patient, a therapist, a technician. `routes` says which page each of them has."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from device.messages import Author

Role = Literal["patient", "therapist", "technician"]
ROLES: tuple[Role, ...] = get_args(Role)


class Stay(NamedTuple):
    """How long somebody stays signed in, in seconds."""

    idle_s: float
    """Time after which who asks nothing is signed out."""
    whole_s: float


HOUR_S = 3600.0
STAYS: dict[Role, Stay] = {
    # A patient's phone lies at their bed; whoever takes it can stop music, and no more.
    "patient": Stay(7 * 24 * HOUR_S, 30 * 24 * HOUR_S),
    "therapist": Stay(HOUR_S, 12 * HOUR_S),
    "technician": Stay(HOUR_S / 4, 8 * HOUR_S),
}
AUTHORS: dict[Role, Author] = {"patient": "patient", "therapist": "therapist"}
"""In whose name a session is given their wishes; a technician has none."""
