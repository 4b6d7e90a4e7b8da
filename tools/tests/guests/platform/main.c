/* SPDX-License-Identifier: GPL-2.0-only */
/* See README.md. The tests are in the files beside this one. */
#include "guest.h"

const char guest_name[] = "platform";
