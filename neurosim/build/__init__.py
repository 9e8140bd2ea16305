"""From a description to a Brian2 model and a compiled program."""
