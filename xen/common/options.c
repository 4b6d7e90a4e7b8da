/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of the command line that belong to no single file. Written by cmdline_parse(), read afterwards. */
#include <xen/cmdline.h>

bool opt_initial_domain;
OPTION_BOOL("initial-domain", opt_initial_domain);

unsigned int opt_maxcpus = UINT32_MAX;
OPTION_UINT("maxcpus", opt_maxcpus);
