"""What happens in a world is kept: decisions, messages, battles and trades."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0006", "0005"
upgrade, downgrade = plain_sql(__file__)
