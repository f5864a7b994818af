"""Measurements of speed and of how often intervals hold the truth; not part of the package."""
