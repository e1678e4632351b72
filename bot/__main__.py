"""`python -m bot` is `talentwire`. Worker processes load this file too, and need nothing of it."""

if __name__ == "__main__":
    try:
        from bot.cli import main

        main(prog_name="talentwire")
    except KeyboardInterrupt:  # while modules are still being loaded; click says the same later on
        raise SystemExit("Aborted!") from None
