"""The version, the feed and the ledger follow every change of the graph."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0002", "0001"
upgrade, downgrade = plain_sql(__file__)
