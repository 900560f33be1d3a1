"""Points that are tiny, or have faded for long, are nothing, and no error."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0008", "0007"
upgrade, downgrade = plain_sql(__file__)
