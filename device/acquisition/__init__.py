"""The edge where signals come in: one file per sensor, which gives out `SampleChunk` and `SensorStatus`.

A source is built as `Class(name, config, bluetooth, clock)` and follows `source.Source`. A new sensor is one file and
one line in `SOURCES`; tests/contracts/test_sources.py then asks for its emulator.
"""

SOURCES: dict[str, str] = {
    "cyton": "device.acquisition.cyton:CytonSource",
    "hrs": "device.acquisition.hrs:HrsSource",
    "playback": "device.acquisition.playback:PlaybackSource",
}
