"""Build hook that ships the folder `configs/` in the package as `astronet/configs`."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithConfigs(build_py):
    """Build the package and copy the configs into it, unless the install is editable."""

    def run(self) -> None:
        """Build the package, then copy the configs."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "astronet" / "configs"
            shutil.copytree("configs", target, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithConfigs})
