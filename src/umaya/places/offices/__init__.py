"""Offices and hubs: where post offices lie, what they offer, when they are open. Nothing here is about a person."""

from umaya.places.offices.office import SERVICES, Office, OfficeService
from umaya.places.offices.reading import read_offices
from umaya.places.offices.register import Changes, OfficeRegister

__all__ = ["SERVICES", "Changes", "Office", "OfficeRegister", "OfficeService", "read_offices"]
