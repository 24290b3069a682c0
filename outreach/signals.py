"""What somebody above has to hear, wired in workers/wiring.py.

A lost ring loses nothing, since the tick finds due work in the database within a second. Moved
areas are heard in the transaction that moves them.
"""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

# kind: "import", with list_id: a list waits to be imported.
work_requested = _signals.signal("work-requested")

# area_ids: they lie in another area now.
areas_moved = _signals.signal("areas-moved")
