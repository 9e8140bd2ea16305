"""What the benchmarks share. Imports nothing: parts of it run where neurosim is not installed."""
