"""`isotone say`: hear a prompt as a listener would, or see all of them and who speaks each; the box says them by it."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import NamedTuple, get_args

import click
import msgspec
from rich.table import Column, Table

from device.audio.announcer import Announcement, announce
from device.audio.player import CHANNELS
from device.audio.speech import find_speech, read_speech
from device.clock import SystemClock
from device.commands.hearing import keep_announced
from device.commands.options import DEVICE_TOML, device_option, json_option
from device.commands.signals import orderly_signals
from device.config import DeviceConfig, VoiceConfig, load
from device.console.printing import say as say_line
from device.console.printing import say_json
from device.console.terminal import Terminal
from device.errors import IsotoneError
from device.files.outputs import writing
from device.messages import Language, Prompt, Spoken
from device.voice.prompts import PROMPTS

RATE_HZ = 16_000
DIGITS_MAX = 8
PLACE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("name", required=False)
@click.option("--digits", default="", help="A number that is said behind it, such as a code.")
@click.option("--language", type=click.Choice(get_args(Language)), help="Another than device.toml says.")
@click.option("--signs", is_flag=True, help="As a musical sign.")
@click.option("--wav", type=PLACE, help="Into this file instead of the sound card.")
@device_option
@json_option
def say(
    name: str | None,
    digits: str,
    language: Language | None,
    signs: bool,
    wav: Path | None,
    device_path: Path | None,
    as_json: bool,
) -> None:
    """Say a prompt, or without one list them all."""
    path = device_path or (DEVICE_TOML if DEVICE_TOML.exists() else None)
    device = load(path, DeviceConfig) if path else DeviceConfig()
    changes = ({"language": language} if language else {}) | ({"speak": "signs"} if signs else {})
    device = msgspec.structs.replace(device, voice=msgspec.structs.replace(device.voice, **changes))
    if name is None:
        _list(device, as_json=as_json)
        return
    if name not in PROMPTS:
        raise click.UsageError(f"There is no prompt {name}; `isotone say` lists them.")
    if not (digits == "" or (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX)):
        raise click.UsageError(f"--digits takes up to {DIGITS_MAX} digits.")
    prompt = Prompt(t_ns=0, name=name, digits=digits)
    spoken = _write(device, prompt, wav) if wav else _speak(device, prompt)
    if as_json:
        say_json(spoken)
    elif spoken.remark:
        say_line(spoken.remark, err=True)


def _speak(device: DeviceConfig, prompt: Prompt) -> Spoken:
    with orderly_signals() as signals:
        spoken, heard = announce(device, prompt, SystemClock(), lambda: bool(signals.number))
        keep_announced(device, heard)
        return spoken


def _write(device: DeviceConfig, prompt: Prompt, path: Path) -> Spoken:
    announcement = Announcement(device, prompt)
    with writing({"--wav": path}) as places, wave.open(str(places["--wav"]), "wb") as file:
        file.setparams((CHANNELS, 2, device.audio.sfreq_hz, 0, "NONE", ""))
        file.writeframes(b"".join(announcement.blocks()))
    return announcement.spoken


# -- all of them


class Row(NamedTuple):
    """A prompt, whose words it has, and what is wrong with them."""

    prompt: str
    words: str
    by: str
    seconds: float | None
    trouble: str


def _list(device: DeviceConfig, *, as_json: bool) -> None:
    rows = [_row(device, name) for name in PROMPTS]
    if as_json:
        say_json([row._asdict() for row in rows])
        return
    table = Table("prompt", Column("words", overflow="fold"), "spoken by", "seconds")
    for row in rows:
        table.add_row(row.prompt, row.words, row.by, "" if row.seconds is None else f"{row.seconds:.1f}")
    Terminal().print(table)
    for trouble in dict.fromkeys(row.trouble for row in rows if row.trouble):
        say_line(trouble, err=True)


def _row(device: DeviceConfig, name: str) -> Row:
    language = device.voice.language
    words = PROMPTS[name].words.in_language(language)
    try:
        path = find_speech(device.voice, language, name)
        seconds = len(read_speech(path, RATE_HZ)) / RATE_HZ
    except IsotoneError as error:
        return Row(name, words, "a sign", None, str(error))
    is_own = path == find_speech(VoiceConfig(), language, name)
    return Row(name, words, "the box" if is_own else "the clinic", seconds, "")
