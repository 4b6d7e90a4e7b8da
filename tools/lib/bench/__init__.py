# SPDX-License-Identifier: GPL-2.0-only
"""
What `make bench` and `make profile` share.

    machine    a run of the benchmark's guest in a machine that counts instructions
    profile    what the plugin counted: instructions by the calls that led to them
    symbols    functions and lines behind addresses
    flame      a flame graph
"""
