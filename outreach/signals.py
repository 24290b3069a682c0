"""What has to ring someone above: app.py wires each signal to the worker's doorbell.

A lost ring loses nothing, since the tick finds due work in the database within a second.
"""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

# kind: "import", with list_id: a list waits to be imported.
work_requested = _signals.signal("work-requested")
