"""The habit tracker's backend: accounts, habits, check-ins and a chatbot over HTTP."""

VERSION = "v1.0.0"
