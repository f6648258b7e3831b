"""`isotone dose`: what ears have had this week, or would have of a file; and who may raise what protects them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from device.audio.safety.dose import DoseMeter, allowance_pa2h
from device.audio.safety.headphones import UNKNOWN, full_scale_spl
from device.audio.wav_sound import open_sound
from device.clock import moment, wall_time
from device.commands.hearing import account_in, figures
from device.commands.options import Bounded, Words, device_of, device_option, json_option
from device.commands.privacy import open_memory
from device.config import DeviceConfig
from device.console.printing import say, say_json
from device.listeners.hearing import Ears, ceiling_percent, ears_of, keep_ceiling, keep_ears
from device.listeners.names import ANYBODY, is_anybody
from device.listeners.pin import check_pin, has_pin, set_pin
from device.listeners.store import ISO, Store

WORST = (
    " As nobody said which are worn, the loudest are counted, and the music is made softer for them: on others it is "
    "softer than these figures say. Name them in device.toml, [headphones]."
)
"""The worst is assumed in what is counted and in what may sound alike."""


@click.command()
@click.argument("listener", type=Words(), default=ANYBODY)
@click.option("--wav", type=click.Path(path_type=Path), help="Measure a WAV file instead.")
@click.option("--headphones", help="Profile by which it is heard [default: as device.toml says].")
@click.option("--sensitive/--adult", default=None, help="With --wav: by whose measure. Else: keep whose ears they are.")
@click.option("--own/--shared", default=None, help="Keep that the name is one person's, whom nobody else poses as.")
@click.option("--set-ceiling", type=Bounded(1.0, 1000.0), help="Percent of the week's dose that may be heard.")
@click.option("--set-pin", is_flag=True, help="Give the box a PIN, or another one.")
@device_option
@json_option
def dose(listener: str, wav: Path | None, device_path: Path | None, as_json: bool, **options: Any) -> None:
    """Say how much of the week's sound a listener has had (WHO-ITU H.870). All figures are estimates.

    Without a name it is what a guest begins with: all that was heard by whom nobody vouched for.
    The PIN is asked for where something is raised that protects a listener.
    """
    device = device_of(device_path)
    if options["headphones"]:
        headphones = msgspec.structs.replace(device.headphones, profile=options["headphones"])
        device = msgspec.structs.replace(device, headphones=headphones)
    if wav:
        _tell(_of_file(wav, device, options["sensitive"]), as_json=as_json)
        return
    with open_memory(device) as store:
        if options["set_pin"]:
            _ask_new_pin(store)
        if options["set_ceiling"] is not None:
            _set_ceiling(store, options["set_ceiling"])
        if options["own"] is not None or options["sensitive"] is not None:
            _set_ears(store, device, listener, options)
        _tell(_of_listener(store, device, listener), as_json=as_json)


def _of_file(path: Path, device: DeviceConfig, sensitive: bool | None) -> dict[str, Any]:
    """The dose of hearing a file once."""
    spl = full_scale_spl(device.headphones)
    with open_sound(path) as sound:
        meter, n_frames = DoseMeter(sound.sfreq_hz, spl), 0
        for block in sound.blocks:
            meter.add(block)
            n_frames += len(block)
    meter.finish()
    allowance = allowance_pa2h(sensitive=device.headphones.sensitive if sensitive is None else sensitive)
    told = figures(meter.exposure_pa2h, n_frames / sound.sfreq_hz, allowance)
    name = os.fsencode(path).decode("utf-8", "backslashreplace")
    return {"file": name, "headphones": device.headphones.profile, "full_scale_spl": spl} | told


def _of_listener(store: Store, device: DeviceConfig, listener: str) -> dict[str, Any]:
    if not is_anybody(listener):
        store.demand(listener)
    account, week = account_in(store, device, listener)
    told = figures(week.exposure_pa2h, week.heard_s, account.allowance_pa2h)
    return {
        "listener": listener,
        **told,
        "left_percent": max(0.0, account.ceiling_percent - 100.0 * week.exposure_pa2h / account.allowance_pa2h),
        "ceiling_percent": account.ceiling_percent,
        "has_pin": has_pin(store),
        "headphones": device.headphones.profile,
        "full_scale_spl": full_scale_spl(device.headphones),
    }


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(told)
        return
    whose = told.get("file") or told["listener"]
    level = "silence" if told["laeq_dba"] is None else f"{told['laeq_dba']:.1f} dB(A) on average"
    say(f"{whose}: {told['dose_percent']:.1f} % of a week's sound, {level} over {told['heard_s'] / 3600.0:.2f} h.")
    if "left_percent" in told:
        say(f"{told['left_percent']:.1f} % is left of what may be heard (ceiling {told['ceiling_percent']:.0f} %).")
    say(f"100 % is {told['allowed_dba']:.0f} dB(A) for {told['allowed_h']:.0f} h a week (WHO-ITU H.870).")
    say(f"An estimate, for headphones `{told['headphones']}`.{WORST if told['headphones'] == UNKNOWN else ''}")


# -- what the PIN protects


def _ask(question: str) -> str:
    """A secret from the terminal, or a line from a pipe."""
    hidden = sys.stdin.isatty()
    return str(click.prompt(question, hide_input=hidden, err=True))


def _ask_new_pin(store: Store) -> None:
    old = _ask("The PIN until now") if has_pin(store) else ""
    set_pin(store, _ask("The new PIN"), old, moment())
    say("The box has its PIN.", err=True)


def _demand_pin(store: Store) -> None:
    """Nobody is asked for what there is not."""
    check_pin(store, _ask("PIN") if has_pin(store) else "", moment())


def _set_ceiling(store: Store, percent: float) -> None:
    if percent > ceiling_percent(store):
        _demand_pin(store)
    keep_ceiling(store, percent)


def _set_ears(store: Store, device: DeviceConfig, listener: str, options: dict[str, Any]) -> None:
    """Keep whose ears they are; only what protects them more is free."""
    person = store.demand(listener)
    before = ears_of(store, person)
    asked = {name: options[name] for name in ("own", "sensitive") if options[name] is not None}
    ears = msgspec.structs.replace(before, **asked)
    if _protects_less(before, ears, device):
        _demand_pin(store)
    keep_ears(store, person, ears, f"{wall_time():{ISO}}")


def _protects_less(before: Ears, after: Ears, device: DeviceConfig) -> bool:
    was_sensitive = device.headphones.sensitive if before.sensitive is None else before.sensitive
    return (after.own and not before.own) or (was_sensitive and after.sensitive is False)
