"""The services that stand on the gate: one package each, all with the same inner shape.

`service.py` (what it does) · `routes.py` (JSON API) · `pages.py` (HTML), and `models.py` (tables) once it keeps
any. A service never imports another and never reads personal data but through `umaya.gate`.
"""
