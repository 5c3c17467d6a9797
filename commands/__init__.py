"""The command line's commands, grouped by the floor whose work they show. Each parses, calls and prints."""
