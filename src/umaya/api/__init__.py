"""The application factory: sign-in, errors, security headers, and the mounting of pages and services.

Translation only: requests to calls, results and errors to responses. No rule lives here.
"""

from umaya.api.app import create_app

__all__ = ["create_app"]
