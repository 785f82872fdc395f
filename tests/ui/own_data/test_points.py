"""A visitor's own points: every source, every error message, and the link of drawn points."""


import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from dgm.datasets import table as tables
from tests.ui.components.messages import commit
from tests.ui.own_data.whole_page import checked
from ui.own_data import drawing, reading
from ui.own_data import points as owndata
from ui.own_data.drawing import MAX_POINTS


def page(settings: dict[str, object]) -> None:
    import streamlit as st

    from dgm.datasets import table as tables
    from ui import controls
    from ui.control_types import Choice
    from ui.own_data import drawing
    from ui.own_data import points as owndata

    controls.begin("own")
    controls.use({"own": drawing.parameter(), "own_axes": Choice("Axes", menu=True)})
    limits = tables.Limits(rows=1000, columns=4, megabytes=1)
    def check(table: tables.Table) -> None:
        if settings["refused"]:
            raise ValueError("this model needs other points")

    required = {name: value for name, value in settings.items() if name != "refused"}
    if "refused" in settings:
        required["check"] = check
    table = owndata.points(**{"min_columns": 2, "max_columns": 2, "limits": limits, **required})
    st.text("page" if table is None else f"{table.columns} {table.x.tolist()}")
    if table is not None and table.labels is not None:
        st.text(f"{table.classes} {table.labels.tolist()}")
    st.slider("The rest of the page", 0, 9, 4)
    st.button("preset", on_click=controls.reset, args=({"own": ((1.0, 2.0), (3.0, 4.0))},))
    st.button("first", on_click=controls.reset)


def opened(source: str = owndata.PAGE, link: dict[str, str] | None = None, **settings: object) -> AppTest:
    at = AppTest.from_function(page, args=(settings,), default_timeout=60)
    for name, value in (link or {}).items():
        at.query_params[name] = value
    if source != owndata.PAGE:
        at.session_state["own:way"] = source
    return checked(at.run())


def pasted(text: str, **settings: object) -> AppTest:
    at = opened(owndata.PASTE, **settings)
    at.text_area[0].set_value(text)
    return checked(at.run())


def drawn(at: AppTest, *points: tuple[float, float]) -> AppTest:
    return checked(commit(at, "own:plane", points=[list(p) for p in points]))


def shown(at: AppTest) -> str:
    return at.text[0].value


def test_the_page_begins_with_its_own_data() -> None:
    at = opened()
    assert shown(at) == "page"
    assert not at.error
    assert dict(at.query_params) == {}


# --- tables -------------------------------------------------------------------------------------


def test_pasted_rows_become_the_table_and_stay_out_of_the_link() -> None:
    at = pasted("a;b\n1;2\n3;4")
    assert shown(at) == "('a', 'b') [[1.0, 2.0], [3.0, 4.0]]"
    assert dict(at.query_params) == {}
    assert "a link does not carry it" in " ".join(caption.value for caption in at.caption)


def test_columns_are_chosen_and_keep_the_order_of_choosing() -> None:
    at = pasted("a,b,c\n1,2,3\n4,5,6")
    assert at.multiselect[0].value == ["a", "b"]
    at.multiselect[0].set_value(["c", "a"])
    assert shown(checked(at.run())) == "('c', 'a') [[3.0, 1.0], [6.0, 4.0]]"


def test_too_few_columns_give_an_error_and_stay_chosen() -> None:
    at = pasted("a,b,c\n1,2,3\n4,5,6")
    at.multiselect[0].set_value(["c"])
    checked(at.run())
    assert shown(at) == "page"
    assert "needs 2 columns and 1 are chosen" in at.error[0].value
    assert at.multiselect[0].value == ["c"]


BAD = {
    "text in a cell": ("a,b\n1,2\n3,tall", ("row 3", "column 2", "tall")),
    "an empty cell": ("1,2\n3,\n5,6", ("row 2", "column 2", "empty")),
    "infinity": ("1,2\n3,inf\n5,6", ("row 2", "column 2", "finite")),
    "not a number": ("1,2\nnan,4\n5,6", ("row 2", "column 1", "finite")),
    "only blanks": (" \n\t\n  ", ("nothing in it",)),
    "names alone": ("a,b", ("no rows",)),
    "one row": ("1,2", ("1 row", "at least 2", "add rows")),
    "one column": ("1\n2\n3", ("1 column", "needs 2 columns")),
    "rows of different length": ("1,2\n3,4,5\n6,7", ("3 cells", "the same number")),
    "too many rows": ("1,2\n" * 1001, ("1,001 rows", "limit is 1,000")),
    "a million rows": ("1,2\n" * 1_000_000, ("4.0 MB", "limit is 1 MB")),
    "rubbish": ("\0\x01\x02PK\x03", ("not a text file",)),
    "numbers beyond reason": ("1,1e300\n2,3", ("size 1 × 10³⁰⁰", "larger unit")),
    "markup": ("<b>x</b>,[a](b)\n<script>,2", ("row 2", "column 1")),
}


