"""Table of deliveries, in the services' own database. Moments are UTC."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from umaya.stores.database import ServiceBase


class DeliveryRow(ServiceBase):
    """How far a subscription was told; `told` is the index up to which entries were, `held_until` keeps others off."""

    __tablename__ = "webhook_deliveries"

    subscription: Mapped[str] = mapped_column(String(64), primary_key=True)
    told: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int]
    next_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    last_status: Mapped[int | None]
