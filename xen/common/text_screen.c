// SPDX-License-Identifier: GPL-2.0-only
/*
 * A screen of characters.
 *   1. one character: where it goes, line ends, scrolling
 *   2. bytes to characters: UTF-8, and escape sequences that are kept off the screen
 *   3. drawing what has changed
 * Pure; locks: the caller's.
 */
#include <xen/lib.h>
#include <xen/text_screen.h>

/* ---- 1. Characters ------------------------------------------------------------------------- */

static void mark_dirty(struct text_screen *s, unsigned int start, unsigned int end)
{
    s->dirty_start = MIN(s->dirty_start, start);
    s->dirty_end = MAX(s->dirty_end, end);
}

/** The rows are a ring: the first one shown is row s->top of the array. */
static uint8_t *row_text(struct text_screen *s, unsigned int row)
{
    return s->text[(s->top + row) % s->rows];
}

static void scroll(struct text_screen *s)
{
    memset(row_text(s, 0), ' ', s->columns);
    s->top = (s->top + 1) % s->rows;
    mark_dirty(s, 0, s->rows);
}

static void new_line(struct text_screen *s)
{
    s->column = 0;
    if ( s->row + 1 < s->rows )
        s->row++;
    else
        scroll(s);
}

static void put_graphic(struct text_screen *s, uint8_t c)
{
    if ( s->column == s->columns )
        new_line(s);
    row_text(s, s->row)[s->column++] = c;
    mark_dirty(s, s->row, s->row + 1);
}

static void put(struct text_screen *s, uint32_t code)
{
    switch ( code )
    {
    case '\n': new_line(s); return;
    case '\r': s->column = 0; return;
    case '\t': s->column = MIN((s->column | 7) + 1, s->columns - 1); return;
    case '\b': s->column -= s->column ? 1 : 0; return;
    }
    if ( code < ' ' || code == 0x7f )
        return;
    put_graphic(s,
                code > 0xff || (code > 0x7f && code < 0xa0) ? TEXT_SCREEN_UNKNOWN : (uint8_t)code);
}

/* ---- 2. Bytes ------------------------------------------------------------------------------ */

/** A terminal's colours are noise here. True: @c belongs to an escape sequence. */
static bool in_escape(struct text_screen *s, uint8_t c)
{
    switch ( s->state )
    {
    case TEXT_SCREEN_PLAIN:
        if ( c != '\033' )
            return false;
        s->state = TEXT_SCREEN_ESCAPE;
        return true;
    case TEXT_SCREEN_ESCAPE:
        s->state = c == '[' ? TEXT_SCREEN_SEQUENCE : TEXT_SCREEN_PLAIN;
        return true;
    default:
        if ( c >= '@' && c <= '~' )
            s->state = TEXT_SCREEN_PLAIN;
        return true;
    }
}

/** The first byte of a character of several; false: it cannot be one. */
static bool begin_utf8(struct text_screen *s, uint8_t c)
{
    if ( c < 0xc2 || c > 0xf4 )
        return false;
    s->more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    s->code = c & (0x3f >> s->more);
    return true;
}

static void put_byte(struct text_screen *s, uint8_t c)
{
    if ( s->more && (c & 0xc0) == 0x80 )
    {
        s->code = s->code << 6 | (c & 0x3f);
        if ( !--s->more )
            put(s, s->code);
        return;
    }
    if ( s->more )
        put_graphic(s, TEXT_SCREEN_UNKNOWN); /* cut short */
    s->more = 0;
    if ( in_escape(s, c) )
        return;
    if ( c < 0x80 )
        put(s, c);
    else if ( !begin_utf8(s, c) )
        put_graphic(s, TEXT_SCREEN_UNKNOWN);
}

/* ---- 3. Drawing ---------------------------------------------------------------------------- */

/* What lies behind the last column never changes. */
static bool same_word(const uint8_t *a, const uint8_t *b)
{
    return *(const uint64_t *)a == *(const uint64_t *)b;
}

/** Runs of cells that differ, each drawn at once. */
static void draw_row(struct text_screen *s, unsigned int row)
{
    const uint8_t *text = row_text(s, row);
    uint8_t *shown = s->shown[row];
    unsigned int at = 0;

    while ( at < s->columns )
    {
        unsigned int start = at;

        if ( at % 8 == 0 && same_word(text + at, shown + at) )
            at += 8;
        else if ( text[at] == shown[at] )
            at++;
        else
        {
            for ( ; at < s->columns && text[at] != shown[at]; at++ )
                shown[at] = text[at];
            s->draw(s->ctx, row, start, text + start, at - start);
        }
    }
}

void text_screen_write(struct text_screen *s, const char *text, size_t len)
{
    while ( len-- )
        put_byte(s, (uint8_t)*text++);
    for ( unsigned int row = s->dirty_start; row < s->dirty_end; row++ )
        draw_row(s, row);
    s->dirty_start = s->rows;
    s->dirty_end = 0;
}

void text_screen_init(struct text_screen *s, unsigned int columns, unsigned int rows,
                      void (*draw)(void *ctx, unsigned int row, unsigned int column,
                                   const uint8_t *text, unsigned int nr),
                      void *ctx)
{
    s->columns = MIN(columns, (unsigned int)TEXT_SCREEN_MAX_COLUMNS);
    s->rows = MIN(rows, (unsigned int)TEXT_SCREEN_MAX_ROWS);
    s->column = s->row = s->top = 0;
    s->state = TEXT_SCREEN_PLAIN;
    s->more = 0;
    s->draw = draw;
    s->ctx = ctx;
    s->dirty_start = s->rows;
    s->dirty_end = 0;
    memset(s->text, ' ', sizeof(s->text));
    memset(s->shown, ' ', sizeof(s->shown));
}
