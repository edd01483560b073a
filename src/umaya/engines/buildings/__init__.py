"""Buildings: which building an address stands for, letterboxes and rooms in them, releases of footprints compared.

Pure: Arrow and NumPy in and out. Reading files, lasting ids and history are `umaya.places.buildings`.
"""
