"""`python -m workers.simulator`: run the SMSC simulator until SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

from workers.simulator.control import Control
from workers.simulator.server import Smsc
from workers.simulator.settings import Settings, make_settings, read_settings

_log = logging.getLogger("workers.simulator")


def main() -> int:
    """Exit code: 0 stopped by a signal, 1 could not start, 2 usage."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    options = _options()
    try:
        settings = _settings(options)
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            return runner.run(_serve(settings, options))
    except (ValueError, OSError) as error:
        _log.error("the simulator cannot start: %s", error)
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workers.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on for SMPP")
    parser.add_argument("--port", type=int, default=2775, help="SMPP port, 0: any free one")
    parser.add_argument("--control-port", type=int, default=2776, help="HTTP port on the loopback")
    parser.add_argument("--config", type=Path, help="JSON file of accounts, see docs/smpp.md")
    parser.add_argument("--system-id", default="simulator", help="the account without --config")
    parser.add_argument("--password", default="", help="its password")
    parser.add_argument("--rate", type=float, default=0, help="its segments a second, 0: any")
    parser.add_argument("--seed", type=int, help="of everything drawn at random")
    return parser.parse_args()


def _settings(options: argparse.Namespace) -> Settings:
    if options.config is not None:
        settings = read_settings(options.config)
    else:
        account = {name: getattr(options, name) for name in ("system_id", "password", "rate")}
        settings = make_settings({"accounts": [account]})
    if options.seed is not None:
        settings.seed = options.seed
    return settings


async def _serve(settings: Settings, options: argparse.Namespace) -> int:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    smsc = Smsc(settings)
    control = Control(smsc)
    ports = {
        "port": await smsc.start(options.host, options.port),
        "control_port": await control.start(options.control_port),
    }
    # One line for whoever started it with port 0.
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    await stopped.wait()
    await control.stop()
    await smsc.stop()
    return 0


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


if __name__ == "__main__":
    sys.exit(main())
