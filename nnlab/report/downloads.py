"""What a page offers to take away: small files inside it, and commands for what it cannot hold."""

from __future__ import annotations

import base64
from typing import NamedTuple


class Download(NamedTuple):
    """A text file inside a page.

    Attributes:
        name: What it is saved as.
        title: What it holds.
        media_type: Such as ``text/csv``.
        text: Its content.
    """

    name: str
    title: str
    media_type: str
    text: str

    @property
    def address(self) -> str:
        """Its content as an address, so that nothing is loaded."""
        content = base64.b64encode(self.text.encode()).decode()
        return f"data:{self.media_type};charset=utf-8;base64,{content}"


class Command(NamedTuple):
    """A command that writes what a page cannot hold.

    Attributes:
        title: What it writes, and what it needs.
        text: The command.
    """

    title: str
    text: str


class Offer(NamedTuple):
    """What can be taken away of one or several results.

    Attributes:
        files: Files inside the page.
        left_out: Why other files are not, a sentence each.
        commands: Commands for further formats.
    """

    files: list[Download]
    left_out: list[str]
    commands: list[Command]

    def and_also(self, other: Offer) -> Offer:
        """Return what two offers have, this one's first."""
        return Offer(
            self.files + other.files,
            self.left_out + other.left_out,
            self.commands + other.commands,
        )
