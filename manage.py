#!/usr/bin/env python3
"""The portal's commands. The first one sets everything up: see `bootstrap`."""

import sys

import bootstrap

if __name__ == "__main__":
    bootstrap.main(sys.argv[1:])
