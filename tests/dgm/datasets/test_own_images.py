"""own_images: zips and sheets become images, and files that lie about themselves are unusable."""

import io
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from dgm import vae
from dgm.datasets import own_images, picture
from tests.image_files import png


def one(width: int = 6) -> np.ndarray:
    grey = np.full((60, 50), 240, np.uint8)
    grey[12:48, 22 : 22 + width] = 20
    return grey


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def many(count: int = 24) -> dict[str, bytes]:
    return {f"folder/{number:02}.png": png(one(4 + number % 5)) for number in range(count)}


def test_pictures_in_folders_become_images_and_the_rest_is_named() -> None:
    besides = {"__MACOSX/folder/._00.png": b"x", ".DS_Store": b"x", "folder/notes.txt": b"no picture",
               "folder/blank.png": png(np.full((40, 40), 200, np.uint8))}
    found = own_images.from_zip(zipped(many() | besides))
    assert found.x.shape == (24, 784)
    assert found.names[0] == "00.png"
    assert [sentence.split(":")[0] for sentence in found.unusable] == ["notes.txt", "blank.png"]
    torch.testing.assert_close(found.x[0], picture.read(png(one(4)), (28, 28)))
    split = vae.split_images(vae.own_images(found.x))
    assert [len(part) for part in split] == [17, 2, 5]
    assert set(split.train.unique().tolist()) == {0.0, 1.0}


def test_a_sheet_is_cut_and_empty_cells_are_left_out() -> None:
    sheet = np.full((4 * 60, 6 * 50), 240, np.uint8)
    for cell in range(22):
        sheet[(cell // 6) * 60 :, (cell % 6) * 50 :][:60, :50] = one()
    sheet[::60], sheet[:, ::50] = 120, 120        # ruled lines
    found = own_images.from_sheet(png(sheet), 4, 6)
    assert found.x.shape == (22, 784)
    assert found.names[-1] == "row 4, column 4"
    torch.testing.assert_close(found.x[3], found.x[20], atol=0.1, rtol=0)


def test_a_zip_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    bombs = zipped({f"{number}.png": bytes(own_images.MAX_PICTURE + 1) for number in range(40)})
    assert len(bombs) < 200_000
    with pytest.raises(ValueError, match="MB when unpacked"):
        own_images.from_zip(bombs)


def test_a_zip_of_too_many_entries_is_refused_with_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_images, "MAX_ENTRIES", 30)
    folders = {f"empty {number}/": b"" for number in range(10)}
    with pytest.raises(ValueError, match="34 entries, folders and all, and the limit is 30"):
        own_images.from_zip(zipped(many() | folders))


def test_a_size_that_is_a_lie_does_not_help() -> None:
    honest = zipped({"z.png": bytes(5_000_000)})
    lying = honest.replace((5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != honest
    with pytest.raises(ValueError, match=r"not a zip that can be read|can be used"):
        own_images.from_zip(lying)


def test_a_picture_of_too_many_pixels_is_one_refused_picture() -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    found = own_images.from_zip(zipped({**many(), "bomb.png": bomb.getvalue()}))
    assert len(found.x) == 24
    assert "million pixels" in found.unusable[0]


@pytest.mark.parametrize(("content", "problem"), [
    (b"PK\x03\x04 damaged", "not a zip that can be read"), (zipped({}), "0 pictures can be used"),
    (zipped(many(3)), "3 pictures can be used"), (zipped(many(1)), "1 picture can be used"),
    (bytes(21_000_000), "the limit is 20 MB"),
    (zipped({f"{number}": b"" for number in range(501)}), "the limit is 500 pictures"),
    (zipped(many(), zipfile.ZIP_LZMA), "packed in an unusual way"),
], ids=["damaged", "empty", "few", "one", "large", "many", "lzma"])
def test_what_is_no_zip_of_pictures(content: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        own_images.from_zip(content)


def test_a_name_with_control_characters_is_shown_without() -> None:
    found = own_images.from_zip(zipped({**many(), "a/\x1b[31mred\n.png": b"no picture"}))
    assert found.unusable[0].startswith("?[31mred?.png")


def test_a_password_is_named() -> None:
    content = bytearray(zipped(many()))
    start = content.index(b"PK\x01\x02")
    while start != -1:
        content[start + 8] |= 1
        start = content.find(b"PK\x01\x02", start + 4)
    with pytest.raises(ValueError, match="password"):
        own_images.from_zip(bytes(content))


def test_own_images_are_the_same_after_a_journey_and_refuse_what_is_none() -> None:
    x = torch.rand(30, 11, generator=torch.Generator().manual_seed(0))
    images = vae.own_images(x, seed=3)
    assert images == vae.own_images(x, seed=3)
    assert hash(images) == hash(vae.own_images(x, seed=3))
    split = vae.split_images(images)
    rows = {tuple(row) for row in (x >= 0.5).float().tolist()}
    assert {tuple(row) for part in split for row in part.tolist()} == rows
    with pytest.raises(ValueError, match="give 20 to"):
        vae.own_images(x[:5])
    with pytest.raises(ValueError, match="own_images"):
        vae.split_images(vae.OwnImages("x", 0, "cpu", 8, b"12"))


def test_own_images_beside_a_data_set_follow_each_part_of_it() -> None:
    x = torch.rand(30, 64, generator=torch.Generator().manual_seed(0))
    both = vae.split_images(vae.own_images(x, beside="digits"))
    for joined, base, own in zip(both, vae.split_images(vae.Images("digits")), vae.split_images(vae.own_images(x)),
                                 strict=True):
        torch.testing.assert_close(joined, torch.cat([base, own]))
    assert vae.own_images(x, beside="digits") != vae.own_images(x)
    for problem, beside in (("no data set", "faces"), ("have 784", "mnist-5k"), ("no images", "iris")):
        with pytest.raises(ValueError, match=problem):
            vae.own_images(x, beside=beside)
