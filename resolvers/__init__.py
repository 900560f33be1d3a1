"""How each question is answered, and what is allowed."""
