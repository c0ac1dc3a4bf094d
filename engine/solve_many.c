/* solve_many: the solve where there are more keys than inputs, through a system of the inputs' size. See solve.h. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "solve.h"

/* z [n, m]: every key by the square root of one over its ridge; left [deltas, m] += the facts' keys by one over theirs. */
static void keys_weigh(double *z, size_t n, size_t m, const size_t *of, const solve_options *opt, double *left)
{
	double mean = 0;

	for (size_t j = 0; j < n; j++)
		mean += cblas_ddot((int)m, z + j * m, 1, z + j * m, 1) / (double)n;
	for (size_t j = 0; j < n; j++) {
		double *row = z + j * m;
		bool kept = of[j] == SIZE_MAX;
		double ridge = opt->lambda > 0 ? opt->lambda : mean * (kept ? opt->ridge_keep : opt->ridge);

		if (!kept)
			cblas_daxpy((int)m, 1 / ridge, row, 1, left + of[j] * m, 1);
		cblas_dscal((int)m, 1 / sqrt(ridge), row, 1);
	}
}

int solve_many(const solve_metric *a, double *k, size_t n, const size_t *of, size_t deltas, const solve_options *opt,
	       double *left)
{
	const int m = (int)a->m, keys = (int)n, facts = (int)deltas;
	double *b = alloc_array(a->m, a->m, sizeof *b);
	int info = 0;

	if (!b)
		return ENGINE_ENOMEM;
	openblas_set_num_threads(1);
	memset(left, 0, deltas * a->m * sizeof *left);
	if (!a->plain)
		cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, m, keys, 1.0, a->factor, m, k, m);
	keys_weigh(k, n, a->m, of, opt, left);
	for (size_t i = 0; i < a->m; i++)
		b[i * a->m + i] = 1;
	cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, m, keys, 1.0, k, m, 1.0, b, m);
	dpotrf_("L", &m, b, &m, &info);
	if (!info) {
		cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, m, facts, 1.0, b, m, left, m);
		cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, m, facts, 1.0, b, m, left, m);
		if (!a->plain)
			cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, m, facts, 1.0, a->factor,
				    m, left, m);
	}
	free(b);
	return info ? ENGINE_ERR : 0;
}
