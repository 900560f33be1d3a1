"""What was recorded, and when, is kept, so that a past moment can be asked about."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0013", "0012"
upgrade, downgrade = plain_sql(__file__)
