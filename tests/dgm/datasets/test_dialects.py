"""One known table, written as programs and people of many countries write it: read to the same numbers and names."""

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dgm.datasets import table as tables
from dgm.datasets.text_encoding import decode
from dgm.errors import DataError

VALUES = ((1.72, -68.5, 1500.0), (1.8, 77.25, 12.0), (0.123, -0.5, 987.0), (64.0, 0.0, 1e-3), (12.5, 3.0, 1234567.0))
NAMES = {
    "plain": ("height", "weight", "time"),
    "blanks": ("waiting time", "body weight", "a b c"),
    "commas": ("height, cm", "weight, kg", "time, s"),
    "years": ("2019_01", "2019_02", "2019_03"),
    "western": ("Größe", "Länge", "Näherung"),
    "cyrillic": ("рост", "вес", "время"),
    "none": (),
}
ENCODINGS = {"western": ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "cp850", "mac_roman"),
             "cyrillic": ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1251", "koi8_r", "cp866")}
ENDS = {"unix": "\n", "windows": "\r\n", "old mac": "\r"}


class Form(NamedTuple):
    """How the table is written."""

    names: str
    delimiter: str
    decimal: str
    quoted: str         # "no", "names" or "all"
    end: str
    extra: str          # what surrounds the table

    @property
    def id(self) -> str:
        return "-".join(self).replace("\t", "tab").replace(" ", "_")


EXTRAS = ("none", "blank lines", "trailing delimiters", "empty rows", "sep", "row names", "R row names", "no end")


def forms() -> Iterator[Form]:
    """Every form that has one meaning."""
    for names, delimiter, decimal, quoted, end, extra in itertools.product(
            NAMES, (",", ";", "\t", "|", " "), ".,", ("no", "names", "all"), ENDS, EXTRAS):
        in_names = any(delimiter in name for name in NAMES[names])
        if (in_names and quoted == "no") or (decimal == delimiter and quoted != "all"):
            continue    # the cell would be two
        if delimiter == " " and extra in {"trailing delimiters", "empty rows", "row names"}:
            continue    # blanks around a row are none
        if not NAMES[names] and (extra in {"row names", "R row names"} or quoted == "names"):
            continue
        yield Form(names, delimiter, decimal, quoted, end, extra)


# One form in 13, a number that divides no field's length: every pair of values of two fields occurs.
SOME = [form for place, form in enumerate(forms()) if place % 13 == 0]


def written(form: Form) -> str:
    rows = [[f"{value:.10g}".replace(".", form.decimal) for value in row] for row in VALUES]
    names = [list(NAMES[form.names])] if NAMES[form.names] else []
    if form.extra in {"row names", "R row names"}:
        rows = [[str(place + 1), *row] for place, row in enumerate(rows)]
        names = [["", *names[0]] if form.extra == "row names" else names[0]]
    lines = [form.delimiter.join(_quoted(cell, form.quoted != "no") for cell in row) for row in names]
    lines += [form.delimiter.join(_quoted(cell, form.quoted == "all") for cell in row) for row in rows]
    if form.extra == "blank lines":
        lines = ["", *lines[:2], "", *lines[2:], "", " "]
    elif form.extra == "trailing delimiters":
        lines = [line + form.delimiter for line in lines]
    elif form.extra == "empty rows":
        lines += [form.delimiter * 2, form.delimiter * 2]
    elif form.extra == "sep":
        lines = [f"sep={form.delimiter}", *lines]
    return ENDS[form.end].join(lines) + ("" if form.extra == "no end" else ENDS[form.end])


def _quoted(cell: str, quoted: bool) -> str:
    return f'"{cell}"' if quoted else cell


def expected(form: Form) -> tuple[tuple[str, ...], list[list[float]]]:
    return NAMES[form.names] or ("column 1", "column 2", "column 3"), [list(row) for row in VALUES]


@pytest.mark.parametrize("form", SOME, ids=lambda form: form.id)
def test_every_form_of_the_table_is_read_to_the_same(form: Form) -> None:
    for encoding in ENCODINGS.get(form.names, ("utf-8", "utf-16")):
        table = tables.parse(written(form).encode(encoding))
        assert (table.columns, table.x.tolist()) == expected(form), encoding
    assert tables.parse(written(form)).x.tolist() == expected(form)[1]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(forms())), st.data())
def test_a_damaged_form_is_read_or_refused_in_a_sentence(form: Form, data: st.DataObject) -> None:
    text = written(form)
    at = data.draw(st.integers(0, len(text)))
    put = data.draw(st.sampled_from(['"', "x", ",", ";", "\n", "\0", "_", "%", "−", "1", " ", "\u202f", "\ufeff", ""]))
    damaged = text[:at] + put + text[at + data.draw(st.integers(0, 3)):]
    try:
        found = tables.parse(damaged).x.isfinite().all()
    except DataError as error:
        found = str(error)[0].islower() and not str(error).endswith(".")
    assert found


