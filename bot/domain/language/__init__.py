"""The small language of conditions and quantities: tokens, grammar, and spelling back."""
