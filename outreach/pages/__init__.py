"""Thin views: read the form, call one function, render."""
