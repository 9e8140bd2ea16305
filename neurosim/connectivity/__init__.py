"""Connectivity as functions: shared kernels and event-driven sums instead of a list of synapses."""
