"""Keeps a session inside the listener's hearing dose: softer in time, never by a jump, and at its end a slow farewell.

It hears what goes to the card, so nothing before it counts twice and nothing behind it is missed: whoever turns the
volume up is heard too, and made softer again. A session may use a seventh of what the week has left, so one a day is
never used up. Without an account it keeps to the level at which even a week without a pause would stay inside the dose.
"""

from __future__ import annotations

import math

from device.audio.safety.dose import WEEK_H, DoseMeter, level_of, pa2_of
from device.audio.safety.headphones import are_known, full_scale_spl
from device.audio.samples import from_pcm
from device.config import SessionConfig
from device.messages import Exposure, Marker, Message

SESSIONS_LEFT = 7
"""A session uses at most one part in so many of what is left of the week."""
DOWN_DB_S, UP_DB_S = 6.0, 0.2
"""Fastest ways down and up."""
APPROACH_S = 4.0
"""What is too loud comes down by a share of the excess, so that little of it is hardly noticed."""
SOFTEST_DB = -50.0
"""Where this is still too loud for what is left, the session ends."""
LOUDER_S, SOFTER_S = 8.0, 30.0
"""The level of the music, as it would be without the limit, is followed so fast: what grows louder is noticed first."""
LEFT_S_MIN = 60.0
"""What is left of a session counts as at least this: its end is no time to be loud."""
FAREWELL_S = 10.0
"""Length of the fade at the dose's end."""
FAREWELL_SHARE = 0.5
"""A fade in a straight line of amplitude lets a third of the sound through; half is kept back for it."""
WARNINGS_PERCENT = (50, 80, 100)
TOLD_DB = -1.0
"""A limit that makes the music less softer than this is not worth telling."""


