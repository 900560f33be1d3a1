"""How requests reach the engine, and how its answers find their way back."""
