"""Scalars that inputs are made of; `schema/scalars.py` says how they are read and written."""

from __future__ import annotations

from typing import NewType

BigInt = NewType("BigInt", int)
