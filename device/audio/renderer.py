"""Renders what the conductor plays as blocks of samples: all tracks added up, and the PCM guard behind them.

The same renderer serves the sound card (`engine`) and a file (`device.commands.piece`).
"""

from __future__ import annotations

from device.audio.conductor import Conductor
from device.audio.mixer import Mixer
from device.audio.output_meter import Heard, OutputMeter
from device.audio.safety.pcm_guard import Levels, PcmGuard
from device.audio.synth import Synth
from device.audio.tracks.levelled import LevelledTrack
from device.audio.tracks.synth import SynthTrack
from device.audio.tracks.texture import TextureTrack
from device.audio.tracks.voice import VoiceTrack
from device.config import SessionConfig
from device.messages import Message, Spoken


class Renderer:
    """Renders one block after the other from frame 0 on."""

    def __init__(self, synth: Synth, config: SessionConfig) -> None:
        audio = config.device.audio
        self._music = LevelledTrack(Mixer((SynthTrack(synth, config),), audio), config)
        self._voice = VoiceTrack(config.device.voice, audio, config.prescription.loudness_lufs)
        self._mixer = Mixer((self._music, TextureTrack(config), self._voice), audio)
        self._guard = PcmGuard(audio, config.prescription.limits, config.seed)
        self._meter = OutputMeter(audio.sfreq_hz, audio.block_frames)
        self._block_frames = audio.block_frames
        self.frame = 0
        """The next frame to render."""

    @property
    def end_frame(self) -> int:
        """The frame at which the next block ends."""
        return self.frame + self._block_frames

    def take(self, message: Message) -> None:
        """Take what the stages of audio give out, as far as it is to be heard."""
        self._mixer.take(message)

    def render(self, conductor: Conductor, level: float = 1.0) -> bytes:
        """The next block, 16-bit stereo, as loud and bright as `conductor` says; `level` is an amplitude on top."""
        self._voice.music_lufs = self._music.recent_lufs()
        block = self._mixer.mix(self.frame, conductor)
        self.frame = self.end_frame
        loudness = 10.0 ** (conductor.level_db_at(self.frame) / 20.0)
        pcm = self._guard.pass_on(block, level * conductor.envelope_at(self.frame) * loudness)
        self._meter.read(pcm)
        return pcm

    def take_spoken(self, now_ns: int) -> list[Spoken]:
        """The prompts that came to an end since the last call."""
        return self._voice.take_spoken(now_ns)

    def levels(self) -> Levels:
        """Levels of what was rendered since the last call."""
        return self._guard.levels()

    def heard(self) -> Heard:
        """Loudness so far, and the true peak since the last call."""
        return self._meter.heard()
