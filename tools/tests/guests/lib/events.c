/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels (2-level) and time, as a guest reads them. */
#include "guest.h"

volatile unsigned int event_upcalls;
volatile unsigned int event_count[64];

void event_dispatch(void)
{
    event_upcalls++;
    vcpu_info()->evtchn_upcall_pending = 0;
    uint64_t sel = __atomic_exchange_n(&vcpu_info()->evtchn_pending_sel, 0, __ATOMIC_ACQ_REL);

    for ( ; sel; sel &= sel - 1 )
    {
        unsigned int word = (unsigned int)__builtin_ctzl(sel);
        uint64_t bits = shared_info->evtchn_pending[word] & ~shared_info->evtchn_mask[word];

        for ( ; bits; bits &= bits - 1 )
        {
            unsigned int port = word * 64 + (unsigned int)__builtin_ctzl(bits);

            event_clear(port);
            if ( port < ARRAY_SIZE(event_count) )
                event_count[port]++;
        }
    }
}

void events_unmask(void)
{
    vcpu_info()->evtchn_upcall_mask = 0;
    __asm__ volatile("" ::: "memory");
    /* An event that came while masked has no upcall of its own: any hypercall delivers it. */
    if ( *(volatile uint8_t *)&vcpu_info()->evtchn_upcall_pending )
        hyp_xen_version(XENVER_version, NULL);
}

bool event_pending(unsigned int port)
{
    return __atomic_load_n(&shared_info->evtchn_pending[port / 64], __ATOMIC_ACQUIRE) >>
               (port % 64) &
           1;
}

void event_clear(unsigned int port)
{
    __atomic_fetch_and(&shared_info->evtchn_pending[port / 64], ~(1UL << (port % 64)),
                       __ATOMIC_ACQ_REL);
}

void event_set_mask(unsigned int port, bool masked)
{
    if ( masked )
        __atomic_fetch_or(&shared_info->evtchn_mask[port / 64], 1UL << (port % 64),
                          __ATOMIC_ACQ_REL);
    else
        __atomic_fetch_and(&shared_info->evtchn_mask[port / 64], ~(1UL << (port % 64)),
                           __ATOMIC_ACQ_REL);
}

uint64_t system_time(void)
{
    const volatile struct vcpu_time_info *t = &vcpu_info()->time;
    uint32_t version;
    uint64_t delta, ns;

    do
    {
        version = t->version;
        __asm__ volatile("lfence" ::: "memory");
        delta = rdtsc() - t->tsc_timestamp;
        delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
        ns = t->system_time + (uint64_t)(((unsigned __int128)delta * t->tsc_to_system_mul) >> 32);
        __asm__ volatile("lfence" ::: "memory");
    } while ( (version & 1) || version != t->version );
    return ns;
}
