"""What every part of the backend stands on: settings, database, security, logs, errors."""
