"""Treaties wait for an answer until a day, and end or last longer in agreement."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0011", "0010"
upgrade, downgrade = plain_sql(__file__)
