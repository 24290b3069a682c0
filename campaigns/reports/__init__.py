"""The 16:30 report: what is true of a day, how the official form says it, and what was issued."""
