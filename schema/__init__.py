"""What may be asked, and the shape of the answer."""
