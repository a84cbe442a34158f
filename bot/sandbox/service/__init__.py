"""A simulated service with an old and a new variant, whose traffic can be shifted and whose parts can be broken.

Read `simulation.py` for what happens inside, `knobs.py` for what can be broken, `service.py` for its HTTP side.
"""

from bot.sandbox.service.knobs import FlagEndpoint, Knobs, MetricsPage
from bot.sandbox.service.service import Service

__all__ = ["FlagEndpoint", "Knobs", "MetricsPage", "Service"]
