"""`python -m bot` is `talentwire`. Worker processes load this file too, and need nothing of it."""

if __name__ == "__main__":
    from bot.cli import main

    main(prog_name="talentwire")