def test_a_caller_that_knows_the_dialect_decides() -> None:
    text = "1,234\t5\n2,345\t6"
    with pytest.raises(DataError, match=r"'2,345' in row 2, column 1 can be 2\.345 or 2345: choose the decimal mark"):
        tables.read(text)
    for decimal, first in ((",", 1.234), (".", 1234.0)):
        sheet = tables.read(text, dialect=tables.Dialect(decimal=decimal))
        assert sheet.select(sheet.names()).x[0, 0] == first
    sheet = tables.read("2019,2021\n1,2\n3,4", dialect=tables.Dialect(header=True))
    assert (sheet.names(), len(sheet.lines)) == (("2019", "2021"), 2)
    sheet = tables.read("a b,c\n1 2,3", dialect=tables.Dialect(delimiter=","))
    assert sheet.names() == ("c",)
    assert tables.read("größe\n1".encode("cp850"), dialect=tables.Dialect(encoding="cp850")).names() == ("größe",)


@pytest.mark.parametrize(("cell", "value"), [
    ("−5", -5.0), ("–5", -5.0), ("‐5", -5.0), ("+5", 5.0), ("5.", 5.0), (".5", 0.5), ("1e3", 1000.0), ("1E-3", 1e-3),
    ("1\u202f234.5", 1234.5), ("1\u00a0234", 1234.0), ("1 234 567", 1234567.0), ("1'234", 1234.0), ("1’234", 1234.0),
    ("45%", 0.45), ("45 %", 0.45), ("12.3%", 0.123), ("１２", 12.0), ("\u200e7", 7.0), ("٣", 3.0), (" 7 ", 7.0),
    ("12_3", None), ("0x10", None), ("1d5", None), ("12 34", None), ("1,2", None), ("1/2", None), ("5²", None),
    ("½", None), ("1.2.3", None), ("--5", None), ("5-", None), ("e5", None), ("True", None), ("1:30", None),
    ("0,123", None), ("1 23", None), ("$5", None), ("5 kg", None),
])
def test_signs_and_groups_of_a_cell(cell: str, value: float | None) -> None:
    text = f'a;b\n1.5;2\n"{cell}";2\n2.5;2'
    if value is None:
        with pytest.raises(DataError, match="row 3, column 1 is not a number"):
            tables.read(text, dialect=tables.Dialect(decimal=".")).select(["a"])
        return
    if "%" in cell:
        text = f"a;b\n{cell};2\n1%;2"
    assert value in tables.read(text, dialect=tables.Dialect(decimal=".")).select(["a"]).x[:, 0].tolist()


@pytest.mark.parametrize(("text", "says"), [
    ("a,b\n1," + "9" * 131_073, "row 2 has more than 131,072 characters"),
    ('a,b\n1,"' + "x" * 131_073 + '"\n2,3', "row 2 has more than 131,072 characters"),
    ('a,b\n1,"2\n3,4\n5,6', "the quotation mark that opens in row 2 is not closed"),
    ("a,b\n1,12_3\n2,4\n5,6", "row 2, column 2 is not a number ('12_3'): correct it, or leave column b out"),
    ("a,b\n\n1,2\n\n3,x\n4,5", "row 5, column 2 is not a number ('x')"),
    ('"a\nb",c\n1,2\n3,x\n4,5', "row 4, column 2 is not a number ('x')"),
    ("x,y\n45%,1\n45,2\n46,3", "row 2, column 1 is not a number ('45%')"),
    ("height,weight\ncm,kg\n1.7,68\n1.8,70", "row 2, column 1 is not a number ('cm')"),
    ("a,b\n1,2\n3\n5,6", "row 3 has 1 cell and the first row has 2"),
    ("1,2\n3\n5,6", "row 2 has 1 cell"), ("a,b\n1,2,9\n3,4\n5,6", "row 2 has 3 cells and the first row has 2"),
    ("a,b\n1e400,2\n3,4", "row 2, column 1 is '1e400': give a finite number"),
    ("hello world, how are you\nfine thanks", "no column of numbers: column 1 has 'fine thanks'"),
    (b"PK\x03\x04" + bytes(30), "Excel workbook"), (b"\x1f\x8b" + bytes(30), "compressed"),
    (b"%PDF-1.7\n", "PDF"),
])
def test_what_cannot_be_read_is_named_as_a_person_counts(text: str | bytes, says: str) -> None:
    with pytest.raises(DataError) as caught:
        tables.parse(text)
    assert says in str(caught.value)


