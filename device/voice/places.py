"""Where an electrode sits, as it is said to somebody who wears the headset: "above your left ear", not "T7".

Names are those of the 10-10 system and its older forms (T3 for T7, T5 for P7); letters tell the row from front to back,
odd numbers lie on the left, even ones on the right, `z` in the middle, and 7 and more on the side of the head.
"""

from __future__ import annotations

import re

from device.voice.sentences import Sentences

PLACES: dict[str, Sentences] = {
    "forehead-left": Sentences(
        "on the left of your forehead", "links auf der Stirn", "à gauche sur le front", "a la izquierda de la frente"
    ),
    "forehead-middle": Sentences(
        "in the middle of your forehead", "mitten auf der Stirn", "au milieu du front", "en el centro de la frente"
    ),
    "forehead-right": Sentences(
        "on the right of your forehead", "rechts auf der Stirn", "à droite sur le front", "a la derecha de la frente"
    ),
    "temple-left": Sentences(
        "at your left temple", "an der linken Schläfe", "sur la tempe gauche", "en la sien izquierda"
    ),
    "temple-right": Sentences(
        "at your right temple", "an der rechten Schläfe", "sur la tempe droite", "en la sien derecha"
    ),
    "front-left": Sentences(
        "above the left of your forehead",
        "links über der Stirn",
        "à gauche au-dessus du front",
        "encima de la frente a la izquierda",
    ),
    "front-middle": Sentences(
        "above the middle of your forehead",
        "mitten über der Stirn",
        "au milieu au-dessus du front",
        "encima de la frente en el centro",
    ),
    "front-right": Sentences(
        "above the right of your forehead",
        "rechts über der Stirn",
        "à droite au-dessus du front",
        "encima de la frente a la derecha",
    ),
    "ear-left": Sentences(
        "above your left ear", "über dem linken Ohr", "au-dessus de l'oreille gauche", "sobre la oreja izquierda"
    ),
    "ear-right": Sentences(
        "above your right ear", "über dem rechten Ohr", "au-dessus de l'oreille droite", "sobre la oreja derecha"
    ),
    "top-left": Sentences(
        "at the top left of your head",
        "oben links auf dem Kopf",
        "en haut à gauche de la tête",
        "arriba a la izquierda de la cabeza",
    ),
    "top-middle": Sentences(
        "at the very top of your head", "ganz oben auf dem Kopf", "au sommet de la tête", "en lo más alto de la cabeza"
    ),
    "top-right": Sentences(
        "at the top right of your head",
        "oben rechts auf dem Kopf",
        "en haut à droite de la tête",
        "arriba a la derecha de la cabeza",
    ),
    "behind-ear-left": Sentences(
        "behind your left ear",
        "hinter dem linken Ohr",
        "derrière l'oreille gauche",
        "detrás de la oreja izquierda",
    ),
    "behind-ear-right": Sentences(
        "behind your right ear",
        "hinter dem rechten Ohr",
        "derrière l'oreille droite",
        "detrás de la oreja derecha",
    ),
    "crown-left": Sentences(
        "high on the back left of your head",
        "oben links am Hinterkopf",
        "à l'arrière de la tête en haut à gauche",
        "detrás de la cabeza arriba a la izquierda",
    ),
    "crown-middle": Sentences(
        "high on the back of your head",
        "oben in der Mitte am Hinterkopf",
        "à l'arrière de la tête en haut au milieu",
        "detrás de la cabeza arriba en el centro",
    ),
    "crown-right": Sentences(
        "high on the back right of your head",
        "oben rechts am Hinterkopf",
        "à l'arrière de la tête en haut à droite",
        "detrás de la cabeza arriba a la derecha",
    ),
    "back-left": Sentences(
        "low on the back left of your head",
        "unten links am Hinterkopf",
        "à l'arrière de la tête en bas à gauche",
        "detrás de la cabeza abajo a la izquierda",
    ),
    "back-middle": Sentences(
        "low on the back of your head",
        "unten in der Mitte am Hinterkopf",
        "à l'arrière de la tête en bas au milieu",
        "detrás de la cabeza abajo en el centro",
    ),
    "back-right": Sentences(
        "low on the back right of your head",
        "unten rechts am Hinterkopf",
        "à l'arrière de la tête en bas à droite",
        "detrás de la cabeza abajo a la derecha",
    ),
    "lobe-left": Sentences(
        "at your left ear lobe", "am linken Ohrläppchen", "sur le lobe gauche", "en el lóbulo izquierdo"
    ),
    "lobe-right": Sentences(
        "at your right ear lobe", "am rechten Ohrläppchen", "sur le lobe droit", "en el lóbulo derecho"
    ),
}
"""Place -> how it is said inside the sentence that asks to press an electrode gently."""

ELECTRODE = re.compile(r"(FP|AF|FT|FC|F|TP|T|CP|C|PO|P|O|I|A|M)(Z|\d{1,2})(?:H)?", re.IGNORECASE)
SIDES = ("left", "middle", "right")
OLD_NAMES = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
FIRST_LATERAL = 7
ROWS = {"FP": "forehead", "AF": "forehead", "F": "front", "FC": "front", "C": "top", "CP": "top", "P": "crown",
        "PO": "back", "O": "back", "I": "back", "A": "lobe", "M": "lobe", "T": "ear", "FT": "temple",
        "TP": "behind-ear"}  # fmt: skip
LATERAL = {"F": "temple", "FC": "temple", "C": "ear", "CP": "behind-ear", "P": "behind-ear"}
"""Rows whose outer electrodes sit at the side of the head."""


def place_of(electrode: str) -> str | None:
    """The row of `PLACES` where an electrode of this name sits; none where the name says no place."""
    found = ELECTRODE.fullmatch(OLD_NAMES.get(electrode.strip().upper(), electrode.strip()))
    if found is None:
        return None
    row, number = found[1].upper(), found[2].upper()
    index = 0 if number == "Z" else int(number)
    area = LATERAL.get(row, ROWS[row]) if index >= FIRST_LATERAL else ROWS[row]
    side = "middle" if index == 0 else SIDES[0 if index % 2 else 2]
    place = f"{area}-{side}"
    return place if place in PLACES else None
