"""Reads the run-book, docs/moving.md: blocks, what customers notice, and the way back."""

import re
from pathlib import Path
from typing import NamedTuple, Optional

SECTION = re.compile(r"^## \S")
NOTICE = "**Customers notice**"
FENCE = re.compile(r"^```(\w*)$")
BACK = re.compile(r"`(edgetoken [^`]+)`")
NAMED = re.compile(r"^# (\S+)$")


class Block(NamedTuple):
    """A block of sh, whose path is empty, or the text of a file that begins with `# PATH`."""

    path: str
    text: str


class Section:
    """Blocks, and the paragraph that says what customers notice and how to go back."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.notice = ""

    def back(self) -> str:
        """The commands of the way back, which stand in that paragraph."""
        commands = BACK.findall(self.notice.partition("**To go back**")[2])
        return "".join(command + "\n" for command in commands)


def read(path: Path) -> dict[str, Section]:
    """The sections by the first word of their titles, such as "3."; "" is what precedes them."""
    section = Section()
    sections = {"": section}
    language: Optional[str] = None
    lines: list[str] = []
    noticed = False
    for line in path.read_text(encoding="utf-8").splitlines():
        fence = FENCE.match(line)
        if language is None and fence:
            language, lines = fence[1], []
        elif fence:
            section.blocks.append(block(language or "", lines))
            language = None
        elif language is not None:
            lines.append(line)
        elif SECTION.match(line):
            section = sections[line.split()[1]] = Section()
        noticed = line.startswith(NOTICE) or noticed and line != ""
        if noticed:
            section.notice += line + "\n"
    return sections


def block(language: str, lines: list[str]) -> Block:
    """A block of commands in sh, or of a file in any other language."""
    text = "\n".join(lines) + "\n"
    if language == "sh":
        return Block("", text)
    named = NAMED.match(lines[0])
    if not named:
        raise ValueError(f"a block of {language} has no line `# PATH` at its top: {lines[0]}")
    return Block(named[1], text)
