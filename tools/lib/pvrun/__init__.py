# SPDX-License-Identifier: GPL-2.0-only
"""
The parts of tools/pvrun, in the order in which a run uses them:

    options.py     the command line, and what of it makes no sense
    hypervisor.py  the hypervisor's file: ours or another's, and the options it is given
    machine.py     the boot image and QEMU's command
    terminal.py    the user's terminal: raw mode, Ctrl-A, progress
    stream.py      the serial line taken apart: the guest's console, the hypervisor's lines
    audit.py       when to ask for an audit, and what came of it
    session.py     one QEMU from its start to its end
    outcome.py     how it ended: exit status and reason
"""
