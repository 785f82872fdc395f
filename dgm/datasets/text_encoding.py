"""Bytes of a text file as text: byte order marks, UTF-8, UTF-16 and UTF-32, and the code pages of older programs.

Numbers are the same in every code page; what is judged here are the letters of names, and a person may judge otherwise.
"""

import codecs
import unicodedata

from dgm.errors import DataError

# What a person may choose: title -> codec.
ENCODINGS = {
    "UTF-8": "utf-8-sig", "UTF-16": "utf-16", "Western (Windows-1252)": "cp1252", "Western (DOS 850)": "cp850",
    "Western (Mac)": "mac_roman", "Central European (Windows-1250)": "cp1250", "Cyrillic (Windows-1251)": "cp1251",
    "Cyrillic (KOI8-R)": "koi8_r", "Cyrillic (DOS 866)": "cp866", "Greek (Windows-1253)": "cp1253",
    "Turkish (Windows-1254)": "cp1254", "Chinese (GB18030)": "gb18030", "Japanese (Shift JIS)": "shift_jis",
    "Korean (EUC-KR)": "euc_kr",
}
_MARKS = (  # the longer marks first: that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODE_PAGES = ("cp1252", "cp1251", "koi8_r", "cp866", "cp850", "mac_roman")   # the first of equal ones is taken
_OFTEN = frozenset("оеаинтсрвлкмдпузя")      # most letters of a Cyrillic text
_SIGNS = frozenset("°²³µ·×±–—‘’“”…€£§№\u00a0\u202f−")     # signs of names, units and numbers
_JUDGED = 4000        # characters of a file that decide its code page
NO_TEXT = "this is not a text file: save the table as CSV (UTF-8) and try again"
_ARCHIVES = {b"PK\x03\x04": "an Excel workbook or another archive", b"\xd0\xcf\x11\xe0": "an old Excel workbook",
             b"\x1f\x8b": "a compressed file", b"%PDF": "a PDF"}


def decode(content: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of the bytes without byte order mark, and its codec.

    encoding: the codec; None: judged. DataError for what is no text, and no text of the given encoding.

    >>> decode("größe;1".encode("cp1252"))
    ('größe;1', 'cp1252')
    """
    for start, kind in _ARCHIVES.items():
        if content.startswith(start):
            raise DataError(f"this is {kind}, not a text file: open it and save the table as CSV (UTF-8)")
    codec = encoding or _judged(content)
    try:
        text = content.decode(codec).removeprefix("\ufeff")
    except (UnicodeError, LookupError):
        raise DataError(NO_TEXT if encoding is None else
                        f"the text cannot be read as {title(codec)}: choose another encoding") from None
    if not is_text(text):
        raise DataError(NO_TEXT)
    return text, codec


def title(codec: str) -> str:
    """What a person calls a codec.

    >>> title("cp1251"), title("utf-16-le")
    ('Cyrillic (Windows-1251)', 'UTF-16')
    """
    return next((name for name, known in ENCODINGS.items() if codec.startswith(known)), codec.upper())


def is_text(text: str) -> bool:
    """Whether all characters are assigned ones and none is a control character but tabs and ends of lines."""
    strange = set(text) - set("\t\n\r\f\v\x1a\u0085")
    return not any(unicodedata.category(c) in {"Cc", "Cn", "Cs", "Co"} for c in strange)


def _judged(content: bytes) -> str:
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return codec
    if codec := _wide(content):
        return codec
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return max(_CODE_PAGES, key=lambda page: _plausibility(content, page))
    return "utf-8-sig"


def _wide(content: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: digits and delimiters have a zero byte at the same place of each unit."""
    zero = [content[start::4][:_JUDGED].count(0) for start in range(4)]
    quarter = max(len(content[::4][:_JUDGED]), 1)
    zeros = "".join("0" if count > 0.4 * quarter else "x" for count in zero)
    return {"x000": "utf-32-le", "000x": "utf-32-be", "x0x0": "utf-16-le", "0x0x": "utf-16-be"}.get(zeros, "")


def _plausibility(content: bytes, page: str) -> float:
    """How much the letters beyond ASCII look like words; minus infinity where a byte means nothing in the code page."""
    try:
        text = content.decode(page)
    except UnicodeDecodeError:
        return float("-inf")
    places = [place for place, c in enumerate(text) if c > "\x7f"][:_JUDGED]
    return sum(_likeness(text[place - 1 : place], text[place], text[place + 1 : place + 2]) for place in places)


def _likeness(before: str, c: str, after: str) -> float:
    """One character beyond ASCII between its neighbours."""
    if not c.isalpha() or c in "ªº":
        return 0.0 if c in _SIGNS and not (before.isalpha() and after.isalpha()) else -2.0
    cyrillic = _is_cyrillic(c)
    letters = [near for near in (before, after) if near.isalpha()]
    if any(_is_cyrillic(near) != cyrillic for near in letters) or (before.islower() and c.isupper()):
        return -2.0
    if cyrillic:
        return (1.5 if c.lower() in _OFTEN else 0.5) if letters else 0.0
    if any(near > "\x7f" for near in letters):   # Western words seldom have two accents side by side
        return 0.25
    return 1.0 if letters else 0.0


def _is_cyrillic(letter: str) -> bool:
    return "\u0400" <= letter <= "\u04ff"


__all__ = ["ENCODINGS", "NO_TEXT", "decode", "is_text", "title"]
