/*
 * fail: how an engine function says what went wrong, the one allocator for arrays, and whether such hold numbers.
 */
#include "engine_int.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the character at p (terminated), 1 for what is no UTF-8: then *c is -1. */
static size_t read_char(const unsigned char *p, int32_t *c)
{
	static const int32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *p < 0x80 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
	int32_t x = n == 1 ? *p : *p & (0x7f >> n);

	*c = -1;
	if (n > 1 && (*p < 0xc2 || *p > 0xf4))
		return 1;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) /* the terminator, too */
			return 1;
		x = x << 6 | (p[i] & 0x3f);
	}
	if (x >= least[n] && x <= 0x10ffff && (x < 0xd800 || x > 0xdfff))
		*c = x;
	return *c < 0 ? 1 : n;
}

/* Names in messages come from untrusted files: no control character of theirs, none that begins a line
 * or turns its direction may reach a terminal or a log. */
static void mask_controls(char *s)
{
	for (unsigned char *p = (unsigned char *)s; *p;) {
		int32_t c;
		size_t n = read_char(p, &c);
		bool bad = c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
			   (c >= 0x2066 && c <= 0x2069);

		if (bad)
			memset(p, '?', n);
		p += n;
	}
}

size_t utf8_whole(const char *s, size_t n)
{
	size_t back = 0;

	while (back < n && back < 3 && ((unsigned char)s[n - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back == n)
		return n;
	unsigned char lead = (unsigned char)s[n - 1 - back];
	size_t want = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;

	return want > back ? n - 1 - back : n;
}

/* Writes the sentence (cut to errlen, terminated, one line) and returns code. err may be NULL. */
int fail(char *err, size_t errlen, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err || !errlen)
		return code;
	va_start(ap, fmt);
	int n = vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	if (n < 0)
		err[0] = '\0';
	if (n >= 0 && (size_t)n >= errlen)
		err[utf8_whole(err, strlen(err))] = '\0';
	mask_controls(err);
	return code;
}

bool floats_finite(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

/* n * m elements of size bytes, zeroed and aligned to a cache line; never NULL for a product of 0.
 * NULL when the product overflows or there is no memory. */
void *alloc_array(size_t n, size_t m, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, m, &bytes) || __builtin_mul_overflow(bytes, size, &bytes) ||
	    bytes > SIZE_MAX - 127)
		return NULL;
	bytes = (bytes + 63) / 64 * 64;
	if (!bytes)
		bytes = 64;
	void *p = aligned_alloc(64, bytes);

	if (p)
		memset(p, 0, bytes);
	return p;
}
