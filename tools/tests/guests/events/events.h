/* SPDX-License-Identifier: GPL-2.0-only */
/* EVTCHNOP_* as calls; each gives the errno, and what is told goes to where the last argument points, unless it is NULL. */
#ifndef EVENTS_H
#define EVENTS_H

#include "suite.h"

#define NR_PORTS 4096

long bind_ipi(uint32_t vcpu, uint32_t *port);
long bind_virq(uint32_t virq, uint32_t vcpu, uint32_t *port);
long alloc_unbound(uint16_t dom, uint16_t remote, uint32_t *port);
long bind_interdomain(uint16_t dom, uint32_t remote, uint32_t *port);
long bind_vcpu(uint32_t port, uint32_t vcpu);
long close_port(uint32_t port);
long send(uint32_t port);
long unmask(uint32_t port);
long status(uint16_t dom, uint32_t port, struct evtchn_status *s);
/** What a port of ours is, EVTCHNSTAT_*. */
uint32_t state_of(uint32_t port);
/** Bind every port that is free, as IPIs; how many they are, which they are, and closing them (how many that worked for). */
unsigned int bind_all(void);
uint32_t bound_port(unsigned int i);
unsigned int close_all(void);

#endif /* EVENTS_H */
