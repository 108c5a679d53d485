"""The run-book, docs/moving.md: for each section its blocks, what customers notice, and the way back."""
import re
from typing import Dict, List, NamedTuple, Optional

SECTION = re.compile(r"^## \S")
NOTICE = "**Customers notice**"
FENCE = re.compile(r"^```(\w*)$")
BACK = re.compile(r"`(edgetoken [^`]+)`")
NAMED = re.compile(r"^# (\S+)$")


class Block(NamedTuple):
    """Commands, where path is empty; else the text of a file, whose first line is `# PATH`."""

    path: str
    text: str


class Section:
    """Blocks, and the paragraph that says what customers notice and how to go back."""

    def __init__(self) -> None:
        self.blocks: List[Block] = []
        self.notice = ""

    def back(self) -> str:
        """The commands of the way back, which stand in the paragraph."""
        return "".join(command + "\n" for command in BACK.findall(self.notice.partition("**To go back**")[2]))


def read(path: str) -> Dict[str, Section]:
    """The sections by the first word of their titles, such as "3." What stands before them is under ""."""
    section = Section()
    sections = {"": section}
    language: Optional[str] = None
    lines: List[str] = []
    noticed = False
    with open(path, encoding="utf-8") as f:
        for line in f.read().splitlines():
            fence = FENCE.match(line)
            if language is None and fence:
                language, lines = fence.group(1), []
            elif fence:
                section.blocks.append(block(language, lines))
                language = None
            elif language is not None:
                lines.append(line)
            elif SECTION.match(line):
                section = sections[line.split()[1]] = Section()
            noticed = line.startswith(NOTICE) or noticed and line != ""
            if noticed:
                section.notice += line + "\n"
    return sections


def block(language: str, lines: List[str]) -> Block:
    """A block of commands in sh, or of a file in any other language."""
    text = "\n".join(lines) + "\n"
    if language == "sh":
        return Block("", text)
    named = NAMED.match(lines[0])
    if not named:
        raise ValueError("a block of %s does not begin with the name of its file: %s" % (language, lines[0]))
    return Block(named.group(1), text)
