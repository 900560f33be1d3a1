"""Keys let callers in."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0010", "0009"
upgrade, downgrade = plain_sql(__file__)
