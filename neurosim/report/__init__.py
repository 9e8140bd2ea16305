"""A recording as one page for the browser."""

from .page import write_report as write_report
