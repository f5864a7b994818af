"""Measure customer loyalty, say how sure each figure is, and plan what follows from it."""

__version__ = "0.1.0"

__all__ = ["__version__"]
