/*
 * model_need: the memory that opening and talking to a model takes beside its weights. Hyperparameters
 * come from an untrusted file, and some of these tables grow with their products: a few kilobytes could
 * ask for gigabytes.
 */
#include "engine_int.h"

enum { CTX = 4096, BATCH_ROWS = 256, THREAD_ROWS = 48, MEGABYTE = 1 << 20, FREE_MB = 64, TIMES = 64 };

/* Bytes, roughly and rather too many; a double cannot overflow. */
static double need(const hparams *hp, double threads)
{
	double ctx = hp->n_ctx_train < CTX ? (double)hp->n_ctx_train : CTX;
	double q = (double)hp->n_head * (double)hp->head_dim, kv = (double)hp->n_head_kv * (double)hp->head_dim;
	double ff = (double)hp->n_ff, d = (double)hp->n_embd, group = (double)hp->n_head / (double)hp->n_head_kv;
	double caches = 2 * (double)hp->n_layer * ctx * kv * 4; /* the scratch one and a session's, K and V, F16 */
	double moment = 16 * ff * ff;                           /* of the keys, and its factor in doubles */
	double keys = 12 * CTX * ff;                            /* seen while calibrating */
	double rows = 4 * (BATCH_ROWS + threads * THREAD_ROWS) * (4 * d + 2 * q + 2 * kv + 3 * ff);

	return caches + moment + keys + rows + 4 * ctx * (threads * group + (double)hp->head_dim);
}

/* Real models need less than their own size; what is asked of a small file must stay in proportion. */
int model_need_check(const hparams *hp, int threads, size_t file_size, const char *path, char *err, size_t errlen)
{
	double most = (double)FREE_MB * MEGABYTE + TIMES * (double)file_size, n = need(hp, threads);

	return n <= most ? 0
			 : fail(err, errlen, ENGINE_EFORMAT,
				"%s: its sizes (%zu layers, %zu wide, %zu keys and values, %zu in between) ask for %.0f MB, "
				"which is impossible for a file of %zu bytes",
				path, hp->n_layer, hp->n_embd, hp->n_head_kv * hp->head_dim, hp->n_ff, n / MEGABYTE,
				file_size);
}
