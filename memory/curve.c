/*
 * curve.c: the losses of an edit's search, kept with the edit so that the curve can be drawn again. At most CURVE_POINTS of
 * them, evenly chosen, each as the upper half of its float, little-endian: two bytes, three digits.
 */
#include "memory_int.h"

#include <sqlite3.h>
#include <string.h>

enum { CURVE_POINTS = 128 };

static uint16_t half_of(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	if ((bits & 0x7f800000) != 0x7f800000) /* neither infinite nor no number: those stay what they are */
		bits += 0x8000;
	return (uint16_t)(bits >> 16);
}

static float float_of(uint16_t half)
{
	uint32_t bits = (uint32_t)half << 16;
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

int memory_store_curve(memory *m, int64_t edit_id, const float *loss, size_t n, char *err, size_t errlen)
{
	size_t kept = n < CURVE_POINTS ? n : CURVE_POINTS;
	unsigned char bytes[2 * CURVE_POINTS];
	int rc = tx_begin(m);

	for (size_t i = 0; i < kept; i++) {
		uint16_t h = half_of(loss[kept > 1 ? i * (n - 1) / (kept - 1) : 0]);

		bytes[2 * i] = (unsigned char)(h & 0xff);
		bytes[2 * i + 1] = (unsigned char)(h >> 8);
	}
	if (!rc)
		rc = sql_run(m, "UPDATE edits SET curve = ? WHERE id = ?", "bi", bytes, 2 * kept, edit_id);
	if (!rc && !sql_changes(m))
		rc = sql_fail(m, MEMORY_ENOENT, "there is no edit %lld", (long long)edit_id);
	return tx_end(m, rc, err, errlen);
}

int memory_curve(memory *m, int64_t fact_id, float *loss, size_t cap, size_t *n, char *err, size_t errlen)
{
	sqlite3_stmt *st = NULL;
	int rc = sql_query(m, &st, "SELECT curve FROM edits WHERE fact_id = ? AND length(curve) > 2 ORDER BY id DESC LIMIT 1", "i",
			   fact_id);

	if (!rc)
		rc = sql_next(m, st);
	if (rc == 1) {
		const unsigned char *bytes = sqlite3_column_blob(st, 0);
		size_t points = bytes ? (size_t)sqlite3_column_bytes(st, 0) / 2 : 0;

		for (*n = 0; *n < points && *n < cap; ++*n)
			loss[*n] = float_of((uint16_t)(bytes[2 * *n] | bytes[2 * *n + 1] << 8));
		sql_done(st);
		return 0;
	}
	if (!rc)
		*n = 0;
	return sql_report(m, rc, err, errlen);
}
