"""What two may edit has a version."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0007", "0006"
upgrade, downgrade = plain_sql(__file__)
