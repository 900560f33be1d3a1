"""The relationship graph: worlds, who plays in them, what they promised and how far they trust."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0001", None
upgrade, downgrade = plain_sql(__file__)
