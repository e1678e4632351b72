"""`python -m bot` is `talentwire`."""

from bot.cli import main

if __name__ == "__main__":
    main(prog_name="talentwire")
