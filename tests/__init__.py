"""Small stories, told against a real Postgres and a real Valkey."""
