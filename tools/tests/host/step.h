/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put before every file of a test by `// cflags: -include tools/tests/host/step.h`: each atomic access, and each basic block with
 * -fsanitize-coverage=trace-pc, becomes a point where another CPU may act (smp.h). Uses nothing, so the core can have it too.
 */
#ifndef TESTS_STEP_H
#define TESTS_STEP_H

void smp_step(void);

/* A macro's own name is not expanded again. */
#define __atomic_load_n(p, order)        (smp_step(), __atomic_load_n(p, order))
#define __atomic_store_n(p, v, order)    (smp_step(), __atomic_store_n(p, v, order))
#define __atomic_exchange_n(p, v, order) (smp_step(), __atomic_exchange_n(p, v, order))
#define __atomic_add_fetch(p, v, order)  (smp_step(), __atomic_add_fetch(p, v, order))
#define __atomic_fetch_or(p, v, order)   (smp_step(), __atomic_fetch_or(p, v, order))
#define __atomic_fetch_and(p, v, order)  (smp_step(), __atomic_fetch_and(p, v, order))
#define __atomic_compare_exchange_n(p, old, v, weak, good, bad)                                    \
    (smp_step(), __atomic_compare_exchange_n(p, old, v, weak, good, bad))

#endif /* TESTS_STEP_H */
