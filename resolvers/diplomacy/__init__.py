"""What an NPC needs to know before it decides: ranked, explained, and as prompt text within a budget."""
