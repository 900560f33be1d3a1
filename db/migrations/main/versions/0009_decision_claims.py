"""Who has a decision in hand is written down."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0009", "0008"
upgrade, downgrade = plain_sql(__file__)
