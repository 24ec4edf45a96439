"""wanlint is a program: run ``wanlint`` or ``python -m wanlint``. There is nothing to import."""
