/*
 * reading: how a model reads a vector at the anchor. Where an answer's value is said, the last hidden state moves nearly
 * linearly with the vector, and nearly alike for all facts: by a map that depends on how many tokens of the value were said.
 * The maps are measured once for a model, by practice with a few made-up facts (practice.c): from a vector that says such
 * a fact, one evaluation for each dimension. A search that has them knows the slope of every answer's token before it has
 * probed anything: through the output matrix, which is at hand. It is no gradient of the network: forward passes made it,
 * and its errors are corrected by what each try shows (Broyden 1965).
 */
#ifndef ENGINE_READING_H
#define ENGINE_READING_H

#include "engine_int.h"

/* Places relative to the value's first token: BEFORE it, that token, and those that follow. */
enum { READING_BEFORE = 5, READING_SLOTS = 21 };

typedef struct reading {
	size_t d;
	size_t n_facts;             /* practised with; 0: none could be, and nothing else is there */
	size_t seen[READING_SLOTS]; /* answer tokens that a map is the mean over; 0: the nearest one stands for it */
	float *start;               /* [d]: mean of the vectors found */
	float *map;                 /* [READING_SLOTS, d, d]: of the vector to the normed last hidden state */
	int evaluations;            /* that the practice took */
} reading;

int reading_init(reading *r, size_t d); /* ENGINE_ENOMEM */
void reading_release(reading *r);
/* Of target token `target` where the value begins at `value`. */
size_t reading_slot(size_t target, size_t value);
static inline float *reading_map(const reading *r, size_t slot)
{
	return r->map + slot * r->d * r->d;
}
/* A copy of the nearest map in the place of each that is missing. */
void reading_fill(reading *r);
/* hidden [n, n_embd], as it leaves the last layer -> normed. */
void reading_norm(const model *m, const float *hidden, size_t n, float *out);

/* A file in dir, KEY hex; see cache_file.h. False: none, or another model's, or damaged; *r is as it was. */
bool reading_load(reading *r, size_t d, const char *dir, const char key[65]);
void reading_save(const reading *r, const char *dir, const char key[65]);

/* ---- reader.c: the search that has a reading ---- */

typedef struct reader reader;
enum { READER_TRIES = 3 };

/* slot and target [m]: of every target token. scale: unit of length. 0, ENGINE_ENOMEM. */
int reader_new(reader **out, engine *e, const reading *r, const size_t *slot, const int32_t *target, size_t m, double scale);
void reader_free(reader *r); /* takes NULL */
/* Where it begins: x [d] was evaluated; hidden [m, d] as it left the last layer at the targets. */
int reader_begin(reader *r, const float *x, const float *hidden, double loss);
/* As search.h: points [READER_TRIES, d]; asking changes nothing. */
size_t reader_ask(const reader *r, float *points);
/* hidden [READER_TRIES, m, d], loss [READER_TRIES]. */
int reader_tell(reader *r, const float *hidden, const double *loss);
/* out [d] = x without the share `by` of what the answers do not depend on, as far as is known. */
void reader_shorter(reader *r, const float *x, double by, float *out);
int reader_step(const reader *r);
size_t reader_bytes(const reader *r);

#endif
