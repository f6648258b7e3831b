"""The intake questions that are answered before a listener's first session, and who cleared what stands against one.

Each is a yes or a no. A yes to one that excludes refuses sessions until a therapist clears it by name; any other yes is
a caution. What was answered holds for twelve months, and then everything is asked again, as people change; it is asked
again at once where somebody says so (`withdraw`). The list follows what trials of music and of sound ask before they
begin; SAFETY.md says what is not asked.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from device.listeners.store import ISO, Person, Store
from device.messages import UNDECODABLE

LASTS = dt.timedelta(days=365)
"""How long an answer, and what cleared it, holds. `recent_seizure` asks of as long a time."""


class Question(NamedTuple):
    """One question; `yes_means` says what follows from a yes."""

    text: str
    yes_means: str
    excludes: bool = True


QUESTIONS: dict[str, Question] = {
    # Smeijsters & van den Berk 1995, doi 10.1016/0197-4556(95)00026-7; Maguire 2016, Practical Neurology: triggers are
    # personal, often a melody, so that no music can be called safe.
    "music_seizures": Question(
        "Has music or a sound ever brought on a seizure or an absence?",
        "Musicogenic epilepsy: no music is known to be safe for them.",
    ),
    "recent_seizure": Question(
        "Was there a seizure in the last twelve months, or is there an epilepsy that is not under control?",
        "A neurologist should say whether stimulation by sound is safe.",
    ),
    "sound_hurts": Question(
        "Do everyday sounds hurt, or seem unbearably loud?",
        "Hyperacusis: sound that others find soft may hurt.",
    ),
    "tinnitus_worsens": Question(
        "Is there a ringing in the ears that sound makes worse?",
        "Headphones may make it worse.",
    ),
    "ear_trouble": Question(
        "Was there ear pain, an ear operation or a sudden loss of hearing in the last three months?",
        "An ear specialist should agree to headphones.",
    ),
    "implant": Question(
        "Is there a pacemaker, a defibrillator, or a stimulator of brain or nerves?",
        "The headset is no medical device: whoever cares for the implant should agree to electrodes on the body.",
    ),
    "hearing_implant": Question(
        "Is there a cochlear implant, or a hearing aid under the headphones?",
        "Levels at the ear cannot be estimated, and music may be unpleasant.",
    ),
    # Silverman, Gooding & Yinger 2020, doi 10.1093/jmt/thaa008: how music can harm.
    "acute_psychosis": Question(
        "Is there, or was there in the last weeks, a psychosis, a mania, or a state of being beside oneself?",
        "Music that answers the body may become part of it; sessions need somebody who is there.",
    ),
    "music_and_trauma": Question(
        "Does any music or sound bring back something terrible?",
        "Keys, styles, melodies and instruments can be kept from sounding (`never_...` of prescription.toml).",
    ),
    "in_traffic": Question(
        "Will they listen while driving, in traffic, or at a machine?",
        "Headphones and calming music are not for that.",
    ),
    "hearing_loss": Question(
        "Is there a known loss of hearing?",
        "What they find pleasant may be too loud: the sound allowance for sensitive listeners should apply.",
        excludes=False,
    ),
    "child": Question(
        "Is the listener younger than eighteen?",
        "The sound allowance for children should apply, and a grown-up should be near.",
        excludes=False,
    ),
    "skin": Question(
        "Is the skin broken or inflamed where electrodes or headphones touch it?",
        "Leave off what touches it until it has healed.",
        excludes=False,
    ),
}


class Answer(NamedTuple):
    """What was said, and who cleared it."""

    is_yes: bool
    answered_utc: str
    cleared_by: str = ""
    cleared_utc: str = ""

    @property
    def lapses(self) -> dt.datetime:
        """When it is to be asked again; what tells no time has lapsed long ago."""
        try:
            return dt.datetime.strptime(self.answered_utc, ISO).replace(tzinfo=dt.UTC) + LASTS
        except (ValueError, OverflowError):
            return dt.datetime.min.replace(tzinfo=dt.UTC)


class Standing(NamedTuple):
    """What the answers of a listener mean, as keys of `QUESTIONS`."""

    unanswered: tuple[str, ...]
    """Never answered, or so long ago that it is asked again."""
    excluding: tuple[str, ...]
    """Answers that refuse sessions."""
    cautions: tuple[str, ...]
    """Answers to mind, cleared ones among them."""

    @property
    def may_begin(self) -> bool:
        return not self.unanswered and not self.excluding


def answers(store: Store, person: Person) -> dict[str, Answer]:
    """What the listener answered, by question; one that is asked no more is passed over."""
    rows = store.connection.execute("SELECT question, value FROM intake WHERE listener = ?", (person.id,))
    kept = {}
    for key, value in rows:
        with contextlib.suppress(*UNDECODABLE):  # what is damaged was never answered
            kept[key] = msgspec.json.decode(store.open(person.id, value), type=Answer)
    return {key: kept[key] for key in kept if key in QUESTIONS}


def standing(answered: Mapping[str, Answer], now: dt.datetime) -> Standing:
    """What answers mean for a session that begins now."""
    held = {key: each for key, each in answered.items() if now < each.lapses}
    yes = [key for key in QUESTIONS if key in held and held[key].is_yes]
    excluding = tuple(key for key in yes if QUESTIONS[key].excludes and not held[key].cleared_by)
    return Standing(
        tuple(key for key in QUESTIONS if key not in held),
        excluding,
        tuple(key for key in yes if key not in excluding),
    )


def answer(store: Store, person: Person, said: Mapping[str, bool], now: dt.datetime) -> None:
    """Keep answers; a new answer takes the place of the one before, and of what cleared it."""
    with store.writing():
        if store.keep(person):
            for key, is_yes in said.items():
                _keep(store, person, key, Answer(is_yes, f"{now:{ISO}}"))


def clear(store: Store, person: Person, key: str, by: str, now: dt.datetime) -> bool:
    """Let sessions begin in spite of a yes; `by` is who answers for it. False where there was no yes."""
    with store.writing():
        found = answers(store, person).get(key)
        if found is None or not found.is_yes:
            return False
        _keep(store, person, key, found._replace(cleared_by=by, cleared_utc=f"{now:{ISO}}"))
    return True


def _keep(store: Store, person: Person, key: str, said: Answer) -> None:
    row = (person.id, key, store.seal(person.id, msgspec.json.encode(said).decode()))
    store.connection.execute("INSERT OR REPLACE INTO intake VALUES (?, ?, ?)", row)


def withdraw(store: Store, person: Person) -> None:
    """Ask everything anew before the next session: after a seizure, an operation, or whatever else changed."""
    with store.writing() as connection:
        connection.execute("DELETE FROM intake WHERE listener = ?", (person.id,))
