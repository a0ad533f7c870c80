"""Prints what `scaler FILE` of the installed release reads, without starting anything of it."""

import sys

from scaler.entry_points import scaler as program

if __name__ == "__main__":
    sys.argv = ["scaler", sys.argv[1]]
    print(repr(program.ScalerAllConfig.parse("scaler", "all", disable_config_flag=True)))
