"""Passable roads (通れた道): which roads were passed since an earthquake, and which are probably blocked.

A municipality that a scheme names gets counts for each road and window through the gate; from these and the
usual pattern the service says what was passed within 1, 3 and 24 hours and what is probably blocked.
It never sees a position, a vehicle or a home: those stay behind the gate's obligations.
"""
