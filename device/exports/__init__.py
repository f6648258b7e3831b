"""What others' programs read: a recorded session in the field's formats.

`EXPORTS` is the table of formats: name -> `module:function`. A function takes a `Recording` and yields its files as
(name below the folder, bytes); it opens nothing itself.
"""

from __future__ import annotations

EXPORTS: dict[str, str] = {
    "edf": "device.exports.edf:write_edf",
    "bdf": "device.exports.edf:write_bdf",
    "bids": "device.exports.bids:write_bids",
    "fhir": "device.exports.fhir:write_fhir",
    "midi": "device.exports.notes:write_midi",
    "musicxml": "device.exports.musicxml:write_musicxml",
    "csv": "device.exports.tables:write_csv",
    "xdf": "device.exports.xdf:write_xdf",
}
