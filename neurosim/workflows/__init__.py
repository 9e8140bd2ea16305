"""Jobs that join the rooms: what the command line does, as functions."""
