import subprocess
import sys
from itertools import product

import pytest

from astronet.archives.choosing import choose_targets
from astronet.archives.names import _is_name, _numbers, resolve
from astronet.archives.targets import Target
from astronet.errors import ArchiveError, CatalogError
from astronet.missions import MISSIONS, k2, kepler


@pytest.fixture
def catalog(tmp_path):
    path = tmp_path / "tce.csv"
    rows = ["757450,PC", "1161345,AFP", "757450,NTP", "2439243,PC", "2554853,NTP"]
    path.write_text("\n".join(["kepid,av_training_set", *rows]) + "\n")
    return path


def numbers(targets):
    return [target.number for target in targets]


@pytest.mark.parametrize(
    "name",
    ["11446443", "KIC 11446443", "kic11446443", "KIC-11446443", "kplr011446443", " 011446443 "],
)
def test_kepler_numbers_need_no_network(name):
    assert resolve(name) == Target(11446443)
    assert str(resolve(name)) == "KIC 11446443"


def test_each_mission_has_its_own_catalogue():
    assert resolve("TIC 25155310", "tess") == Target(25155310, "tess")
    assert resolve("25155310", "tess").padded == "0000000025155310"
    assert str(resolve("EPIC 201367065", "k2").folder) == "201367065"
    with pytest.raises(ArchiveError, match="TIC 5 is a TESS star; set mission to tess"):
        resolve("TIC 5")


def test_numbers_with_too_many_digits_are_rejected():
    message = "1000000000 is not a valid KIC number; give a whole number of up to 9 digits"
    with pytest.raises(ArchiveError, match=message):
        resolve("1000000000")


@pytest.mark.parametrize("mission", ["custom", "tes"])
def test_missions_without_an_archive_are_rejected(catalog, mission):
    known = ", ".join(name for name, module in MISSIONS.items() if module.SPEC.archive)
    message = f"there is no archive for mission '{mission}'; choose one of {known}"
    with pytest.raises(ArchiveError, match=f"^{message}$") as caught:
        choose_targets(catalog, mission=mission)
    assert caught.value.arguments == ("mission",)


def test_numbers_do_not_import_lightkurve():
    check = (
        "from astronet.archives.names import resolve; resolve('KIC 1'); import sys; "
        "print('lightkurve' in sys.modules or 'astroquery' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert found.stdout.strip() == "False", found.stderr


def test_star_numbers_are_read_from_target_names():
    assert _numbers(["kplr011442793", "kplr011442793"], kepler.SPEC.prefixes) == {11442793}
    names = ["ktwo201367065", "25155310", "TESS FFI"]
    assert _numbers(names, k2.SPEC.prefixes) == {201367065, 25155310}


@pytest.mark.parametrize("text", ["1234567890123", "-5", "9e8", "1.5", "1;2", "../etc", "", "?"])
def test_text_that_is_no_name_is_rejected_without_the_network(text):
    with pytest.raises(ArchiveError, match="is not a valid KIC number") as caught:
        resolve(text)
    assert "could not be resolved" not in str(caught.value)


@pytest.mark.parametrize("name", ["Kepler-90", "TrES-2", "Barnard's star", "* alf Cen", "K2-3 b"])
def test_names_can_have_punctuation(name):
    assert _is_name(name)


@pytest.mark.network
def test_names_are_resolved():
    assert resolve("Kepler-90") == Target(11442793)


def test_stars_of_a_catalogue_keep_its_order_without_repetitions(catalog):
    assert numbers(choose_targets(catalog)) == [757450, 1161345, 2439243, 2554853]


FOREIGN = [
    ("tid,toi,pl_orbper\n757450,1000.01,3.5\n", "kepler", "TOI table; set mission to tess"),
    ("tid,toi,pl_orbper\n757450,1000.01,3.5\n", "k2", "TOI table; set mission to tess"),
    ("TIC ID,Planet Num\n757450,1\n", "kepler", "table with column TIC ID; set mission to tess"),
    (
        "epic_hostname,pl_name,pl_trandur\nEPIC 757450,b,2\n",
        "tess",
        "table of K2 planets and candidates; set mission to k2",
    ),
    ("kepid,tce_period\n757450,3.5\n", "tess", "Kepler TCE table; set mission to kepler"),
    ("kepid,koi_period\n757450,3.5\n", "k2", "KOI table; set mission to kepler"),
]


@pytest.mark.parametrize(("content", "mission", "message"), FOREIGN)
def test_tables_of_another_mission_are_rejected(tmp_path, content, mission, message):
    path = tmp_path / "table.csv"
    path.write_text(content)
    right = message.split()[-1]
    stated = message.replace(
        ";",
        f", so its stars belong to the mission {right}, but the mission of the light curves is "
        f"{mission};",
    )
    with pytest.raises(CatalogError, match=f"^{path} is a {stated}$"):
        choose_targets(path, mission=mission)
    assert choose_targets(path, mission=right) == [Target(757450, right)]


def test_custom_tables_may_list_stars_of_any_mission(tmp_path):
    path = tmp_path / "mine.csv"
    for column, mission in product(("star", "star_id"), ("kepler", "k2", "tess")):
        path.write_text(f"{column},period_days\n757450,3.5\n")
        assert choose_targets(path, mission=mission) == [Target(757450, mission)]


def test_labels_select_rows(catalog):
    assert numbers(choose_targets(catalog, ["PC", "AFP"])) == [757450, 1161345, 2439243]
    message = r"has no label 'pc' \(its labels are AFP, NTP, PC\); correct the labels"
    with pytest.raises(CatalogError, match=message) as caught:
        choose_targets(catalog, ["pc"])
    assert caught.value.arguments == ("labels",)


def test_stars_select_rows_of_a_catalogue(catalog):
    assert numbers(choose_targets(catalog, stars=["2439243"])) == [2439243]
    with pytest.raises(
        CatalogError, match="has no row for KIC 5; correct the list of stars"
    ) as caught:
        choose_targets(catalog, stars=["5"])
    assert caught.value.arguments == ("stars", "catalog")
    with pytest.raises(CatalogError, match="has no row for KIC 2554853 with label PC or AFP; "):
        choose_targets(catalog, ["PC", "AFP"], ["2554853"])


def test_samples_depend_on_the_seed_only(catalog):
    samples = [numbers(choose_targets(catalog, sample=2, seed=seed)) for seed in (0, 0, 1, 2, 3, 4)]
    assert samples[0] == samples[1] and len({tuple(stars) for stars in samples}) > 1
    assert all(len(stars) == 2 for stars in samples)
    assert len(choose_targets(catalog, sample=99)) == 4


def test_stars_or_a_catalogue_are_required():
    with pytest.raises(ArchiveError, match="no stars are given; give an event table") as caught:
        choose_targets()
    assert caught.value.arguments == ("catalog", "stars")
    with pytest.raises(ArchiveError, match="labels are given without an event table") as caught:
        choose_targets(labels=["PC"], stars=["1"])
    assert caught.value.arguments == ("catalog",)


def test_labels_of_a_table_without_labels_are_rejected(tmp_path):
    catalog = tmp_path / "t.csv"
    catalog.write_text("kepid,tce_plnt_num\n757450,1\n")
    with pytest.raises(CatalogError) as error:
        choose_targets(catalog, ["PC"])
    assert str(error.value) == (
        f"{catalog} has no labels; omit the labels, or choose another table"
    )
    assert error.value.arguments == ("labels", "catalog")
