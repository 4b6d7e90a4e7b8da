/* SPDX-License-Identifier: GPL-2.0-only */
/* Included before everything else by the compiler's command line: all symbols are hidden, so that position-independent code
 * reaches them directly and there is no GOT. */
#pragma GCC visibility push(hidden)
