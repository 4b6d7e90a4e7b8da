/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the memory tests share. */
#ifndef MEMORY_H
#define MEMORY_H

#include "suite.h"
#include "tables.h"

#endif /* MEMORY_H */
