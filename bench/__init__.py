"""What Entente takes for the questions that are asked of it most."""
