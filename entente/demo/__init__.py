"""A world to try things on: invented from a seed, or a life for an imported one."""


class LoadRefusedError(Exception):
    """A world that is not made, or not given a life; the message says what to do."""
