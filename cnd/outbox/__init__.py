"""Notices: written in the transaction of their cause, delivered at least once, each exactly one row (DESIGN)."""
