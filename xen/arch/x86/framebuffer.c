// SPDX-License-Identifier: GPL-2.0-only
/*
 * The framebuffer that the loader has set up, as a screen.
 *
 * It is mapped write-combining by page tables of our own, so it may lie anywhere. Before there are any, one below 4 GiB is reached
 * through head.S's tables, for a crash. Called by screen.c only.
 */
#include <asm/boot.h>
#include <asm/paging.h>
#include <asm/screen.h>
#include <asm/sections.h>
#include <xen/canvas.h>
#include <xen/printk.h>

#ifdef CONFIG_FRAMEBUFFER

static struct canvas canvas;

static void clear(void)
{
    canvas_clear(&canvas);
}

static void draw(void *ctx, unsigned int row, unsigned int column, const uint8_t *s,
                 unsigned int nr)
{
    canvas_draw(&canvas, row, column, s, nr);
}

/* Without a memory map of ours this is what must not be drawn over: a loader's word is not trusted. */
static bool over_image(uint64_t start, uint64_t size)
{
    return start < (uint64_t)__image_end - IMAGE_START &&
           start + size > (uint64_t)__image_start - IMAGE_START;
}

static void *map(uint64_t start, uint64_t size, bool early)
{
    if ( !early )
        return ioremap(_maddr(start), size, IOREMAP_WC);
    return over_image(start, size) ? NULL : early_map(_maddr(start), size);
}

const struct screen_device *framebuffer_open(bool early)
{
    static struct screen_device device = { .clear = clear, .draw = draw };
    const struct boot_framebuffer *fb = &boot_info.fb;
    const char *why;
    uint64_t size = canvas_size(fb, &why);
    void *base = size ? map(fb->addr, size, early) : NULL;

    if ( !base )
    {
        if ( fb->present && fb->type != BOOT_FB_TEXT )
            pr_warn("Screen: framebuffer at %#lx not used: %s", fb->addr,
                    size ? "cannot be mapped" : why);
        return NULL;
    }
    canvas_init(&canvas, fb, base);
    device.columns = canvas_columns(&canvas);
    device.rows = canvas_rows(&canvas);
    pr_debug("Screen: %ux%u, %u bits a pixel, at %#lx; %u columns, %u rows", fb->width, fb->height,
             fb->bpp, fb->addr, device.columns, device.rows);
    return &device;
}

#else

const struct screen_device *framebuffer_open(bool early)
{
    return NULL;
}

#endif /* CONFIG_FRAMEBUFFER */
