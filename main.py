"""`python main.py` is the same as the `pendant` console script."""

from app.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
