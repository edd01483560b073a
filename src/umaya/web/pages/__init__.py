"""The hub's own pages, one file a subject. Each offers `router(hub, site) -> APIRouter`."""

from __future__ import annotations

from fastapi import APIRouter

from umaya.hub import Hub
from umaya.web.pages import (
    apply,
    audit,
    breach,
    checks,
    counter,
    counter_take,
    counter_today,
    datasets,
    datasets_import,
    emergency,
    figures,
    home,
    joint_use,
    ledger,
    monitoring,
    monitoring_reports,
    monitoring_settings,
    my,
    my_check,
    my_requests,
    my_uses,
    offices,
    places_addresses,
    problems,
    register,
    releases,
    review,
    rights,
    rights_acts,
    rights_request,
    scheme_diff,
    schemes,
    uses,
)
from umaya.web.site import WebSite


def routers(hub: Hub, site: WebSite) -> list[APIRouter]:
    """Return the routers of all pages."""
    return [
        subject.router(hub, site)
        for subject in (
            home,
            apply,
            scheme_diff,
            counter,
            counter_take,
            counter_today,
            datasets_import,
            datasets,
            breach,
            checks,
            emergency,
            places_addresses,
            problems,
            figures,
            monitoring_settings,
            monitoring_reports,
            monitoring,
            review,
            rights,
            rights_request,
            rights_acts,
            register,
            schemes,
            releases,
            ledger,
            joint_use,
            my,
            my_check,
            my_requests,
            my_uses,
            offices,
            audit,
            uses,
        )
    ]
