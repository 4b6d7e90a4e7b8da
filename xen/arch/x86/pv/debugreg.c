// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug registers. They stay loaded while the hypervisor runs, so a guest may watch only its own addresses, and not set what would make
 * an access to the registers themselves trap. All values are checked whole before any is stored (XSA-12, XSA-444): invariant 11.
 * No locks.
 */
#include <asm/processor.h>
#include <asm/pv/pv.h>
#include <asm/uaccess.h>
#include <xen/hypercall.h>

/* SDM volume 3, section 17.2. */
#define DR6_RESERVED_ONES 0xffff0ff0UL
#define DR6_RESERVED_ZERO 0x00001000UL
#define DR7_RESERVED_ONES 0x00000400UL
#define DR7_RESERVED_ZERO 0x0000d800UL /* 15, 14, 12, and 11: transactional debugging */
#define DR7_GD            0x00002000UL
#define DR7_ENABLE(i)     (3UL << 2 * (i))
#define DR7_RW(val, i)    ((val) >> (16 + 4 * (i)) & 3)
#define DR7_RW_IO         2

/* Watching an I/O port means nothing to a guest whose port accesses trap; it is refused rather than forgotten. */
static int dr7_check(uint64_t val)
{
    if ( val >> 32 )
        return -EINVAL;
    if ( val & DR7_GD )
        return -EPERM;
    for ( unsigned int i = 0; i < 4; i++ )
        if ( (val & DR7_ENABLE(i)) && DR7_RW(val, i) == DR7_RW_IO )
            return -EPERM;
    return 0;
}

/* The longest watch is eight bytes, and the CPU aligns it. */
static bool watchable(uint64_t addr)
{
    return guest_range_ok(addr & ~7UL, 8);
}

static void load_address(unsigned int reg, uint64_t val)
{
    switch ( reg )
    {
    case 0: write_dr0(val); break;
    case 1: write_dr1(val); break;
    case 2: write_dr2(val); break;
    default: write_dr3(val); break;
    }
}

static int dr7_set(struct vcpu *v, uint64_t val)
{
    int rc = dr7_check(val);

    if ( rc )
        return rc;
    v->debugreg[7] = (val & ~DR7_RESERVED_ZERO) | DR7_RESERVED_ONES;
    if ( v == current )
        write_dr7(v->debugreg[7]);
    return 0;
}

/* DR4 and DR5 name DR6 and DR7 while CR4.DE is clear; it is always set. */
int debugreg_set(struct vcpu *v, unsigned int reg, uint64_t val)
{
    switch ( reg )
    {
    case 0:
    case 1:
    case 2:
    case 3:
        if ( !watchable(val) )
            return -EPERM;
        v->debugreg[reg] = val;
        if ( v == current )
            load_address(reg, val);
        return 0;
    case 6:
        if ( val >> 32 )
            return -EINVAL;
        v->debugreg[6] = (val & ~DR6_RESERVED_ZERO) | DR6_RESERVED_ONES;
        return 0;
    case 7: return dr7_set(v, val);
    default: return -ENODEV;
    }
}

int debugreg_get(const struct vcpu *v, unsigned int reg, uint64_t *val)
{
    if ( reg > 7 || reg == 4 || reg == 5 )
        return -ENODEV;
    *val = v->debugreg[reg];
    if ( reg == 6 )
        *val |= DR6_RESERVED_ONES;
    else if ( reg == 7 )
        *val |= DR7_RESERVED_ONES;
    return 0;
}

void debugregs_load(struct vcpu *v)
{
    write_dr7(DR7_RESERVED_ONES);
    for ( unsigned int i = 0; i < 4; i++ )
        load_address(i, v->debugreg[i]);
    write_dr6(DR6_RESERVED_ONES);
    write_dr7(v->debugreg[7] | DR7_RESERVED_ONES);
}

/* The CPU sets these bits and never clears them; those that read as one when nothing happened are left out. */
uint64_t debug_status_take(void)
{
    uint64_t status = read_dr6() & ~DR6_RESERVED_ONES;

    write_dr6(DR6_RESERVED_ONES);
    return status & 0xffffffff;
}

/** set_debugreg(reg, value): as debugreg_set(). */
long do_set_debugreg(HYPERCALL_ARGS)
{
    return debugreg_set(current, (unsigned int)MIN(a1, 8UL), a2);
}

/** get_debugreg(reg): its value, or -ENODEV, which is as likely a value as any. */
long do_get_debugreg(HYPERCALL_ARGS)
{
    uint64_t val;
    int rc = debugreg_get(current, (unsigned int)MIN(a1, 8UL), &val);

    return rc ? rc : (long)val;
}
