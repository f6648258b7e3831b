"""The style and the scripts of the pages: the files that are named here, and nothing else of the disk."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import PlainTextResponse, Response

from device.web.house import Ask

FOLDER = Path(__file__).resolve().parents[1] / "static"
KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
FILES = {path.name: path for path in sorted(FOLDER.iterdir()) if path.suffix[1:] in KINDS}
KEEP = {"cache-control": "max-age=3600"}


async def show(ask: Ask) -> Response:
    """One of them."""
    path = FILES.get(ask.request.path_params["name"])
    if path is None:
        return PlainTextResponse("There is no such file.", 404)
    return Response(path.read_bytes(), media_type=KINDS[path.suffix[1:]], headers=KEEP)