@pytest.mark.parametrize("case", BAD)
def test_an_invalid_table_gives_one_sentence_and_the_text_stays(case: str) -> None:
    text, words = BAD[case]
    at = pasted(text)
    assert shown(at) == "page"
    (error,) = at.error
    plain = error.value.replace("\\", "")
    assert all(word in plain for word in words), plain
    assert plain.endswith(reading.MEANWHILE)
    assert "<script>" not in error.value    # escaped
    assert at.text_area[0].value == text


def test_a_corrected_text_is_used() -> None:
    at = pasted("1,2\n3,x")
    at.text_area[0].set_value("1,2\n3,4")
    assert shown(checked(at.run())) == "('column 1', 'column 2') [[1.0, 2.0], [3.0, 4.0]]"


def test_back_to_the_pages_data_and_the_text_is_still_there() -> None:
    at = pasted("1,2\n3,4")
    checked(at.button(key="own:back").click().run())
    assert shown(at) == "page"
    at.session_state["own:way"] = owndata.PASTE
    checked(at.run())
    assert at.text_area[0].value == "1,2\n3,4"
    assert "3.0, 4.0" in shown(at)


@pytest.mark.parametrize(("content", "words"), [
    (b"a,b\n1,2\n3,4", ()), (b"\xff\xfe\x00\x89PNG\r\n\x1a\n" * 50, ("not a text file",)), (b"", ("nothing in it",)),
    (b"1,2\n" * 300_000, ("1.2 MB", "limit is 1 MB"))])
def test_files_are_used_or_give_an_error(content: bytes, words: tuple[str, ...]) -> None:
    at = opened(owndata.UPLOAD)
    at.file_uploader[0].set_value(("own.csv", content, "text/csv"))
    checked(at.run())
    assert (shown(at) == "page") == bool(words)
    assert len(at.error) == bool(words)
    assert all(word in at.error[0].value.replace("\\", "") for word in words)


def test_a_file_stays_in_use_while_the_uploader_is_not_drawn() -> None:
    at = opened(owndata.UPLOAD)
    at.file_uploader[0].set_value(("own.csv", b"a,b\n1,2\n3,4", "text/csv"))
    used = shown(checked(at.run()))
    assert used != "page"
    at.session_state["own:way"] = owndata.PASTE     # without the uploader
    checked(at.run())
    at.session_state["own:way"] = owndata.UPLOAD
    assert shown(checked(at.run())) == used
    assert any("own.csv" in caption.value for caption in at.caption)
    at.button(key="own:out").click()
    assert shown(checked(at.run())) == "page"


def test_one_column_is_enough_where_the_page_says_so() -> None:
    assert shown(pasted("1\n2\n3", min_columns=1, max_columns=1)) == "('column 1',) [[1.0], [2.0], [3.0]]"
    assert shown(pasted("7", min_columns=1, max_columns=1, min_rows=1)) == "('column 1',) [[7.0]]"


def test_columns_of_a_wide_table_are_chosen_on_the_page() -> None:
    at = pasted("a,b,c,d,e,f\n1,2,3,4,5,6\n7,8,9,0,1,2\n3,4,5,6,7,9", max_columns=3)
    assert at.multiselect[0].value == ["a", "b", "c"]
    at.multiselect[0].set_value(["f", "d"])
    assert shown(checked(at.run())) == "('f', 'd') [[6.0, 4.0], [2.0, 0.0], [9.0, 6.0]]"
    assert pasted("1,2,3,4,5\n" * 3, max_columns=None).multiselect[0].value == [f"column {i}" for i in range(1, 5)]


IRIS = "sepal,petal,species\n5.1,1.4,setosa\n4.9,,setosa\n6.3,4.9,*virginica*\n7.1,5.9,*virginica*"


def test_columns_of_text_are_left_out_or_label_the_rows_and_empty_cells_can_be_left_out() -> None:
    at = pasted(IRIS, labels=True)
    assert shown(at) == "page"
    assert "row 3, column 2 is empty" in at.error[0].value
    at.toggle[0].set_value(True)
    assert shown(checked(at.run())) == "('sepal', 'petal') [[5.1, 1.4], [6.3, 4.9], [7.1, 5.9]]"
    assert at.text[1].value == "('setosa', '∗virginica∗') [0, 1, 1]"
    labels = next(box for box in at.selectbox if box.label.startswith("Labels"))
    labels.set_value(reading.NO_LABELS)
    assert len(checked(at.run()).text) == 1
    assert not any(box.label.startswith("Labels") for box in pasted(IRIS).selectbox)


