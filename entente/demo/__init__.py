"""A world to try things on: invented from a seed, or a life for an imported one."""
