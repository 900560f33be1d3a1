"""Scores may be brought along by whoever enters events in the ledger."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0012", "0011"
upgrade, downgrade = plain_sql(__file__)
