"""Judgement of complaints: gate, sub-problems, accused unit, evidence."""
