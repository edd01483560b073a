"""Buildings: their footprints from files, address points and letterboxes put into them, lasting ids and history.

The computing is `umaya.engines.buildings`. Nothing here reads data of occupants.
"""
