"""Run `astronet train`."""

import sys

from astronet.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "train")
    main()
