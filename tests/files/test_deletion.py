"""Deletion of earlier results leaves other files in place."""

from pathlib import Path

from astronet.files.deletion import delete_files, input_inside, other_content

PATTERNS = ("config.yaml", "trial-*/scores.csv")


def write(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def test_only_matching_files_are_deleted(tmp_path: Path) -> None:
    ours = [tmp_path / name for name in ("config.yaml", "trial-1/scores.csv", "trial-2/scores.csv")]
    temporary = tmp_path / ".config.yaml.0123abcd.part"
    write(*ours, temporary)
    assert other_content(tmp_path, PATTERNS) is None
    mine = tmp_path / "trial-2/notes.txt"
    write(mine)
    assert other_content(tmp_path, PATTERNS) == mine
    delete_files(tmp_path, PATTERNS)
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "trial-2", mine]


def test_a_star_does_not_match_a_subfolder(tmp_path: Path) -> None:
    write(tmp_path / "trial-1/scores.csv/scores.csv")
    assert other_content(tmp_path, ["*"]) == tmp_path / "trial-1"
    delete_files(tmp_path, ["*", "*/*"])
    assert (tmp_path / "trial-1/scores.csv/scores.csv").exists()


def test_links_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere/scores.csv")
    (tmp_path / "run").mkdir()
    (tmp_path / "run/trial-1").symlink_to(tmp_path / "elsewhere")
    assert other_content(tmp_path / "run", PATTERNS) == tmp_path / "run/trial-1"
    delete_files(tmp_path / "run", PATTERNS)
    assert (tmp_path / "run/trial-1/scores.csv").exists()


def test_an_input_inside_a_folder_is_found_through_a_link(tmp_path: Path) -> None:
    write(tmp_path / "run/store/store.json")
    (tmp_path / "link").symlink_to(tmp_path / "run/store")
    inputs = [tmp_path / "missing", tmp_path / "link"]
    assert input_inside(tmp_path / "run", inputs) == tmp_path / "link"
    assert input_inside(tmp_path / "other", inputs) is None
