"""Outputs (INS-15) as values: the filled form, the report of one inspection, the report of one round.

A page and its PDF are made from the same object; nothing here reads the clock or renders.
"""
