"""Says how loud full scale is at the ear: what headphones make of a volt, and how many volts the card gives.

Makers state sensitivity at 1 kHz on a coupler of their own, and no two ears are alike, so whatever is computed from it
is an estimate. Of headphones that are not known the worst is assumed: the loudest of the table.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from device.config import HeadphonesConfig
from device.errors import ConfigError

UNKNOWN = "unknown"
FULL_SCALE_V_MAX = 2.1
"""What a card's output gives at most, as far as it is not known: the line level of usual converters."""


class Profile(NamedTuple):
    """A kind of headphones, as its maker states it."""

    sensitivity_db_v: float
    """dB SPL of a sine of 1 kHz at 1 V (rms)."""
    impedance_ohm: float


def per_volt(sensitivity_db_mw: float, impedance_ohm: float) -> float:
    """Sensitivity in dB/V of headphones whose maker states dB/mW: at 1 V they take 1000 / impedance mW."""
    return sensitivity_db_mw + 10.0 * math.log10(1000.0 / impedance_ohm)


PROFILES: dict[str, Profile] = {
    "akg-k240": Profile(104.0, 55.0),
    "audio-technica-ath-m50x": Profile(per_volt(99.0, 38.0), 38.0),
    "beyerdynamic-dt-770-80": Profile(per_volt(96.0, 80.0), 80.0),
    "etymotic-er4sr": Profile(118.0, 45.0),
    "koss-porta-pro": Profile(per_volt(101.0, 60.0), 60.0),
    "sennheiser-hd-25": Profile(120.0, 70.0),
    "sennheiser-hd-560s": Profile(110.0, 120.0),
    "sennheiser-hd-650": Profile(103.0, 300.0),
    "shure-se215": Profile(per_volt(107.0, 20.0), 20.0),
    "sony-mdr-7506": Profile(per_volt(106.0, 63.0), 63.0),
}


def full_scale_spl(config: HeadphonesConfig) -> float:
    """Level at the ear in dB of a sine at full scale: an estimate.

    Raises:
        ConfigError: there is no such profile, or dB/mW are given without an impedance.
    """
    return _sensitivity(config) + 20.0 * math.log10(config.full_scale_v or FULL_SCALE_V_MAX)


def are_known(config: HeadphonesConfig) -> bool:
    """Whether anybody said how loud the headphones that are worn can be."""
    return config.profile != UNKNOWN or config.sensitivity_db_v is not None or config.sensitivity_db_mw is not None


def _sensitivity(config: HeadphonesConfig) -> float:
    """In dB/V: as stated, else the profile's, else that of the loudest."""
    profile = profile_of(config.profile)
    if config.sensitivity_db_v is not None:
        return config.sensitivity_db_v
    if config.sensitivity_db_mw is not None:
        impedance_ohm = config.impedance_ohm or (profile.impedance_ohm if profile else 0.0)
        if not impedance_ohm:
            sentence = "`headphones.sensitivity_db_mw` says nothing without `headphones.impedance_ohm`."
            raise ConfigError(sentence, "Give both in device.toml, or sensitivity_db_v.")
        return per_volt(config.sensitivity_db_mw, impedance_ohm)
    return profile.sensitivity_db_v if profile else max(known.sensitivity_db_v for known in PROFILES.values())


def profile_of(name: str) -> Profile | None:
    """The profile of that name; None where it is not known which headphones are worn.

    Raises:
        ConfigError: there is no such profile.
    """
    if name == UNKNOWN:
        return None
    if name not in PROFILES:
        raise ConfigError(f"There are no headphones `{name}`.", f"Known are: {', '.join([UNKNOWN, *PROFILES])}.")
    return PROFILES[name]
