// SPDX-License-Identifier: GPL-2.0-only
/*
 * The framebuffer that the loader has set up, as a console.
 *
 * It is mapped write-combining by page tables of our own, so it may lie anywhere. Before there are any, one below 4 GiB is reached
 * through head.S's tables, for a crash. Called by the console only, which has the locks.
 */
#include <asm/boot.h>
#include <asm/paging.h>
#include <asm/screen.h>
#include <xen/canvas.h>
#include <xen/console.h>
#include <xen/printk.h>
#include <xen/text_screen.h>

#ifdef CONFIG_FRAMEBUFFER

static struct canvas canvas;
static struct text_screen text;

static void draw(void *ctx, unsigned int row, unsigned int column, const uint8_t *s,
                 unsigned int nr)
{
    canvas_draw(ctx, row, column, s, nr);
}

static void framebuffer_write(const char *s, size_t len)
{
    text_screen_write(&text, s, len);
}

static struct console_sink sink = { .name = "vga", .write = framebuffer_write };

bool framebuffer_init(bool early)
{
    const struct boot_framebuffer *fb = &boot_info.fb;
    maddr_t start = _maddr(fb->addr);
    const char *why;
    uint64_t size = canvas_size(fb, &why);
    void *base;

    if ( !size )
        return false;
    base = early ? early_map(start, size) : ioremap(start, size, IOREMAP_WC);
    if ( !base )
    {
        pr_warn("Screen: the framebuffer at %#lx cannot be mapped", fb->addr);
        return false;
    }
    canvas_init(&canvas, fb, base);
    canvas_clear(&canvas);
    text_screen_init(&text, canvas_columns(&canvas), canvas_rows(&canvas), draw, &canvas);
    console_register(&sink);
    return true;
}

#else

bool framebuffer_init(bool early)
{
    return false;
}

#endif /* CONFIG_FRAMEBUFFER */
