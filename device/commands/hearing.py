"""Says what a listener's ears have had when a session begins, and refuses one where that is all they may have.

What the box says between sessions is counted here too.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import NamedTuple

from device.audio.safety.dose import LISTENING_H, allowance_pa2h, level_of
from device.audio.safety.headphones import full_scale_spl
from device.clock import moment
from device.commands.privacy import open_memory
from device.commands.session_folder import listeners_root
from device.config import DeviceConfig, HearingAccount
from device.errors import DoseError, IsotoneError
from device.listeners.hearing import Ears, Week, ceiling_percent, ears_of, hear, week_of
from device.listeners.names import is_anybody
from device.listeners.store import Store
from device.messages import Exposure


class Hearing(NamedTuple):
    """The account with which a session begins."""

    account: HearingAccount
    listeners_dir: str = ""
    remarks: tuple[str, ...] = ()


def recall_hearing(device: DeviceConfig, listener: str) -> Hearing:
    """What the ears of a listener have had. Where nobody can say, the session stays soft enough whatever that is.

    Raises:
        ConfigError: the headphones of device.toml are none that are known.
        DoseError: the ears have had all that they may have.
    """
    full_scale_spl(device.headphones)
    try:
        folder = listeners_root(device)
        with open_memory(device) as store:
            account = account_in(store, device, listener)[0]
    except IsotoneError as error:
        unknown = HearingAccount(allowance_pa2h=allowance_pa2h(sensitive=device.headphones.sensitive), week_pa2h=None)
        without = "Nobody can say what the ears have had this week, so the music stays softer."
        return Hearing(unknown, remarks=(f"{error.sentence} {without} {error.action}",))
    if account.week_pa2h is not None and account.week_pa2h >= account.allowance_pa2h * account.ceiling_percent / 100.0:
        raise DoseError(
            "The ears have had what is allowed in a week (estimate), so there is no music now.",
            "Come back another day: `isotone dose` says how much is left.",
        )
    return Hearing(account, str(folder))


def keep_announced(device: DeviceConfig, heard: Exposure) -> None:
    """Count what was said while no session played. Nobody knows who heard it, so it counts for everybody.

    Where the account cannot be kept the box speaks all the same: a session then says what is wrong.
    """
    if heard.session_pa2h > 0.0:
        with contextlib.suppress(IsotoneError), open_memory(device) as store:
            hear(store, f"announcement-{uuid.uuid4()}", "", heard.session_pa2h, heard.heard_s, moment())


def account_in(store: Store, device: DeviceConfig, listener: str) -> tuple[HearingAccount, Week]:
    """The account of a listener, known or not, and the week behind it."""
    person = None if is_anybody(listener) else store.find(listener)
    ears = ears_of(store, person) if person else Ears()
    sensitive = device.headphones.sensitive if ears.sensitive is None else ears.sensitive
    week = week_of(store, person, moment())
    account = HearingAccount(
        allowance_pa2h=allowance_pa2h(sensitive=sensitive),
        ceiling_percent=ceiling_percent(store),
        week_pa2h=week.exposure_pa2h,
    )
    return account, week


def figures(exposure_pa2h: float, heard_s: float, allowance: float) -> dict[str, float | bool | None]:
    """An exposure in the figures of H.870; all are estimates."""
    laeq_dba = level_of(exposure_pa2h * 3600.0 / heard_s) if heard_s > 0.0 else None
    return {
        "dose_percent": 100.0 * exposure_pa2h / allowance,
        "laeq_dba": laeq_dba,
        "exposure_pa2h": exposure_pa2h,
        "heard_s": heard_s,
        "allowed_dba": level_of(allowance / LISTENING_H),
        "allowed_h": LISTENING_H,
        "estimate": True,
    }
