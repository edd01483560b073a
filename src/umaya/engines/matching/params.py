"""Every number that the matcher uses, with its unit, range and source, checked when it is set."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

RANGES = {
    "sigma_z_m": (0.5, 100.0),
    "beta_m": (0.1, 100.0),
    "radius_m": (5.0, 500.0),
    "thin_m": (0.0, 200.0),
    "max_route_m": (50.0, 5_000.0),
    "backward_m": (0.0, 100.0),
    "u_turn_cost": (0.0, 1_000.0),
    "off_road_m": (5.0, 500.0),
    "off_road_cost": (0.0, 1_000.0),
    "break_cost": (0.0, 1_000.0),
    "turn_snap_m": (0.0, 100.0),
    "max_gap_s": (1.0, 86_400.0),
    "bridge_s": (0.0, 600.0),
    "max_speed_mps": (1.0, 200.0),
    "q_acceleration": (0.01, 1_000.0),
    "sigma_heading_deg": (1.0, 180.0),
    "max_candidates": (1, 16),
    "threads": (1, 256),
}
"""Least and greatest value of each parameter."""


@dataclass(frozen=True)
class MatchParams:
    """Parameters of the matcher.

    Attributes:
        sigma_z_m: metres, standard deviation of a road's distance from a noise-free position: map error and slow
            drift. The noise of single fixes is estimated for each vehicle and added (Newson and Krumm 2009, eq. 1).
        beta_m: metres, scale of the exponential distribution of |route length - straight length| (their eq. 2).
        radius_m: metres; roads farther from a position than this are not candidates.
        thin_m: metres of movement that one observation gathers; 0 takes every position for itself.
        max_route_m: metres; longest route between two observations that is looked up.
        backward_m: metres that a vehicle may seem to slip back along an edge without having turned.
        u_turn_cost: nats, taken from the log-probability for each U-turn; one in a dead end,
            which is how dead ends are left, costs three tenths of it.
        off_road_m: metres; a position this far from every road is as likely off the network as on the nearest road.
        off_road_cost: nats, for leaving the network and again for returning to it.
        break_cost: nats, for going on at a place that no route leads to; this ends a trip.
        turn_snap_m: metres; a turn this close to the end of a dead end was at its end.
        max_gap_s: seconds without a position after which a new trip begins.
        bridge_s: seconds of positions off the roads that do not end a trip when a route spans them.
        max_speed_mps: metres a second; what would be faster is a bad point or a jump.
        q_acceleration: m^2/s^3, spectral density of the acceleration by which places along a route are smoothed.
        sigma_heading_deg: degrees, standard deviation of a reported heading, used when the vehicle moves.
        max_candidates: road segments for each observation, both directions counted as one.
        threads: vehicles are matched in so many threads; the result does not depend on it.

    Raises:
        ValueError: when a value lies outside its range.
    """

    sigma_z_m: float = 4.0
    beta_m: float = 5.0
    radius_m: float = 50.0
    thin_m: float = 12.0
    max_route_m: float = 400.0
    backward_m: float = 10.0
    u_turn_cost: float = 8.0
    off_road_m: float = 30.0
    off_road_cost: float = 8.0
    break_cost: float = 25.0
    turn_snap_m: float = 10.0
    max_gap_s: float = 60.0
    bridge_s: float = 15.0
    max_speed_mps: float = 40.0
    q_acceleration: float = 3.0
    sigma_heading_deg: float = 40.0
    max_candidates: int = 8
    threads: int = 2

    def __post_init__(self) -> None:
        for field in fields(self):
            low, high = RANGES[field.name]
            if not low <= getattr(self, field.name) <= high:
                raise ValueError(f"{field.name} must lie between {low} and {high}")


class Settings(NamedTuple):
    """The same numbers in the form that kernels take."""

    sigma_z: float
    beta: float
    radius: float
    thin: float
    backward: float
    u_turn: float
    off_road: float
    off_cost: float
    break_cost: float
    turn_snap: float
    max_gap: float
    bridge: float
    max_speed: float
    q_acceleration: float
    sigma_heading: float
    candidates: int


def settings(params: MatchParams) -> Settings:
    """Turn parameters into kernel arguments."""
    return Settings(
        params.sigma_z_m,
        params.beta_m,
        params.radius_m,
        params.thin_m,
        params.backward_m,
        params.u_turn_cost,
        params.off_road_m,
        params.off_road_cost,
        params.break_cost,
        params.turn_snap_m,
        params.max_gap_s,
        params.bridge_s,
        params.max_speed_mps,
        params.q_acceleration,
        params.sigma_heading_deg,
        params.max_candidates,
    )
