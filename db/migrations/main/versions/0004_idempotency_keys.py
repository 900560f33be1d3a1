"""A mutation may be sent again under its key."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0004", "0003"
upgrade, downgrade = plain_sql(__file__)
