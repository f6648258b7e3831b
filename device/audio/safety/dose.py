"""How much sound reaches the ear: A-weighted exposure of the samples that go to the card, in Pa2h.

WHO-ITU H.870 (03/2022), mode 1: 80 dB(A) for 40 h in seven days are 100 % for an adult (1.6 Pa2h), 75 dB(A) for
children and sensitive listeners. A-weighting is that of IEC 61672-1, taken in the frequency domain, where it is exact
up to half the sampling rate: frames under a sine window overlap by half, so that their squares add up to one. Levels at
the ear are estimates (`headphones`).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from device.audio.samples import single

WEEK_H = 7 * 24.0
REFERENCE_PA2 = (20e-6) ** 2
LISTENING_H = 40.0
ADULT_DBA, SENSITIVE_DBA = 80.0, 75.0
FRAMES_PER_S = 12
"""Frames are about so long that the ear's own time constant (125 ms) is not missed, and powers of two."""
POLES_HZ = (20.598997, 107.65265, 737.86223, 12194.217)
"""IEC 61672-1, annex E."""

Floats = npt.NDArray[np.floating]


def allowance_pa2h(*, sensitive: bool = False) -> float:
    """The exposure that is 100 % in a week."""
    return LISTENING_H * pa2_of(SENSITIVE_DBA if sensitive else ADULT_DBA)


def pa2_of(level_db: float) -> float:
    """Squared sound pressure in Pa2 of a level in dB re 20 uPa."""
    return float(REFERENCE_PA2 * 10.0 ** (level_db / 10.0))


def level_of(pa2: float) -> float | None:
    """The level in dB of a squared sound pressure; None: there is no sound."""
    return 10.0 * math.log10(pa2 / REFERENCE_PA2) if pa2 > 0.0 else None


def a_weighting(frequency_hz: Floats) -> Floats:
    """What of the power of each frequency counts; 1 at 1 kHz."""
    weighted: Floats = _response(frequency_hz) / _response(np.array([1000.0]))
    return weighted


def _response(frequency_hz: Floats) -> Floats:
    f1, f2, f3, f4 = (pole**2 for pole in POLES_HZ)
    squared = np.square(frequency_hz)
    amplitude = f4 * squared**2 / ((squared + f1) * np.sqrt((squared + f2) * (squared + f3)) * (squared + f4))
    return np.square(amplitude)


class DoseMeter:
    """Adds up exposure, for each ear on its own; the ear that has had more counts."""

    def __init__(self, sfreq_hz: int, full_scale_spl: float) -> None:
        """`full_scale_spl` is the level at the ear in dB of a sine at full scale (1.0)."""
        self._length = 2 ** round(math.log2(sfreq_hz / FRAMES_PER_S))
        self._hop = self._length // 2
        sine = np.sin(np.pi * (np.arange(self._length) + 0.5) / self._length)
        self._window = single(sine[:, None])  # In single precision the transform costs half.
        # Of a real spectrum all but its ends stand for two frequencies; its lower end, a constant, has no weight.
        sides = np.full(self._hop + 1, 2.0)
        sides[-1] = 1.0
        # A sine of amplitude 1 has half the power of a constant 1.
        pa2_per_square = 2.0 * pa2_of(full_scale_spl)
        weights = a_weighting(np.fft.rfftfreq(self._length, 1.0 / sfreq_hz))
        self._pa2h_per_power = weights * sides * pa2_per_square / (self._length * sfreq_hz * 3600.0)
        self._waiting: Floats = single(np.zeros((self._hop, 2)))
        self._ears_pa2h = np.zeros(2)

    @property
    def exposure_pa2h(self) -> float:
        """Exposure until now; the last twentieth of a second may still be missing (`finish`)."""
        return float(self._ears_pa2h.max())

    def add(self, samples: Floats) -> None:
        """Take samples of both ears, shape (n, 2), full scale 1."""
        line = np.concatenate((self._waiting, samples))
        n_frames = len(line) // self._hop - 1
        if n_frames > 0:
            view = np.lib.stride_tricks.sliding_window_view(line, self._length, axis=0)[:: self._hop][:n_frames]
            spectra = np.fft.rfft(view.transpose(0, 2, 1) * self._window, axis=1)
            powers = (np.square(spectra.real) + np.square(spectra.imag)).sum(axis=0)
            self._ears_pa2h += self._pa2h_per_power @ powers
            line = line[n_frames * self._hop :]
        self._waiting = line

    def finish(self) -> None:
        """Count also what came last, as if silence followed."""
        self.add(np.zeros((self._length, 2)))
