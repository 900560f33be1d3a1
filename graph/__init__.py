"""What follows from the facts: trust, balance and blocs. Pure: no database, no clock, no network."""
