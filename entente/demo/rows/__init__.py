"""Rows: a history as the tables of a world hold it, with all that a clock would fill in."""