def test_what_was_understood_is_shown_and_can_be_corrected() -> None:
    at = pasted("1,234\t5\n2,345\t6")
    assert "can be 2.345 or 2345" in at.error[0].value.replace("\\", "")
    decimal = next(box for box in at.selectbox if box.label == "Decimal mark")
    decimal.set_value(",")
    assert shown(checked(at.run())) == "('column 1', 'column 2') [[1.234, 5.0], [2.345, 6.0]]"
    understood = next(caption.value for caption in at.caption if caption.value.startswith("Understood"))
    assert understood == "Understood: 2 rows, tabs between the cells, a decimal comma, no row of names."
    assert at.table[0].value.to_numpy().tolist() == [["1", "1.234", "5"], ["2", "2.345", "6"]]
    header = next(box for box in at.selectbox if box.label == "The first row holds")
    header.set_value(True)
    assert "1 row and this page needs at least 2" in checked(at.run()).error[0].value
    at.text_area[0].set_value("a;b\n1;2\n3;4")    # a choice is for one text alone
    assert shown(checked(at.run())) == "('a', 'b') [[1.0, 2.0], [3.0, 4.0]]"


def correct(at: AppTest, label: str, value: object) -> AppTest:
    next(box for box in at.selectbox if box.label == label).set_value(value)
    return checked(at.run())


def test_every_correction_is_used_also_those_that_are_false_or_empty() -> None:
    at = pasted("a,b\n1,2\n3,4")
    correct(at, "The first row holds", False)
    assert "row 1, column 1 is not a number ('a')" in at.error[0].value.replace("\\", "")
    correct(at, "The first row holds", reading.AS_FOUND)
    assert shown(at) == "('a', 'b') [[1.0, 2.0], [3.0, 4.0]]"
    at = pasted("71,5\n83,2\n64,25", min_columns=1, max_columns=1)
    correct(at, "Between the cells", "")
    assert shown(at) == "('column 1',) [[71.5], [83.2], [64.25]]"


def test_a_file_in_another_code_page_is_read_and_the_code_page_can_be_changed() -> None:
    at = opened(owndata.UPLOAD)
    at.file_uploader[0].set_value(("own.csv", "größe;länge\n1,5;2\n3;4,5".encode("cp1252"), "text/csv"))
    assert shown(checked(at.run())) == "('größe', 'länge') [[1.5, 2.0], [3.0, 4.5]]"
    assert any("Western (Windows-1252)" in caption.value for caption in at.caption)
    encoding = next(box for box in at.selectbox if box.label == "Encoding of the letters")
    encoding.set_value("cp1251")
    assert "грцЯе" in shown(checked(at.run())) or "gr" in shown(at)
    encoding = next(box for box in at.selectbox if box.label == "Encoding of the letters")
    encoding.set_value("utf-8-sig")
    error = checked(at.run()).error[0].value.replace("\\", "")
    assert "cannot be read as UTF-8: choose another encoding" in error
    assert any(box.label == "Encoding of the letters" for box in at.selectbox)     # the remedy is there


@pytest.mark.parametrize("refused", [True, False])
def test_a_table_that_the_page_refuses_is_not_in_use(refused: bool) -> None:
    at = pasted("1,2\n3,4", refused=refused)
    assert (shown(at) == "page") == refused
    assert any("In use" in caption.value for caption in at.caption) != refused
    assert [error.value for error in at.error] == [f"This model needs other points. {reading.MEANWHILE}"] * refused


def test_all_columns_are_chosen_where_the_page_takes_any_number() -> None:
    assert pasted("1,2,3\n4,5,6", min_columns=1, max_columns=None).multiselect[0].value == [
        "column 1", "column 2", "column 3"]


@settings(max_examples=40)
@given(some.text(max_size=300))
def test_any_text_is_a_table_or_a_sentence(text: str) -> None:
    required = reading.Requirements(tables.Limits(columns=1000), 1, None, 1)
    found = reading.read(text, required.limits, tables.Dialect())
    if not isinstance(found, str):
        clean = [column.name for column in found.columns if column.kind == "numbers" and not column.problem]
        found = found.select(clean).x
        assert found.isfinite().all()
    assert len(found)


# --- drawing ------------------------------------------------------------------------------------


def test_drawn_points_are_the_table_and_the_link() -> None:
    at = drawn(opened(owndata.DRAW), (1.23456, 2), (-3, 4.5))
    assert shown(at) == "('x', 'y') [[1.23, 2.0], [-3.0, 4.5]]"
    assert at.query_params["own"] == ["1.23_2_-3_4.5"] or at.query_params["own"] == "1.23_2_-3_4.5"


