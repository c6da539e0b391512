"""The HTTP API: routes and the dependencies they share."""
