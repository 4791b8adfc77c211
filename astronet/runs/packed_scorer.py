"""Networks as the bytes of their files, for workers that may have no access to the files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from astronet.errors import AstronetError, RunError
from astronet.models.precision import Rounding
from astronet.runs.run import Run
from astronet.runs.scorer import Scorer
from astronet.runs.shipped import Shipped, load_shipped
from astronet.runs.stack_files import files_of_stack
from astronet.runs.trained import Trained


@dataclass(frozen=True, eq=False)
class PackedScorer:
    """Files of a scorer.

    Attributes:
        files: Content of the files of each run or shipped weights, by name.
        names: Name of each run or shipped weights, and whether it is shipped.
        model: Names and hashes of the networks; see `Scorer.model`.
        precision: Floating-point precision of the computation.
    """

    files: tuple[Mapping[str, bytes], ...]
    names: tuple[tuple[str, bool], ...]
    model: str
    precision: Rounding

    @classmethod
    def of(cls, scorer: Scorer) -> "PackedScorer":
        """Return the files of a scorer.

        Raises:
            RunError: A file cannot be read.
        """
        try:
            files = tuple(
                {path.name: path.read_bytes() for path in files_for_scores(one)}
                for one in scorer.trained
            )
        except OSError as error:
            raise RunError(
                f"{error.filename} cannot be read ({error.strerror}); restore the file"
            ) from None
        names = tuple((one.name, isinstance(one, Shipped)) for one in scorer.trained)
        return cls(files, names, scorer.model, scorer.precision)

    def unpacked(self) -> Scorer:
        """Return a scorer with the same networks, which computes scores on the CPU.

        The files are written to a temporary folder and read from there, with the same checks of
        their hashes and contents as those of the original files.

        Raises:
            RunError: The temporary folder is not writable, or the files are not those of the
                scorer, because they were changed before they were read.
        """
        changed = RunError(
            f"the files of {' and '.join(name for name, _ in self.names)} were changed during the "
            "command; run it again"
        )
        try:
            with TemporaryDirectory(prefix="astronet-") as made:
                scorer = Scorer(self._written(Path(made)), device="cpu", precision=self.precision)
                _ = scorer.thresholds, scorer.known_stars  # read from the files, and kept
                if scorer.model != self.model:
                    raise changed
                return scorer
        except AstronetError:
            raise changed from None
        except OSError as error:
            raise RunError(
                f"a worker cannot write the networks to its temporary folder ({error.strerror}); "
                "set its environment variable TMPDIR to a writable folder"
            ) from None

    def _written(self, place: Path) -> list[Trained]:
        """Write the files to a folder, and return the runs and the weights."""
        trained: list[Trained] = []
        for number, (files, (name, shipped)) in enumerate(zip(self.files, self.names, strict=True)):
            folder = place / str(number) / ("run" if shipped else name)
            folder.mkdir(parents=True)
            for file, content in files.items():
                (folder / file).write_bytes(content)
            trained.append(load_shipped(name, folder) if shipped else Run.load(folder))
        return trained


def can_be_packed(scorer: Scorer) -> bool:
    """Return whether the files of a scorer can be written under the names of its runs.

    This is not the case if a run was given as "." or "..", which are not names of folders.
    """
    return all(one.name not in ("", "..") for one in scorer.trained)


def files_for_scores(trained: Trained) -> list[Path]:
    """Return the paths of the files from which the scores of a run or weights are computed."""
    if isinstance(trained, Shipped):
        own = [trained.folder / f"{trained.name}.json", trained.stars_path, *trained.weights]
    elif isinstance(trained, Run):
        own = [trained.config_path, trained.weights_path, trained.record_path]
        own += [path for path in (trained.training_stars_path,) if path.exists()]
    else:
        own = list(trained.files)
    return own + files_of_stack(trained.stack_base)
