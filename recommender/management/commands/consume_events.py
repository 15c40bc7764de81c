from __future__ import annotations

import os
import signal
import socket
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection

from recommender.events import upkeep
from recommender.events.consumer import IDLE_SECONDS, Consumer
from recommender.events.stream import event_stream


class Command(BaseCommand):
    help = "Store events from the stream until stopped. Any number may run, on any machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--name",
            default=f"{socket.gethostname()}-{os.getpid()}",
            help="this consumer's own; kept over a restart, it goes on where it was at once",
        )
        parser.add_argument("--idle-seconds", type=float, default=IDLE_SECONDS)
        parser.add_argument(
            "--retry-dead",
            action="store_true",
            help="put entries that could not be stored back on the stream, and end",
        )

    def handle(self, *, name: str, idle_seconds: float, retry_dead: bool, **options: Any) -> None:
        stream = event_stream()
        if retry_dead:
            self.stdout.write(f"{stream.dig_up()} entries are on the stream again")
            return
        try:
            # A new site has its days at once; without, events go to the default partition.
            upkeep.keep_up()
        except Error as error:
            self.stderr.write(f"partitions are made later: {error}")
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        # A pool goes on trying at ever longer intervals; one connection is made when it is needed.
        connection.settings_dict["OPTIONS"]["pool"] = False
        Consumer(stream, name, idle_seconds=idle_seconds).run(stop)
