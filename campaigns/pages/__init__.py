"""The pages of what is sent, and when."""
