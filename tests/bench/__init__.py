"""Measurements: ratios against a reference in the same run, interleaved; printed, and held to their bounds."""
