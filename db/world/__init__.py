"""The database of one game server."""
