/*
 * fail: how an engine function says what went wrong, and the one allocator for arrays.
 */
#include "engine_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names in messages come from untrusted files: no control byte of theirs may reach a terminal or a
 * log. */
static void mask_controls(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
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
	mask_controls(err);
	if (n >= 0 && (size_t)n >= errlen)
		err[utf8_whole(err, strlen(err))] = '\0';
	return code;
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
