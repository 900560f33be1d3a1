"""What an event still counts is one function, for the score and for what is told of it."""

from db.migrations.plain_sql import plain_sql

revision, down_revision = "0005", "0004"
upgrade, downgrade = plain_sql(__file__)
