"""Where the built front end lies: logical names to files whose names carry the hash of their content.

The build (`scripts/frontend.py`) writes `static/dist` and its manifest; this only reads it. Where nothing was built,
pages work without script and style and say so.
"""

from __future__ import annotations

import json
from pathlib import Path

DIST = Path(__file__).parent / "static" / "dist"
MOUNT = "/static"


class Assets:
    """The built files.

    Args:
        directory: the build's output folder.
    """

    def __init__(self, directory: Path = DIST) -> None:
        manifest = directory / "manifest.json"
        self._names: dict[str, str] = json.loads(manifest.read_text("utf-8")) if manifest.is_file() else {}
        self.directory = directory

    @property
    def built(self) -> bool:
        return bool(self._names)

    def url(self, name: str) -> str:
        """Return the address of a file by its logical name, e.g. `site.css`; a dead one where nothing was built."""
        return f"{MOUNT}/{self._names.get(name, 'not-built/' + name)}"

    def text(self, name: str) -> str:
        """Return the content of a built file by its logical name.

        Raises:
            KeyError: when no such file was built.
        """
        return (self.directory / self._names[name]).read_text("utf-8")
