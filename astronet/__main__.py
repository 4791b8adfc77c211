"""Entry point of `python -m astronet`, which is the same as the command `astronet`."""

from astronet.cli import main

if __name__ == "__main__":
    main()
