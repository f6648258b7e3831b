"""What stands in the learned policy's card.md, for people."""

from __future__ import annotations

from collections.abc import Sequence

from device.control.policies.learned import ANSWERS, FEATURES
from export.control.compare import Row, table
from export.control.folder import NAME, VERSION
from export.control.search import Goal, Settings, Tried

CARD = """# {name} {version}

Proposes, at every bar, by how much the music goes beyond the plan: a share of each bound of `device.control.bounds`,
and whether the music rests, which `device.control.rest` bounds. It sees the estimate with its uncertainty and what is
known of the person (how they answer music, how surely, how well they are read), never more. Plan, bounds, shield and
people stand above it.

A net of two layers: {features} features, eight questions about listener and moment that were set by hand
(`export.control.net.QUESTIONS`), and {answers} answers, whose {weights} weights were searched.

## Data and licence

No recording of anybody: people are simulated (`hardware/twin`, whose validity card says what of that is like people).
Licence Apache-2.0. Trained on the families {trained}; {unseen} were kept for the test. Goals in training: {goals}.

## Training

Direct policy search (CMA-ES) from a first guess set by hand: {generations} generations of {candidates} candidates on
{people} people of each family, two sessions each with what is remembered between them, all candidates of a generation
on the same people. It minimises distance less time in the zone plus half the time until then, and pays for rest, and
for harm: to the worst 5 % beside silence, of all and of each family, and to people whose readings say nothing, beside
the plan. The mean of the search is tried on people that it never meets, and the best there is kept. It took
{minutes:.0f} minutes.

| generation | cost on people not met in training |
|---|---|
{history}

## What was tried, on families that training has not met

Two sessions of twenty minutes of 200 people of each of {unseen}, three sensor qualities. `isotone bench control`
measures all policies on all families; its report stands in hardware/bench.

{table}

## Equal in torch, ONNX and NumPy

{{parity}}

## Made by

    python -m export.control.train --out models_onnx/{name}-{version}{rival}

## What it cannot do

- Nobody has listened to it. What it gains, it gains on a simulation; `isotone verdict` is for finding out whether it
  helps a person.
- It cannot know how a listener answers music who is read at chance and says nothing: for them it is one policy for all.
- A listener who answers music the opposite way looks, for the first minutes, like one who is upset by something else.
"""


NO_RIVAL = """

The rival that is written beside it (PPO on the same net and people, `--rival ppo`) was not run for this version."""


def text_of(
    rows: Sequence[Row],
    history: Sequence[Tried],
    settings: Settings,
    unseen: Sequence[str],
    goals: Sequence[Goal],
    weights: int,
    minutes: float,
) -> str:
    """The card, with `{parity}` left for whoever measures that."""
    return CARD.format(
        name=NAME,
        version=VERSION,
        weights=weights,
        features=len(FEATURES),
        answers=len(ANSWERS),
        trained=", ".join(settings.families),
        unseen=", ".join(unseen),
        goals=" and ".join(f"arousal {arousal:+.1f} with valence {valence:+.1f}" for valence, arousal in goals),
        generations=settings.generations,
        candidates=settings.candidates,
        people=settings.people,
        minutes=minutes,
        history="\n".join(
            f"| {'PPO' if tried.generation < 0 else tried.generation} | {tried.validation:.4f} |" for tried in history
        ),
        table=table(rows),
        rival=" --rival ppo" if any(row.name == "PPO" for row in rows) else NO_RIVAL,
    )
