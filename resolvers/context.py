"""Context: what every resolver is handed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

import strawberry

from db.connection import Stores
from db.viewer import Viewer
from resolvers.loaders import Loaders

if TYPE_CHECKING:
    from resolvers.analyses import Analyses
    from resolvers.watching import Watching


@dataclass
class Context:
    """One operation of one viewer: the stores, the rows it has already read, and the moment it takes
    place."""

    stores: Stores
    viewer: Viewer
    analyses: Analyses
    loaders: Loaders
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    request_id: str = field(default_factory=lambda: uuid4().hex)
    watching: Watching | None = None
    """Where the events of subscriptions come from; None where there are none."""

    @classmethod
    def fresh(cls, stores: Stores, viewer: Viewer, analyses: Analyses) -> Context:
        """A context that has read nothing yet."""
        return cls(stores, viewer, analyses, Loaders(stores, viewer))

    @property
    def statements(self) -> int:
        """How many statements were run for it."""
        return self.loaders.statements

    def __getitem__(self, name: str) -> Any:
        """Strawberry reads and writes a context of its own kind like a mapping; ours has attributes."""
        return getattr(self, name)


@dataclass(frozen=True, slots=True)
class Caller:
    """A viewer, and the stores that its questions go to."""

    viewer: Viewer
    stores: Stores
    analyses: Analyses
    watching: Watching | None = None

    def context(self, request_id: str) -> Context:
        """A context that has read nothing yet."""
        return Context(
            self.stores,
            self.viewer,
            self.analyses,
            Loaders(self.stores, self.viewer),
            request_id=request_id,
            watching=self.watching,
        )


Info: TypeAlias = strawberry.Info[Context, None]
