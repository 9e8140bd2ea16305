"""The command line: one module a verb; results go to stdout, everything else to stderr."""

from .main import main as main
