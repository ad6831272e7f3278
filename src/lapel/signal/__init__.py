"""Accessories that make cameras record."""
