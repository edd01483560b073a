"""The vocabulary that every room shares: errors, secrecy classes, reasons, clocks, Arrow schemas, the road network.

Holds names and shapes only. No I/O except the system clock, no rules (see `umaya.law`), no algorithms.
Imports nothing else of ours.
"""
