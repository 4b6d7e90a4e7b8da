// SPDX-License-Identifier: GPL-2.0-only
/* Which kind of screen there is: the loader tells of a framebuffer, the hardware of text. */
#include <asm/screen.h>

void screen_init(bool early)
{
    if ( !framebuffer_init(early) )
        vga_init(early);
}
