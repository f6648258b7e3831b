"""What sessions tell, made up."""

from __future__ import annotations

import datetime as dt

from device.listeners.memory import Evidence, Word
from device.listeners.store import Person, Store
from device.messages import PersonalBaseline, PersonalResponse

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def rest(mean: float, source: str = "cyton", model: str = "eeg-load-0.2.0") -> PersonalBaseline:
    return PersonalBaseline(
        t_ns=60_000_000_000,
        source=source,
        model=model,
        names=("Fp1.theta", "Fp2.theta"),
        mean=(mean, mean),
        sd=(0.5, 0.5),
        weight_s=(60.0, 60.0),
    )


def response(gain: float, policy: str = "adaptive", version: str = "1") -> PersonalResponse:
    return PersonalResponse(t_ns=60_000_000_000, policy=policy, version=version, values={"gain": gain, "weight": 3.0})


def known(store: Store, name: str) -> Person:
    """A listener of that name, whom the store knows from now on."""
    person = store.meet(name)
    with store.writing():
        store.keep(person)
    return person


def session(
    name: str = "a",
    began: dt.datetime = NOW - DAY,
    rest: float | PersonalBaseline | None = None,
    words: tuple[tuple[int, float, float | None], ...] = (),
    band: str = "",
    responses: tuple[PersonalResponse, ...] = (),
    volume_db: float | None = None,
) -> Evidence:
    rests = () if rest is None else (rest if isinstance(rest, PersonalBaseline) else globals()["rest"](rest),)
    worn = {"band": band} if band else {}
    said = tuple(Word(*word) for word in words)
    return Evidence(name, f"/sessions/{name}", began, 1000, rests, said, responses, worn, volume_db)
