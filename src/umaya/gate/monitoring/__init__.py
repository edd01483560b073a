"""Monitoring for the three lines: what is unusual, who looks into it until when, and what the month was like.

    rules, calendar, findings, detectors   pure: which numbers are unusual, by dated rules
    facts                                  the numbers of a day, counted by SQL
    run                                    a day's detection, recorded
    at_once                                look-ups that alarm the moment they happen
    cases, working                         alarms as they are read, and the steps of the three lines
    settings                               whom staff must not look up, sales days, workplaces
    reports                                the monthly report, made once and kept
    desk                                   all of it, for the gate

Must hold: persons are counted, never told: no page, report or entry of monitoring names one.
"""
