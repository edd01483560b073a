"""Umaya (駅家): post offices, municipalities and mobility operators put data to work through one gate."""

__version__ = "0.1.0"
