/* SPDX-License-Identifier: GPL-2.0-only */
/* Advisories about physical interrupts and superpages: what an ordinary domain, or anybody, is not given. */
#include <public/physdev.h>
#include "suite.h"

/* Numbers of nothing run out, or are never given; then there is an error, and it is not used as an index (13). */
TEST("xsa-13", "free physical interrupts run out without harm", 0)
{
    struct physdev_get_free_pirq free = { .type = MAP_PIRQ_TYPE_GSI };
    unsigned int given = 0, after = 0;
    long rc = 0;

    for ( unsigned int i = 0; i < 2000 && rc == 0; i++ )
    {
        rc = hyp_physdev_op(PHYSDEVOP_get_free_pirq, &free);
        given += rc == 0;
    }
    check(rc < 0, "they run out, or there are none");
    check(given == 0 || initial_domain(), "an ordinary domain is given none");
    for ( unsigned int i = 0; i < 10; i++ )
        after += hyp_physdev_op(PHYSDEVOP_get_free_pirq, &free) == 0;
    check_eq(after, 0, "that were given afterwards");
}

TEST("xsa-46", "a mapping of an interrupt that fails gives no right to it", TEST_DOMU)
{
    unsigned int done = 0;

    for ( int gsi = -2; gsi < 64; gsi += gsi < 2 ? 1 : 13 )
    {
        struct physdev_map_pirq map = {
            .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = gsi, .pirq = -1
        };
        struct physdev_unmap_pirq unmap = { .domid = DOMID_SELF, .pirq = gsi };
        struct physdev_eoi eoi = { .irq = (uint32_t)gsi };
        struct evtchn_bind_pirq bind = { .pirq = (uint32_t)gsi };

        done += hyp_physdev_op(PHYSDEVOP_map_pirq, &map) == 0;
        map.type = MAP_PIRQ_TYPE_MSI;
        done += hyp_physdev_op(PHYSDEVOP_map_pirq, &map) == 0;
        done += hyp_event_channel_op(EVTCHNOP_bind_pirq, &bind) == 0;
        done += hyp_physdev_op(PHYSDEVOP_eoi, &eoi) == 0;
        done += hyp_physdev_op(PHYSDEVOP_unmap_pirq, &unmap) == 0;
    }
    check_eq(done, 0, "mappings, bindings, ends and unmappings that were done");
}

TEST("xsa-87", "MSI-X is prepared and released by those who have devices", TEST_DOMU)
{
    unsigned int done = 0;

    for ( unsigned int devfn = 0; devfn < 256; devfn += 17 )
    {
        struct physdev_pci_device dev = { .bus = 0, .devfn = (uint8_t)devfn };

        done += hyp_physdev_op(PHYSDEVOP_prepare_msix, &dev) == 0;
        done += hyp_physdev_op(PHYSDEVOP_release_msix, &dev) == 0;
    }
    check_eq(done, 0, "that were done");
}

TEST("xsa-237", "interrupts of others' devices are not mapped, nor unmapped", TEST_DOMU)
{
    static const domid_t whose[] = { DOMID_SELF, 0, 1, 2, DOMID_IO, DOMID_XEN, DOMID_INVALID };
    unsigned int done = 0;

    for ( unsigned int i = 0; i < ARRAY_SIZE(whose); i++ )
        for ( unsigned int type = 0; type < 6; type++ )
        {
            struct physdev_map_pirq map = {
                .domid = whose[i], .type = (int)type, .index = -1, .pirq = -1, .entry_nr = 1
            };
            struct physdev_unmap_pirq unmap = { .domid = whose[i], .pirq = (int)type };

            done += hyp_physdev_op(PHYSDEVOP_map_pirq, &map) == 0;
            map.table_base = 0xfee00000;
            done += hyp_physdev_op(PHYSDEVOP_map_pirq, &map) == 0;
            done += hyp_physdev_op(PHYSDEVOP_unmap_pirq, &unmap) == 0;
        }
    check_eq(done, 0, "that were done");
}
