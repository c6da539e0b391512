"""Run by ./test.sh, which starts the PostgreSQL that they need."""
