"""Throwaway secrets, recognisable when they turn up where they should not."""

JWT_SECRET = "canary-jwt-0123456789abcdef0123456789abcdef"
GEMINI_KEY = "canary-gemini-key"
PASSWORD = "canary-password"
