"""Every kind of fact and every command, by importing the files that declare them; a new noun is one line here."""

from domain.judging import corrections
from domain.office import district, person, unit
from domain.project import (
    benefits,
    construction,
    endings,
    forecasts,
    funds,
    intake,
    jobs,
    land,
    listings,
    negotiations,
    operation,
    plans,
    ratings,
    registrations,
    responsibilities,
    signings,
    statistics,
    taxes,
)

DECLARING = (
    intake,
    negotiations,
    signings,
    registrations,
    land,
    funds,
    construction,
    operation,
    taxes,
    jobs,
    benefits,
    plans,
    forecasts,
    ratings,
    statistics,
    responsibilities,
    listings,
    endings,
    corrections,
    district,
    unit,
    person,
)
