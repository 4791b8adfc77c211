"""`python -m astronet` is `astronet`."""

from astronet.cli import main

if __name__ == "__main__":
    main()