def test_text_beside_numbers_is_left_out_or_labels() -> None:
    sheet = tables.read("sepal,petal,species\n5.1,1.4,setosa\n4.9,1.3,setosa\n6.3,,virginica\n7.1,5.9,virginica")
    assert (sheet.names(), sheet.names("text")) == (("sepal", "petal"), ("species",))
    assert sheet.incomplete(sheet.names()) == 1
    table = sheet.select(["petal"], labels="species", complete=True)
    assert table.labels is not None
    assert (table.x[:, 0].tolist(), table.labels.tolist(), table.classes) == (
        [1.4, 1.3, 5.9], [0, 0, 1], ("setosa", "virginica"))
    with pytest.raises(DataError, match="row 4, column 2 is empty"):
        sheet.select(["petal"])
    with pytest.raises(DataError, match=r"column 3 \(species\) holds no numbers"):
        sheet.select(["species"])
    with pytest.raises(DataError, match="no column 'stem': choose one of sepal, petal, species"):
        sheet.select(["stem"])


@pytest.mark.parametrize(("text", "columns"), [
    ("# x y\n1 2\n3 4", ("x", "y")), ("# made by a program\n# x y\n1 2\n3 4", ("x", "y")),
    ("country,2019,2020\nA,1,2\nB,3,4", ("2019", "2020")), ("2019,2020\n1,2", ("2019", "2020")),
    ('"mpg" "cyl"\n"Mazda RX4" 21 6\n"Datsun 710" 22.8 4', ("mpg", "cyl")),
    ("a,a,a (2)\n1,2,3", ("a", "a (2)", "a (2) (2)")), ("a,,c\n1,2,3", ("a", "column 2", "c")),
    ("a,b,c\n1,,2\n3,,4", ("a", "c")), ("x [°C],µ²\n1,2", ("x [°C]", "µ²")),
    ("height\n71,5\n83,2\n64,0", ("height",)), ("waiting time\n79\n54", ("waiting time",)),
    ("e\u0301t\u00e9;b\n1;2", ("e\u0301t\u00e9", "b")),
])
def test_names(text: str, columns: tuple[str, ...]) -> None:
    assert tables.parse(text).columns == columns


@pytest.mark.parametrize("name", ["größe", "élève", "naïve", "рост", "ВРЕМЯ", "Ёлочка", "Å", "50 °C"])
def test_code_pages_are_told_apart(name: str) -> None:
    for page in ("cp1252", "cp1251", "koi8_r", "cp866"):
        try:
            content = f"{name};x\n1;2".encode(page)
        except UnicodeEncodeError:
            continue
        if name.isascii() or (page != "cp1252" and not any(c >= "\u0400" for c in name)):
            continue
        assert decode(content)[0] == f"{name};x\n1;2", page


ROWS = 8000


@pytest.mark.parametrize(("delimiter", "decimal"), [(",", "."), (";", ","), ("\t", ","), (" ", "."), ("", ",")])
@pytest.mark.parametrize("odd", ["", "x", "1_0", "nan", '"5"'])
def test_a_long_table_is_read_as_a_short_one_is(delimiter: str, decimal: str, odd: str) -> None:
    """Where long tables of plain numbers are read at once, an odd cell or a blank line near the end counts as ever."""
    cells = [[f"{row + column / 8:.4f}".replace(".", decimal) for column in range(3 if delimiter else 1)]
             for row in range(ROWS)]
    cells[-2][0] = odd or cells[-2][0]
    lines = [delimiter.join(row) for row in cells]
    dialect = tables.Dialect(delimiter, decimal)
    text = "\n".join([delimiter.join("xyz"[:len(cells[0])]), *lines[:-3], "", *lines[-3:]])
    for content, start in ((text, 3), (text.replace("\n\n", "\n"), 2)):
        short = content.split("\n")[0] + "\n" + "\n".join(content.split("\n")[-9:])
        assert outcome(content, dialect, ROWS + start - 11) == outcome(short, dialect, 0)


def outcome(text: str, dialect: tables.Dialect, offset: int) -> object:
    """Lines, less `offset`, and numbers of the last five rows; or the error with the row's line less `offset`."""
    try:
        sheet = tables.read(text, dialect=dialect)
        return (sheet.lines[-5:] - offset).tolist(), sheet.select(sheet.names()).x[-5:].tolist()
    except DataError as error:
        return re.sub(r"row (\d+)", lambda found: f"row {int(found[1]) - offset}", str(error))


def test_a_long_table_has_the_limits_of_any_other() -> None:
    with pytest.raises(DataError, match="100,001 rows and the limit is 100,000"):
        tables.parse("x,y\n" + "1,2\n" * 100_001)
