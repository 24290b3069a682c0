"""The example: the letters' own areas and figures as facts, and invented people around them."""
