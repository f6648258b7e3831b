"""What the exporter notes about the machine it ran on, and how a file loses it."""

from __future__ import annotations

from pathlib import Path

import onnx


def remove_traces(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Drop the notes of the dynamo exporter: every node carries paths of source files."""
    for item in (proto, proto.graph, *proto.graph.node, *proto.graph.value_info, *proto.graph.initializer):
        item.ClearField("metadata_props")
        item.ClearField("doc_string")
    return proto


def clean_file(path: Path) -> None:
    """The same model without the notes, in place."""
    path.write_bytes(remove_traces(onnx.load(path)).SerializeToString())