class HearingGuard:
    """`level` is what the renderer multiplies by, `hear` what takes the samples that went out.

    Raises:
        ConfigError: the configured headphones are none that are known.
    """

    def __init__(self, config: SessionConfig) -> None:
        headphones, account = config.device.headphones, config.hearing
        self._audio, self._headphones, self._account = config.device.audio, headphones.profile, account
        self._are_headphones_known = are_known(headphones)
        self._meter = DoseMeter(self._audio.sfreq_hz, full_scale_spl(headphones))
        self._session_s, self._began_ns = config.minutes * 60.0, config.started_ns
        self._rest_pa2h, self._share_pa2h = self._budget()
        self._frames, self._heard_s = 0, 0.0
        self._second_pa2h = self._before_pa2h = 0.0
        # Before anything was heard the music is taken to be as loud as prescribed: it does not begin too loud.
        self._raw_pa2h_s = pa2_of(full_scale_spl(headphones) + config.prescription.loudness_lufs) / 3600.0
        self._target_db = self._wanted_db(self._session_s)
        self._limit_db = max(SOFTEST_DB, self._target_db)
        # Where even the softest would be too much, nothing begins, and there is nothing to say farewell to.
        self._farewell_s: float | None = 0.0 if self._is_used_up(self._rest_pa2h) else None
        self._told_percent, self._is_limit_told = self._dose_percent(account.session_pa2h), False

    def _budget(self) -> tuple[float, float]:
        """What the ears may have still, and what of it is this session's."""
        account = self._account
        whole = account.allowance_pa2h * account.ceiling_percent / 100.0
        if account.week_pa2h is None:
            share = min(account.allowance_pa2h, whole) * min(1.0, self._session_s / (WEEK_H * 3600.0))
            return share, share
        rest = whole - account.week_pa2h
        return rest, rest / SESSIONS_LEFT

    @property
    def session_pa2h(self) -> float:
        """Exposure of this session until now."""
        return self._account.session_pa2h + self._meter.exposure_pa2h

    @property
    def is_over(self) -> bool:
        """The dose is used up, and the farewell has been heard."""
        return self._farewell_s is not None and self._farewell_s <= 0.0

    def level(self) -> float:
        """Amplitude for the end of the next block: it comes down slowly, and goes up more slowly still."""
        block_s = self._audio.block_frames / self._audio.sfreq_hz
        down_db_s = min(DOWN_DB_S, (self._limit_db - self._target_db) / APPROACH_S)
        lowest, highest = self._limit_db - down_db_s * block_s, self._limit_db + UP_DB_S * block_s
        self._limit_db = min(max(self._target_db, lowest, SOFTEST_DB), highest)
        farewell = 1.0
        if self._farewell_s is not None:
            self._farewell_s = max(0.0, self._farewell_s - block_s)
            farewell = self._farewell_s / FAREWELL_S
        return float(10.0 ** (self._limit_db / 20.0)) * farewell

    def hear(self, t_ns: int, pcm: bytes) -> list[Message]:
        """Take a block that went to the card, 16-bit stereo, heard from `t_ns` on; each second there is news."""
        samples = from_pcm(pcm)
        self._meter.add(samples)
        self._frames += len(samples)
        if self._frames < self._audio.sfreq_hz:
            return []
        seconds = self._frames / self._audio.sfreq_hz
        self._heard_s, self._frames = self._heard_s + seconds, 0
        return self._count(t_ns, seconds)

    def _count(self, t_ns: int, seconds: float) -> list[Message]:
        """A second passed: aim anew, and tell."""
        self._second_pa2h = self._meter.exposure_pa2h - self._before_pa2h
        self._before_pa2h = self._meter.exposure_pa2h
        self._began_ns = self._began_ns or t_ns
        self._aim(seconds, self._session_s - (t_ns - self._began_ns) / 1e9)
        laeq_dba = level_of(self._second_pa2h * 3600.0 / seconds)
        return [self.exposure(t_ns, laeq_dba), *self._warnings(t_ns)]

    def _aim(self, seconds: float, left_s: float) -> None:
        # What is heard was rendered some blocks ago; with these slopes that is a tenth of a decibel.
        raw_pa2h_s = self._second_pa2h / seconds * 10.0 ** (-self._limit_db / 10.0)
        memory_s = LOUDER_S if raw_pa2h_s > self._raw_pa2h_s else SOFTER_S
        self._raw_pa2h_s += (raw_pa2h_s - self._raw_pa2h_s) * min(1.0, seconds / memory_s)
        self._target_db = self._wanted_db(left_s)
        rest_pa2h = self._rest_pa2h - self.session_pa2h - FAREWELL_SHARE * self._second_pa2h * FAREWELL_S / seconds
        if self._farewell_s is None and self._is_used_up(rest_pa2h):
            self._farewell_s = FAREWELL_S

    def _is_used_up(self, rest_pa2h: float) -> bool:
        return rest_pa2h <= 0.0 or self._target_db < SOFTEST_DB

    def _wanted_db(self, left_s: float) -> float:
        """How much softer the rest of the session has to be, so that its share lasts."""
        share_pa2h = self._share_pa2h - self.session_pa2h
        wanted_pa2h = self._raw_pa2h_s * max(LEFT_S_MIN, left_s)
        if share_pa2h <= 0.0:
            return -math.inf
        if wanted_pa2h < share_pa2h:
            return 0.0
        return 10.0 * math.log10(share_pa2h / wanted_pa2h)

    def _dose_percent(self, session_pa2h: float) -> float:
        if self._account.week_pa2h is None:
            return -1.0
        return 100.0 * (self._account.week_pa2h + session_pa2h) / self._account.allowance_pa2h

    def exposure(self, t_ns: int, laeq_dba: float | None = None) -> Exposure:
        """What the ears have had until now."""
        return Exposure(
            t_ns=t_ns,
            session_pa2h=self.session_pa2h,
            heard_s=self._heard_s,
            laeq_dba=laeq_dba,
            dose_percent=self._dose_percent(self.session_pa2h),
            limit_db=self._limit_db,
            headphones=self._headphones,
        )

    def _warnings(self, t_ns: int) -> list[Message]:
        """What has newly to be told, in words."""
        before, self._told_percent = self._told_percent, self._dose_percent(self.session_pa2h)
        told = [warning for warning in WARNINGS_PERCENT if before < warning <= self._told_percent]
        words = [f"The ears have had {percent} % of what is allowed in a week (estimate)." for percent in told[-1:]]
        if self._limit_db <= TOLD_DB and not self._is_limit_told:
            self._is_limit_told = True
            words.append(f"The music is made softer for the ears' sake (estimate).{self._advice()}")
        return [Marker(t_ns=t_ns, text=text) for text in words]

    def _advice(self) -> str:
        if self._are_headphones_known:
            return ""
        return " It is not known which headphones are worn: say so in device.toml, [headphones]."


OVER = "The ears have had as much sound as the week allows (estimate); the music ended by a fade."
WHEN_OVER = "Come back another day: `isotone dose` says when. Who holds the PIN may raise the ceiling."