def test_a_link_shows_the_same_points_without_a_note() -> None:
    at = opened(link={"own": "1.23_2_-3_4.5"})
    assert shown(at) == "('x', 'y') [[1.23, 2.0], [-3.0, 4.5]]"
    assert not at.info
    assert at.session_state["own:way"] == owndata.DRAW


def test_one_point_is_too_few_and_a_note_says_so() -> None:
    at = drawn(opened(owndata.DRAW), (1, 2))
    assert shown(at) == "page"
    assert "at least 2 points" in at.info[0].value


@pytest.mark.parametrize("raw", ["1_2_3", "x_y", "<script>", "nan_1", "inf_2_3_4", "1e300_2", "_".join("1" * 122),
                                 "1_" * 4000, "_", "1__2"])
def test_a_bad_link_is_ignored_with_a_note(raw: str) -> None:
    at = opened(link={"own": raw})
    assert shown(at) == "page"
    assert len(at.info) == 1
    assert "<" not in at.info[0].value
    assert dict(at.query_params) == {}


def test_a_preset_sets_the_points_and_the_defaults_remove_them() -> None:
    at = drawn(opened(owndata.DRAW), (1, 1), (2, 2))
    checked(at.button[-2].click().run())
    assert shown(at) == "('x', 'y') [[1.0, 2.0], [3.0, 4.0]]"
    checked(drawn(at, (0, 0), (1, 1), (2, 2)))
    assert "[2.0, 2.0]" in shown(at)
    checked(at.button[-1].click().run())
    assert shown(at) == "page"
    assert dict(at.query_params) == {}


def test_an_outdated_address_undoes_no_edit() -> None:
    at = drawn(opened(owndata.DRAW), (1, 1), (2, 2))
    at.query_params["own"] = "1_1"  # as the browser sends when it commits before the last answer
    drawn(at, (1, 1), (2, 2), (3, 3))
    assert "[3.0, 3.0]" in shown(at)
    del at.query_params["own"]
    drawn(at, (1, 1), (2, 2), (3, 3), (4, 4))
    assert "[4.0, 4.0]" in shown(at)
    assert "4_4" in str(at.query_params["own"])


def test_points_leave_the_link_with_the_drawing_and_come_back_with_it() -> None:
    at = drawn(opened(owndata.DRAW), (1, 2), (3, 4))
    at.segmented_control(key="own:way").set_value(owndata.PASTE)
    checked(at.run())
    assert dict(at.query_params) == {}
    at.segmented_control(key="own:way").set_value(owndata.DRAW)
    checked(at.run())
    assert "[3.0, 4.0]" in shown(at)


def test_a_hidden_section_uses_the_points_of_the_link() -> None:
    at = opened(link={"own": "1_2_3_4", "hide": "own"})
    assert shown(at) == "('x', 'y') [[1.0, 2.0], [3.0, 4.0]]"
    assert not at.expander
    assert not at.info


def test_pages_of_one_column_do_not_offer_to_draw() -> None:
    assert owndata.DRAW not in opened(min_columns=1, max_columns=1).segmented_control[0].options
    assert len(opened(link={"own": "1_2_3_4"}, draw=False).info) == 1


def test_an_edit_rounds_no_other_point() -> None:
    at = opened(link={"own": "1.23456789_2_-3.000001_4.5_120.5_0.3333333333333333"})
    checked(at)
    drawn(at, (1.23457, 2), (120.5, 0.333333), (50.123, 7.777))
    assert shown(at) == "('x', 'y') [[1.23456789, 2.0], [120.5, 0.3333333333333333], [50.0, 7.78]]"


def test_axes_begin_where_the_pages_points_are() -> None:
    at = opened(owndata.DRAW, start=[[50.0, 1.0], [90.0, 5.0]])
    axes = next(box for box in at.selectbox if box.label == "Axes")
    assert (axes.value, drawing.PAGE_AXES in axes.options) == (drawing.NEAR_PAGE, False)
    drawn(at, (51.2345, 1.2345), (80, 2))
    assert shown(at) == "('x', 'y') [[51.2, 1.23], [80.0, 2.0]]"


def test_a_drawing_may_begin_with_the_pages_points() -> None:
    start = [[50.0 + i / 10, 1.0 + i / 100] for i in range(200)]
    at = opened(owndata.DRAW, start=start)
    checked(at.button(key="own:begin").click().run())
    assert shown(at).startswith("('x', 'y') [[50.0, 1.0]")
    assert 30 <= shown(at).count("], [") + 1 <= MAX_POINTS
    drawn(at, (51, 1), (52, 2))
    assert shown(at) == "('x', 'y') [[51.0, 1.0], [52.0, 2.0]]"
