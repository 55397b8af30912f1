"""Flags of ``os.open`` for files that strangers may have written."""

from __future__ import annotations

import os

# Windows has no links that need the first, and no pipes that are waited for.
NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
NO_WAITING = getattr(os, "O_NONBLOCK", 0)
