"""Context: what every resolver is handed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

import strawberry

from db.connection import Stores
from db.viewer import Role, Viewer
from engine.asking import Purse
from resolvers.loaders import Loaders

if TYPE_CHECKING:
    from resolvers.analyses import Analyses
    from resolvers.exports import Exports
    from resolvers.watching import Watching


@dataclass
class Context:
    """One operation of one viewer: the stores, the rows it has already read, and the moment it takes
    place."""

    stores: Stores
    viewer: Viewer
    analyses: Analyses
    loaders: Loaders
    request_id: str
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    watching: Watching | None = None
    """Where the events of subscriptions come from; None where there are none."""
    exports: Exports | None = None
    """The exports of the server; None where there is no server."""

    @property
    def statements(self) -> int:
        """How many statements were run for it."""
        return self.loaders.statements


@dataclass(frozen=True, slots=True)
class Caller:
    """A viewer, and the stores that its questions go to."""

    viewer: Viewer
    stores: Stores
    analyses: Analyses
    watching: Watching | None = None
    purse: Purse | None = None
    """What it pays with, where it has to."""
    exports: Exports | None = None

    @property
    def standing(self) -> Role:
        """What it depends on which fields they may ask for."""
        return self.viewer.role

    def context(self, request_id: str) -> Context:
        """A context that has read nothing yet."""
        return Context(
            self.stores,
            self.viewer,
            self.analyses,
            Loaders(self.stores, self.viewer),
            request_id=request_id,
            watching=self.watching,
            exports=self.exports,
        )


Info: TypeAlias = strawberry.Info[Context, None]
