"""The exit statuses of verbs."""

DONE, DIFFERENT, BAD_INPUT = 0, 1, 2
