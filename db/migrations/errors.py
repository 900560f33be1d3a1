"""What is raised when a migration cannot be run."""


class MigrationError(Exception):
    """A migration cannot be run, or has failed; the message says which one and why."""
