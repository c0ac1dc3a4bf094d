/* The inverse of the keys' second moment, for the solved vectors of net_channel.inc. */
#include "net.h"

#include <stdlib.h>

extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
extern void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);

/* Relative to the mean of the diagonal; as solve_options_default() of the engine has it. */
#define RIDGE_C 1e-3

extern void openblas_set_num_threads(int n);

int net_spread(net *n)
{
	size_t f = n->c.ffn;
	const float *moment = n->p + net_find(n, NET_MOMENT, 0)->off;
	float *spread = n->p + net_find(n, NET_SPREAD, 0)->off;
	double *a = malloc(f * f * sizeof *a), mean = 0;
	int size = (int)f, info = 0;

	if (!a)
		return -1;
	for (size_t i = 0; i < f; i++)
		mean += (double)moment[i * f + i] / (double)f;
	for (size_t i = 0; i < f * f; i++)
		a[i] = (double)moment[i] / (mean > 0 ? mean : 1) + (i % (f + 1) ? 0 : RIDGE_C);
	openblas_set_num_threads(1); /* its sums depend on them */
	if (mean > 0)
		dpotrf_("L", &size, a, &size, &info);
	if (mean > 0 && !info)
		dpotri_("L", &size, a, &size, &info);
	for (size_t i = 0; mean > 0 && !info && i < f; i++) /* column-major: the lower triangle is a[i * f + j], j >= i */
		for (size_t j = i; j < f; j++)
			spread[i * f + j] = spread[j * f + i] = (float)a[i * f + j];
	free(a);
	return info ? -1 : 0;
}
