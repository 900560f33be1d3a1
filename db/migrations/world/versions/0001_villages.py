"""One game server's map: its villages."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0001", None
upgrade, downgrade = plain_sql(__file__)
