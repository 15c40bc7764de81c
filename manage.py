#!/usr/bin/env python
"""Django's command line. Starts the embedded servers for the command where nothing else does."""

import contextlib
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "listing_assistant.settings")
    from django.conf import settings
    from django.core.management import execute_from_command_line

    from listing_assistant import embedded

    servers = settings.EMBEDDED_SERVERS
    with embedded.running(servers) if servers else contextlib.nullcontext():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
