"""Redis: what may be lost at any moment."""
