"""What is computed, and what is done."""
