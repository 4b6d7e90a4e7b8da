// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/text_screen.c
/* The screen of characters: where text goes, and that the device is told of each change exactly once. */
#include "tap.h"
#include <stdlib.h>
#include <xen/text_screen.h>

/* ---- A device ------------------------------------------------------------------------------------------------------- */

#define MAX_COLUMNS 300
#define MAX_ROWS    200

static struct text_screen s;
static char device[MAX_ROWS][MAX_COLUMNS + 1];
static unsigned int drawn, calls, outside, same;

static void draw(void *ctx, unsigned int row, unsigned int column, const uint8_t *text,
                 unsigned int nr)
{
    calls++;
    outside += ctx != device || !nr || row >= s.rows || column + nr > s.columns;
    for ( unsigned int i = 0; i < nr && !outside; i++ )
    {
        same += device[row][column + i] == (char)text[i];
        device[row][column + i] = (char)text[i];
        drawn++;
    }
}

static void reset(unsigned int columns, unsigned int rows)
{
    text_screen_init(&s, columns, rows, draw, device);
    memset(device, 0, sizeof(device));
    for ( unsigned int row = 0; row < MAX_ROWS; row++ )
        memset(device[row], ' ', columns < MAX_COLUMNS ? columns : MAX_COLUMNS);
    drawn = calls = outside = same = 0;
}

static void write_text(const char *text)
{
    drawn = calls = 0;
    text_screen_write(&s, text, strlen(text));
}

/* The rows, blanks at their ends left out, joined by '|'; blank rows at the end left out. */
static const char *picture(void)
{
    static char out[MAX_ROWS * (MAX_COLUMNS + 1)];
    size_t n = 0, end = 0;

    for ( unsigned int row = 0; row < s.rows; row++ )
    {
        size_t len = s.columns;

        while ( len && device[row][len - 1] == ' ' )
            len--;
        memcpy(out + n, device[row], len);
        n += len;
        if ( len )
            end = n;
        out[n++] = '|';
    }
    out[end] = '\0';
    return out;
}

static void shows(const char *text, const char *want, const char *what)
{
    reset(8, 3);
    write_text(text);
    is_str(picture(), want, what);
}

/* ---- Tests ---------------------------------------------------------------------------------------------------------- */

static void test_places(void)
{
    note("8 columns, 3 rows");
    shows("abc", "abc", "text from the top left");
    shows("a\nbc\r\nd", "a|bc|d", "lines");
    shows("a\nb\nc\nd", "b|c|d", "the fourth line scrolls");
    shows("a\nb\nc\nd\n", "c|d", "and its end scrolls again");
    shows("12345678", "12345678", "a full line");
    shows("12345678\n9", "12345678|9", "its line end makes no empty line");
    shows("123456789", "12345678|9", "a longer one goes on below");
    shows("1\n2\n123456789abcdefghi", "12345678|9abcdefg|hi", "and scrolls");
    shows("abc\rX", "Xbc", "carriage return");
    shows("abc\bX\b\b\b\b\bY", "YbX", "backspace, not beyond the margin");
    shows("a\tb", "a      b", "tab, not beyond the margin");
    shows("a\007\001\177b", "ab", "other control characters are not shown");
    is_u64(outside, 0, "nothing was drawn outside");
}

static void test_characters(void)
{
    note("bytes and characters");
    shows("a\033[31;1mb\033[0mc", "abc", "colours");
    shows("a\033cb", "ab", "a short escape sequence");
    shows("\303\204\303\237", "\304\337", "UTF-8 of two bytes: Latin-1");
    shows("\342\202\254x", "\032x", "of three: one unknown character");
    shows("\360\237\230\200x", "\032x", "of four: one as well");
    shows("\342\202x", "\032x", "cut short by a character");
    shows("\342\202\303\204", "\032\304", "cut short by another");
    shows("\204\377\300x", "\032\032\032x", "bytes that begin none");
    shows("\303\033[1m\204", "\032\032", "an escape sequence is none of its bytes");
    reset(8, 3);
    write_text("\303");
    write_text("\204\033");
    write_text("[1");
    write_text("mb");
    is_str(picture(), "\304b", "in pieces");
}

static void test_drawing(void)
{
    note("drawing");
    reset(8, 3);
    write_text("abc d");
    ok(calls == 2 && drawn == 4, "blanks on a blank screen are not drawn");
    write_text("\rabX");
    ok(calls == 1 && drawn == 1, "nor what is there already");
    write_text("");
    write_text("\n");
    ok(!calls, "nor an empty line");
    write_text("1\n2\n3\n4\n5\nsame\nsame\nsame\n");
    is_str(picture(), "same|same", "many lines at once");
    ok(calls <= 4, "are drawn once: %u runs", calls);
    write_text("same");
    ok(calls == 1 && drawn == 4, "then one more");
    write_text("\n");
    ok(!calls || drawn == 4, "and a scroll of equal lines draws what differs: %u characters",
       drawn);
    is_u64(same, 0, "no character was ever drawn over itself");
}

static void test_sizes(void)
{
    static char line[1000];

    note("sizes");
    reset(1000, 1000);
    ok(s.columns == TEXT_SCREEN_MAX_COLUMNS && s.rows == TEXT_SCREEN_MAX_ROWS,
       "a huge screen is used as far as there is room");
    memset(line, 'x', sizeof(line) - 1);
    for ( unsigned int i = 0; i < 100; i++ )
        write_text(line);
    is_u64(outside, 0, "to the last cell");
    reset(1, 1);
    write_text("ab\tc\n\bd");
    is_str(picture(), "d", "one of a single cell");
    is_u64(outside, 0, "and none beside it");
}

/* What must be on the screen by a plainer reading of the same rules, for random text. */
static void test_random(void)
{
    unsigned int wrong = 0;

    note("random text");
    srand(1);
    for ( unsigned int round = 0; round < 2000; round++ )
    {
        unsigned int columns = 1 + (unsigned int)rand() % 20, rows = 1 + (unsigned int)rand() % 6;
        char all[400] = "", want[200][21];
        unsigned int row = 0, column = 0;

        reset(columns, rows);
        memset(want, ' ', sizeof(want));
        for ( unsigned int i = 0, n = (unsigned int)rand() % 150; i < n; i++ )
        {
            char c = "abc \n\n\r"[rand() % 7], piece[2] = { c, 0 };

            strcat(all, piece);
            if ( rand() % 3 == 0 )
            {
                write_text(all);
                all[0] = 0;
            }
            if ( c == '\r' )
                column = 0;
            else if ( c == '\n' || column == columns )
                row++, column = 0;
            if ( c >= ' ' )
                want[row][column++] = c;
        }
        write_text(all);
        for ( unsigned int y = 0; y < rows; y++ )
            wrong += memcmp(device[y], want[row >= rows ? row - rows + 1 + y : y], columns) != 0;
    }
    is_u64(wrong, 0, "rows that differ in 2000 screens");
    is_u64(same + outside, 0, "nothing drawn twice or outside");
}

int main(void)
{
    test_places();
    test_characters();
    test_drawing();
    test_sizes();
    test_random();
    return done();
}
