import multiprocessing
from pathlib import Path

import pytest

from astronet.errors import StoreError
from astronet.files.locks import exclusive

BUSY = StoreError("another import is running; wait until it ends")


def test_second_process_raises_the_given_error(tmp_path: Path) -> None:
    lock = tmp_path / "new" / "lock"
    with exclusive(lock, BUSY), multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_error_message, (lock,)) == str(BUSY)
    with pytest.raises(StoreError) as caught, exclusive(lock, BUSY), exclusive(lock, BUSY):
        pass
    assert caught.value is BUSY


def test_lock_is_released_at_the_end_and_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), exclusive(tmp_path / "lock", BUSY):
            raise ZeroDivisionError
    with exclusive(tmp_path / "lock", BUSY):
        pass


def test_lock_whose_folder_is_a_file_raises_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError), exclusive(tmp_path / "file" / "lock", BUSY):
        pass


def _error_message(lock: Path) -> str:
    try:
        with exclusive(lock, BUSY):
            return ""
    except StoreError as error:
        return str(error)
