"""Whoever listens is told the new version of a world."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0003", "0002"
upgrade, downgrade = plain_sql(__file__)
