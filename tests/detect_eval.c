/*
 * Precision and recall of the detector on tests/detect/ *.tsv. Usage: detect_eval [-q] [SET.tsv
 * ...]; -q: figures only. Precision and recall are counted in facts (subject, relation and value,
 * case folded).
 */
#include "detect_set.h"

#include <time.h>

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	static const char *const sets[] = { "tests/detect/dev.tsv", "tests/detect/dev2.tsv", "tests/detect/dev3-hard.tsv" };
	int quiet = argc > 1 && !strcmp(argv[1], "-q"), given = argc - 1 - quiet, failed = 0;
	const char *table = getenv("IMPRINT_RELATIONS");
	relations *r = NULL;
	char err[256] = "";

	if (relations_load(&r, table ? table : "assets/relations.txt", err, sizeof(err)) < 0) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	for (int i = 0; i < (given ? given : 3); i++) {
		const char *path = given ? argv[1 + quiet + i] : sets[i];
		struct detect_score s;
		double began = seconds();

		if (set_score(r, path, &s, quiet ? NULL : stdout) < 0) {
			fprintf(stderr, "%s: cannot be read\n", path);
			failed = 1;
			continue;
		}
		printf("%s: %zu utterances (%zu give nothing), %zu facts; precision %.4f recall "
		       "%.4f; "
		       "%zu wrong ops, %zu other reasons; %.3f ms each\n",
		       path, s.utterances, s.empty, s.wanted, score_precision(&s), score_recall(&s),
		       s.wrong_ops, s.bad_reasons,
		       1e3 * (seconds() - began) / (double)(s.utterances ? s.utterances : 1));
	}
	relations_free(r);
	return failed;
}
