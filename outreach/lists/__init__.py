"""Uploaded lists: read whatever offices really send, and give back what could not be used."""
