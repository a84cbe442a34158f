"""How a plan file becomes a Plan: its parts, how they are read, and every mistake told at once."""
