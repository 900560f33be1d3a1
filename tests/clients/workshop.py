"""A folder in which tools write what they generate, so that the repository stays as it is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.clients.tools import HERE, SCHEMA, install, run
from tests.npm import node


@dataclass(frozen=True, slots=True)
class Workshop:
    """A copy of a folder of sources, with the packages of npm in reach."""

    folder: Path

    @classmethod
    async def over(cls, sources: str, folder: Path) -> Workshop:
        """The sources of a folder here, copied to where there is nothing yet."""
        await install()
        shutil.copytree(HERE / sources, folder)
        shutil.copy(SCHEMA, folder)
        (folder / "node_modules").symlink_to(HERE / "node_modules")
        return cls(folder)

    async def npm(self, program: str, *arguments: str, **environment: str) -> str:
        """What a program of an npm package prints."""
        return await run(node(), f"node_modules/{program}", *arguments, cwd=self.folder, **environment)

    async def node(self, *arguments: str, **environment: str) -> str:
        """What a program of these sources prints."""
        return await run(node(), *arguments, cwd=self.folder, **environment)

    def text(self, name: str) -> str:
        """What stands in a file."""
        return (self.folder / name).read_text()
