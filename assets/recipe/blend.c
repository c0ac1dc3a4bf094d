/*
 * blend --from A.bin --with B.bin --share T --out C.bin: the weights (1 - T) A + T B, of two runs of one network that have a
 * common ancestor (model soups, arXiv 2203.05482). The optimiser's memory is blended alike; all else is B's.
 */
#include "ckpt.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 3 /* weights, and the optimiser's two memories */ };

static int die(const char *what)
{
	fprintf(stderr, "blend: %s\n", what);
	return 1;
}

static int part_read(const char *path, ckpt_state *s, float *part[PARTS], size_t *n, char *err, size_t errlen)
{
	net *shape = NULL;

	if (ckpt_peek(path, s, err, errlen) || net_new(&s->config, 0, &shape, err, errlen))
		return -1;
	*n = shape->n_param;
	net_free(shape);
	for (int i = 0; i < PARTS; i++)
		if (!(part[i] = calloc(*n, sizeof(float)))) {
			snprintf(err, errlen, "out of memory");
			return -1;
		}
	return ckpt_load(path, s, part[0], part[1], part[2], *n, err, errlen);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "from", 1, NULL, 'a' }, { "with", 1, NULL, 'b' }, { "share", 1, NULL, 's' }, { "out", 1, NULL, 'o' }, { NULL, 0, NULL, 0 }
	};
	const char *from = NULL, *with = NULL, *out = NULL;
	float *a[PARTS] = { NULL }, *b[PARTS] = { NULL };
	char err[256] = "", *end = "x";
	double share = NAN;
	ckpt_state s, t;
	size_t n, m;

	for (int o; (o = getopt_long(argc, argv, "", longs, NULL)) != -1;)
		switch (o) {
		case 'a': from = optarg; break;
		case 'b': with = optarg; break;
		case 's': share = strtod(optarg, &end); break;
		case 'o': out = optarg; break;
		default: from = NULL; optind = argc; break;
		}
	if (!from || !with || !out || optind < argc || *end || !(share >= 0 && share <= 1)) {
		fputs("usage: blend --from A.bin --with B.bin --share T --out C.bin, T from 0 to 1\n", stderr);
		return 2;
	}
	if (part_read(from, &s, a, &n, err, sizeof err) || part_read(with, &t, b, &m, err, sizeof err))
		return die(err);
	if (n != m || memcmp(&s.config, &t.config, sizeof s.config) != 0)
		return die("the two are not of one network");
	for (int i = 0; i < PARTS; i++)
		for (size_t k = 0; k < n; k++)
			b[i][k] = (float)((1 - share) * (double)a[i][k] + share * (double)b[i][k]);
	if (ckpt_save(out, &t, b[0], b[1], b[2], n, err, sizeof err))
		return die(err);
	printf("%zu parameters\n", n);
	for (int i = 0; i < PARTS; i++) {
		free(a[i]);
		free(b[i]);
	}
	return 0;
}
