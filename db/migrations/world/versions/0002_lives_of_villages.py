"""What villages have, what is built in them, and how their NPCs run them."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0002", "0001"
upgrade, downgrade = plain_sql(__file__)
