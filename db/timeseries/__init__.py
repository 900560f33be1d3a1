"""Series over time: how NPCs fare."""
