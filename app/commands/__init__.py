"""What each command does, without a window and without Qt; `app.cli` parses, prints and turns errors into sentences."""
